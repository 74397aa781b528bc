// The `grapevine` command: the program, the mesh and this process put together. SIGINT and SIGTERM leave the mesh
// cleanly; a second one does not wait.
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { CommanderError } from "commander";
import type { Join } from "./peer.ts";
import { program } from "./program.ts";
import { handOver, simulateApart } from "./simulate-apart.ts";

const stop = new AbortController();
const signals = ["SIGINT", "SIGTERM"] as const;
for (const name of signals) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  });
}

// The mesh is loaded by the command that joins one, so that `--help` and a wrong flag are answered at once.
const join: Join = async (options) => {
  const mesh = (await import("@grapevine/mesh")) as unknown as { join: Join };
  return mesh.join(options);
};

const simulate = async (args: readonly string[]): Promise<void> => {
  const { runSimulate } = await import("@grapevine/simulator/cli");
  // A simulation does not look up before it ends.
  for (const name of signals) process.removeAllListeners(name);
  process.exitCode = await runSimulate(args, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    writeFile: (path, text) => writeFile(path, text),
    nowMs: () => performance.now(),
    processes: { count: availableParallelism(), run: simulateApart },
    ...(handOver === undefined ? {} : { handOver }),
  });
};

const lines = (signal: AbortSignal): AsyncIterable<string> => {
  const reader = createInterface({ input: process.stdin });
  signal.addEventListener("abort", () => reader.close(), { once: true });
  return reader;
};

const grapevine = program({ join, simulate, lines, print: (line) => console.log(line), signal: stop.signal });
for (const command of [grapevine, ...grapevine.commands]) command.exitOverride();

grapevine.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    // commander has printed what was wrong; asking for help is not wrong.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (!stop.signal.aborted) {
    console.error(`grapevine: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
});
