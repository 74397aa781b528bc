/** Meshes whose keys change, for tests of what rests on them. */
import { Harness, bytesOf, sign, type HarnessOptions, type TestNode } from "../harness.testing.ts";
import { KEEP_ALL } from "../rumors/rumors.testing.ts";
import { testHash } from "../room.testing.ts";
import type { Restored } from "../runs/storage.ts";
import type { Descriptor, Evidence, KeyPolicy } from "../types.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";
import type { Frame } from "../wire/frames.ts";
import { descriptorBytes } from "../wire/statements.ts";

export const TOPIC: string = "0c".repeat(16);
export const PLAIN: Uint8Array = new Uint8Array(8).fill(9);
/** How often keys change here. */
export const TERM_MS = 90_000;
export const ALL: KeyPolicy = { rotateMs: TERM_MS, history: "all" };
export const SINCE: KeyPolicy = { rotateMs: TERM_MS, history: "since-join" };
let ref = 1_000_000;

export function mesh(count: number, options: HarnessOptions = {}): { world: Harness; nodes: TestNode[] } {
  const world = new Harness({ keys: ALL, tuning: { routedRounds: false }, ...options });
  const nodes = Array.from({ length: count }, (_, i) => join(world, i + 1));
  world.run(15_000);
  return { world, nodes };
}

export function join(world: Harness, number: number, change: Parameters<Harness["add"]>[1] = {}): TestNode {
  const node = world.add(number, change);
  world.command(node, { kind: "subscribe", topic: TOPIC, keyId: PLAIN });
  return node;
}

/** Under the epoch that the node would write under. */
export function publish(world: Harness, node: TestNode, text: string, keyId = idOf(node)): void {
  const bytes = keyId === "" ? PLAIN : Uint8Array.from(keyId.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  world.command(node, {
    kind: "publish",
    ref: ref++,
    topic: TOPIC,
    keyId: bytes,
    body: bytesOf(text),
    retention: KEEP_ALL,
  });
}

export const idOf = (node: TestNode): string => node.peer.keys.epoch?.keyId ?? "";
export const holds = (node: TestNode, keyId: string): boolean => node.keyring.keys.has(keyId);
export const heard = (node: TestNode): string[] =>
  node.delivered.map(({ rumor, stream }) => `${String.fromCharCode(...rumor.body)}${stream === "history" ? "*" : ""}`);
export const epochs = (nodes: readonly TestNode[]): string[] => [...new Set(nodes.map(idOf))];
export const frameIn = (bytes: Uint8Array): Frame | undefined => {
  const decoded = decodeFrame(bytes);
  return decoded.ok ? decoded.frame : undefined;
};

/** Proof that a node minted twice, as its own signatures say. */
export function evidenceAgainst({ id, boxKey, config }: TestNode): Evidence {
  const minted = (incarnation: number): Descriptor => {
    const base = { creator: id, incarnation, boxKey, ticket: config.ticket, slot: 7, hops: [] };
    const signature = new Uint8Array(0);
    return { ...base, signature: sign(id, descriptorBytes(config.meshId, { ...base, signature }, testHash)) };
  };
  return { kind: "mint", a: minted(1), b: minted(2) };
}

export function convict(world: Harness, node: TestNode, by: TestNode): void {
  const link = by.peer.neighbors.find(({ peer }) => peer !== node.id)!.link;
  const bytes = encodeFrame({ kind: "evidence", evidence: evidenceAgainst(node) });
  world.input(by, { kind: "received", link, channel: "control", bytes });
}

/** What a store would have of it. */
export const restoredOf = (node: TestNode): { restored: Restored; keyring: Uint8Array[] } => ({
  restored: {
    credentials: [...node.peer.rooms.admission.state.admitted.values()],
    rumors: [...node.peer.rooms.rumors.state.logs.logs.values()].flatMap(({ held }) => [...held.values()]),
    forks: [],
    evidence: [],
    keys: [...node.keyring.keys.keys()].map((keyId) => ({ keyId })),
  },
  keyring: [...node.keyring.keys.values()],
});
