/** Starts Node peers under test, each in a process of its own, and ends each of them by its own handle. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ProfileFields } from "@grapevine/mesh";

export interface HeardByNode {
  readonly author: string;
  readonly own: boolean;
  readonly data: unknown;
}

interface SaidByNode {
  readonly event: string;
  readonly peerId?: string;
  readonly peer?: string;
  readonly profile?: ProfileFields;
}

export interface NodePeer {
  readonly peerId: string;
  readonly heard: HeardByNode[];
  readonly neighbors: ReadonlySet<string>;
  /** What others said of themselves, each time that it became another. */
  readonly changes: readonly { readonly peer: string; readonly profile: ProfileFields }[];
  publish(data: unknown): void;
  /** Says this of itself. */
  describe(profile: ProfileFields): void;
  /** Leaves with a goodbye; resolves with the exit code. */
  leave(): Promise<number | null>;
  /** Ends without a word. */
  kill(): void;
}

const program = fileURLToPath(new URL("node-peer.program.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What its links are made by. */
export type NodeEngine = "wrtc" | "node-datachannel";

export async function startNodePeer(
  mesh: string,
  seeds: readonly string[],
  engine: NodeEngine = "wrtc",
): Promise<NodePeer> {
  const args = ["--conditions=@grapevine/source", "--import=tsx", program, mesh, engine, ...seeds];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => void child.once("exit", resolve));
  const heard: HeardByNode[] = [];
  const neighbors = new Set<string>();
  const changes: { peer: string; profile: ProfileFields }[] = [];
  const peerId = await new Promise<string>((resolve, reject) => {
    void exited.then((code) => reject(new Error(`the Node peer ended with code ${code} before it joined`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line) as SaidByNode & HeardByNode;
      if (said.event === "joined") resolve(said.peerId!);
      else if (said.event === "heard") heard.push({ author: said.author, own: said.own, data: said.data });
      else if (said.event === "neighbor-up") neighbors.add(said.peer!);
      else if (said.event === "neighbor-down") neighbors.delete(said.peer!);
      else if (said.event === "member-changed") changes.push({ peer: said.peer!, profile: said.profile! });
    });
  });
  const tell = (command: object): void => void child.stdin.write(`${JSON.stringify(command)}\n`);
  return {
    peerId,
    heard,
    neighbors,
    changes,
    publish: (data) => tell({ publish: data }),
    describe: (profile) => tell({ profile }),
    leave: () => {
      tell({ leave: true });
      return exited;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
