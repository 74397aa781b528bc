/** Starts processes that hold several Node peers each, remembers what these hear and whom they are linked to. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Crowd {
  readonly peerIds: readonly string[];
  /** By peer, the texts that it heard. */
  readonly heard: ReadonlyMap<string, ReadonlySet<string>>;
  /** By peer, its neighbors. */
  readonly links: ReadonlyMap<string, readonly string[]>;
  /** Each of its peers publishes `${text} of ${peerId}`. */
  publish(text: string): void;
  /** The process ends without a word. */
  kill(): void;
}

const program = fileURLToPath(new URL("crowd.program.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

export async function startCrowd(mesh: string, seeds: readonly string[], count: number): Promise<Crowd> {
  const args = ["--conditions=@grapevine/source", "--import=tsx", program, mesh, String(count), ...seeds];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const heard = new Map<string, Set<string>>();
  const links = new Map<string, readonly string[]>();
  const peerIds = await new Promise<readonly string[]>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`a process of Node peers ended with code ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line) as Said;
      if (said.event === "joined") resolve(said.peerIds);
      else if (said.event === "links") links.set(said.peerId, said.peers);
      else heard.set(said.peerId, (heard.get(said.peerId) ?? new Set()).add(said.data));
    });
  });
  return {
    peerIds,
    heard,
    links,
    publish: (text) => void child.stdin.write(`${JSON.stringify({ publish: text })}\n`),
    kill: () => void child.kill("SIGKILL"),
  };
}

type Said =
  | { readonly event: "joined"; readonly peerIds: readonly string[] }
  | { readonly event: "links"; readonly peerId: string; readonly peers: readonly string[] }
  | { readonly event: "heard"; readonly peerId: string; readonly data: string };

/** Peers that one process can hold: 12 links each, at some 34 descriptors while they begin; read from the file limit. */
export function peersPerProcess(): number {
  const descriptors = 12 * 34;
  return Math.max(1, Math.floor((openFilesMax() - 200) / descriptors));
}

function openFilesMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? 1_024 : Number(soft);
  } catch {
    // No such file on macOS, where Node raises the limit by itself.
    return 1_024;
  }
}
