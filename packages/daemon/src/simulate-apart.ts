/**
 * Runs of the simulator in processes of their own, so that a campaign uses every core: seeds have nothing to do with each
 * other. A process is this very command again, for one seed, and hands its result over on the channel between parent
 * and child.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../bin/grapevine.js", import.meta.url));
/** Set for such a process, for others may be started over a channel too. */
const MARK = "GRAPEVINE_SIMULATE_APART";
/** MB. Measured: with V8's own 16 the collector takes a seventh of a run of 1 000 peers. */
const youngHeapMb = 64;

const children = new Set<ChildProcess>();

/** `argv`: what stands behind `grapevine simulate`. Rejects when the process ends without a result. */
export async function simulateApart(argv: readonly string[]): Promise<unknown> {
  const child = fork(COMMAND, ["simulate", ...argv], {
    env: { ...process.env, [MARK]: "1" },
    execArgv: [...process.execArgv, `--max-semi-space-size=${youngHeapMb}`],
    serialization: "advanced",
    // Progress goes where ours goes.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (children.size === 0) process.once("SIGTERM", onTerminate);
  children.add(child);
  try {
    return await new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`the process of a run ended with ${signal ?? code}`)));
    });
  } finally {
    children.delete(child);
    if (children.size === 0) process.off("SIGTERM", onTerminate);
  }
}

/** A terminal's interrupt reaches every process by itself; what is meant for this one is passed on. */
function onTerminate(): void {
  for (const child of children) child.kill();
  process.kill(process.pid, "SIGTERM");
}

/** In a process that was started for one run: gives the result to whoever started it. */
export const handOver: ((result: unknown) => void) | undefined =
  process.env[MARK] === undefined || process.send === undefined
    ? undefined
    : (result) => {
        process.send!(result, () => process.disconnect());
      };
