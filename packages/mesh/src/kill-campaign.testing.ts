/**
 * Kills a peer at random moments, again and again over one store, and holds what each run finds against what the runs
 * before it acknowledged. `npm run soak -- kill 500` prints the numbers; `kill.test.ts` is the short version.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

export interface KillReport {
  readonly kills: number;
  /** Of them, before the peer had even read its history. */
  readonly killedAtStart: number;
  readonly acknowledged: number;
  /** Acknowledged, and not there at a later start. */
  readonly lost: number;
  /** Found, though nobody acknowledged it: it was written when its writer died. */
  readonly unacknowledged: number;
  readonly warnings: readonly string[];
}

interface Run {
  readonly has: Set<string>;
  readonly acknowledged: string[];
  readonly warnings: string[];
  readonly ready: boolean;
}

const house = new URL("../", import.meta.url).pathname;

/** `chance`: numbers from 0 to 1. Throws when a run fails by itself. */
export async function killCampaign(kills: number, chance: () => number): Promise<KillReport> {
  // Beside the package, for what it imports is found from there.
  await mkdir(join(house, "dist"), { recursive: true });
  const directory = await mkdtemp(join(house, "dist/kill-"));
  try {
    const program = join(directory, "child.mjs");
    await build({
      entryPoints: [join(house, "src/kill-child.testing.ts")],
      outfile: program,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      conditions: ["@grapevine/source"],
      external: ["classic-level", "@roamhq/wrtc", "simple-peer", "tweetnacl", "ws"],
      logLevel: "warning",
    });
    const store = join(directory, "store");
    const acknowledged = new Set<string>();
    const lost = new Set<string>();
    const warnings: string[] = [];
    let killedAtStart = 0;
    let unacknowledged = 0;
    for (let kill = 0; kill <= kills; kill++) {
      // The last run is not hurried: it says all that there is.
      const last = kill === kills;
      const run = await runOnce(program, store, `run ${kill}`, last ? undefined : chance);
      if (run.ready) {
        for (const text of acknowledged) if (!run.has.has(text)) lost.add(text);
        unacknowledged = [...run.has].filter((text) => text.includes("/") && !acknowledged.has(text)).length;
      } else killedAtStart++;
      for (const text of run.acknowledged) acknowledged.add(text);
      warnings.push(...run.warnings);
    }
    return { kills, killedAtStart, acknowledged: acknowledged.size, lost: lost.size, unacknowledged, warnings };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** One life. With `chance` it is killed: one in four at any moment since its birth, the others while it publishes. */
async function runOnce(program: string, store: string, name: string, chance?: () => number): Promise<Run> {
  const child = spawn(process.execPath, [program, store, name], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const run = { has: new Set<string>(), acknowledged: [] as string[], warnings: [] as string[], ready: false };
  let killed = false;
  let timer: NodeJS.Timeout | undefined;
  const killIn = (ms: number): void => {
    timer ??= setTimeout(() => {
      killed = true;
      child.kill("SIGKILL");
    }, ms);
  };
  if (chance !== undefined && chance() < 0.25) killIn(chance() * 600);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const space = line.indexOf(" ");
    const [word, rest] = [line.slice(0, space), line.slice(space + 1)];
    if (word === "has") run.has.add(rest);
    if (word === "ack") run.acknowledged.push(rest);
    if (word === "warning") run.warnings.push(rest);
    if (word !== "ready") return;
    run.ready = true;
    killIn(chance === undefined ? 0 : chance() * 200);
  });
  await once(child, "close");
  clearTimeout(timer);
  if (!killed) throw new Error(`expected ${name} to live until it is killed, got ${errors || "a silent end"}`);
  return run;
}
