// A peer that runs until it is told to leave: joins a mesh, reports what happens around it, and, where asked, chats, or
// answers every message of one topic with the same message. It takes `join` as an argument, so that it can be tried without a
// network.
import { join as joinPath } from "node:path";
import type { Root } from "@grapevine/mesh/issuing";
import { levelStore } from "@grapevine/store";
import { chat, type ChatTopic, type Terminal } from "./chat.ts";

/** What this command needs of a mesh. */
export interface PeerMesh {
  readonly name: string;
  readonly peerId: string;
  readonly state: string;
  on(event: PeerEventName, listener: (event: object) => void): () => void;
  topic(name: string): PeerTopic;
  leave(): Promise<void>;
}

export interface PeerTopic extends ChatTopic {
  on(event: "message", listener: (message: { author: string; own: boolean; data: unknown }) => void): () => void;
  on(event: "history", listener: (history: object) => void): () => void;
}

export interface JoinOptions {
  mesh?: string;
  seeds?: readonly string[];
  iceServers?: readonly { urls: string }[];
  secret?: string;
  invite?: string | Root["invite"];
  identity?: { path: string } | Root["identity"];
  storage?: ReturnType<typeof levelStore>;
  keys?: { rotateMs?: number; history?: "all" | "since-join" };
  signal: AbortSignal;
}

export type Join = (options: JoinOptions) => Promise<PeerMesh>;

export interface PeerOptions {
  /** Needed unless an invitation names it. */
  mesh?: string;
  seed: readonly string[];
  iceServer: readonly string[];
  secret?: string;
  /** An invitation, as one word or a link. */
  invite?: string;
  /** A file for its key alone. */
  identity?: string;
  /** A directory for its key and its history. */
  store?: string;
  /** Hours that a key of topics is used for; 0 for until somebody is removed. */
  rotate?: number;
  /** What newcomers may read. */
  history?: "all" | "since-join";
  echoTopic?: string;
  /** A topic whose messages are printed, and to which lines that are typed are said. */
  chat?: string;
  /** What it is called there. */
  name?: string;
}

/** Reports one thing that happened: its name and whatever describes it. */
export type Report = (event: string, details: object) => void;

const reported = [
  "neighbor-up",
  "neighbor-down",
  "state",
  "isolated",
  "convicted",
  "rekeyed",
  "revoked",
  "reinstated",
  "epoch",
  "warning",
] as const;
type PeerEventName = (typeof reported)[number];

/** Joins and stays until `signal` aborts, then leaves cleanly. */
export async function runPeer(
  join: Join,
  options: PeerOptions,
  report: Report,
  signal: AbortSignal,
  lines: Terminal["lines"] = nothing,
): Promise<void> {
  const mesh = await join({
    ...(options.mesh !== undefined && { mesh: options.mesh }),
    // An invitation may name seeds; without either it starts alone.
    ...((options.seed.length > 0 || options.invite === undefined) && { seeds: options.seed }),
    ...(options.iceServer.length > 0 && { iceServers: options.iceServer.map((urls) => ({ urls })) }),
    ...(options.secret !== undefined && { secret: options.secret }),
    ...(options.invite !== undefined && { invite: options.invite }),
    ...(options.identity !== undefined && { identity: { path: options.identity } }),
    ...((options.rotate !== undefined || options.history !== undefined) && {
      keys: {
        ...(options.rotate !== undefined && { rotateMs: Math.round(options.rotate * 3_600_000) }),
        ...(options.history !== undefined && { history: options.history }),
      },
    }),
    ...(options.store !== undefined && {
      identity: { path: options.identity ?? joinPath(options.store, "key.json") },
      storage: levelStore(joinPath(options.store, "history")),
    }),
    signal,
  });
  for (const name of reported) mesh.on(name, (event) => report(name, event));
  report("joined", { mesh: mesh.name, peerId: mesh.peerId, state: mesh.state });

  if (options.echoTopic !== undefined) {
    const topic = mesh.topic(options.echoTopic);
    topic.on("history", (history) => report("history", { topic: options.echoTopic, ...history }));
    topic.on("message", ({ author, own, data }) => {
      if (own || isEcho(data)) return;
      report("echoed", { author });
      topic.publish({ echo: data }).catch((error: unknown) => report("warning", { message: String(error) }));
    });
  }

  const talk =
    options.chat !== undefined && chat(mesh.topic(options.chat), { lines, name: options.name }, report, signal);
  await aborted(signal);
  await talk;
  // Aborting the signal of `join` already leaves; leaving twice is one leave, and this one is waited for.
  await mesh.leave();
  report("left", { peerId: mesh.peerId });
}

/** Two peers that echo must not answer each other for ever. */
function isEcho(data: unknown): boolean {
  return typeof data === "object" && data !== null && "echo" in data;
}

async function* nothing(): AsyncIterable<string> {
  // Nobody types.
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
