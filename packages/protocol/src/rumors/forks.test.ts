import { describe, expect, test } from "vitest";
import { Harness, bytesOf, type TestNode } from "../harness.testing.ts";
import { KEEP_ALL } from "./rumors.testing.ts";
import { explainEvidence } from "../trust/evidence.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";

const TOPIC = "0c".repeat(16);
let ref = 1_000_000;

function publish(world: Harness, node: TestNode, text: string): void {
  const [body, keyId] = [bytesOf(text), new Uint8Array(8)];
  world.command(node, { kind: "publish", ref: ref++, topic: TOPIC, keyId, body, retention: KEEP_ALL });
}

/**
 * Eight peers, one of which tells each of its neighbors another second rumor. `told` says which neighbors are told the
 * other one; what each says to the others is passed on as it is.
 */
function equivocate(
  told: (number: number) => boolean,
  onFrame: (bytes: Uint8Array) => Uint8Array | undefined = (bytes) => bytes,
): { world: Harness; liar: TestNode } {
  // A peer under the same key in the same incarnation, whose words the liar says to some.
  const other = new Harness();
  const liars: TestNode[] = [];
  let lies: readonly Uint8Array[] = [];
  const world = new Harness({
    onFrame: (from, to, bytes) => {
      const decoded = decodeFrame(bytes);
      const frame = decoded.ok ? decoded.frame : undefined;
      const isSecond = frame?.kind === "rumor" && frame.rumor.header.seq === 2 && from === liars[0];
      if (isSecond && told(world.nodes.indexOf(to))) return lies[0];
      return frame?.kind === "evidence" ? onFrame(bytes) : bytes;
    },
  });
  for (let i = 1; i <= 8; i++) world.add(i);
  const liar = world.nodes[4]!;
  liars.push(liar);
  for (const node of world.nodes) world.command(node, { kind: "subscribe", topic: TOPIC });
  other.nowMs = world.nowMs;
  const twin = other.add(5, { incarnation: liar.config.incarnation });
  other.command(twin, { kind: "subscribe", topic: TOPIC });
  world.run(10_000);
  other.run(10_000);
  for (const [where, node, second] of [
    [other, twin, "and that"],
    [world, liar, "and this"],
  ] as const) {
    publish(where, node, "hello");
    if (where === world)
      lies = twin.delivered.slice(1).map(({ rumor }) => encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor }));
    publish(where, node, second);
    where.run(where === other ? 1 : 30_000);
  }
  expect(lies).toHaveLength(1);
  return { world, liar };
}

const digest = (node: TestNode): string => node.peer.digest().join();

describe("an author that tells some peers this and others that", () => {
  test("is convicted and shut out by every peer, and all end with the same, below the fork", () => {
    const { world, liar } = equivocate((number) => number % 2 === 0);
    const honest = world.nodes.filter((node) => node !== liar);
    for (const node of honest) {
      expect(node.event("convicted").map(({ peer }) => peer)).toEqual([liar.id]);
      expect(node.peer.neighbors.map(({ peer }) => peer)).not.toContain(liar.id);
      expect(node.peer.rooms.rumors.counts().rumors).toBeGreaterThanOrEqual(1);
    }
    expect(new Set(honest.map(digest)).size).toBe(1);
    expect(liar.peer.neighbors).toEqual([]);
    const [evidence] = honest[0]!.peer.evidence;
    expect(evidence!.kind).toBe("fork");
    expect(explainEvidence(evidence!)).toContain("two different rumors as number 2");
  });

  test("convicts nobody while all are told the same", () => {
    const { world } = equivocate(() => false);
    for (const node of world.nodes) expect(node.event("convicted")).toEqual([]);
  });

  test("a newcomer is told before it hears anything of it, and ends with what the others have", () => {
    const { world, liar } = equivocate((number) => number % 2 === 0);
    const newcomer = world.add(20);
    world.run(20_000);
    expect(newcomer.event("convicted").map(({ peer }) => peer)).toEqual([liar.id]);
    expect(digest(newcomer)).toBe(digest(world.nodes[0]!));
  });

  test("an accusation whose bytes were altered convicts nobody else, and costs its bringer the link", () => {
    const { world, liar } = equivocate(
      (number) => number === 0,
      // The last byte is one of a signature.
      (bytes) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
    );
    for (const node of world.nodes) {
      for (const { peer } of node.event("convicted")) expect(peer).toBe(liar.id);
    }
    expect(world.nodes.some((node) => node.event("misbehavior").some(({ what }) => what.includes("evidence")))).toBe(
      true,
    );
  });
});
