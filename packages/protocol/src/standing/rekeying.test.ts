import { describe, expect, test } from "vitest";
import { Harness, bytesOf, type TestNode } from "../harness.testing.ts";
import { KEEP_ALL } from "../rumors/rumors.testing.ts";
import { accusedIn } from "../trust/evidence.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";

const TOPIC = "0c".repeat(16);
let nextRef = 1_000_000;

function publish(world: Harness, node: TestNode, text: string): void {
  const [body, keyId] = [bytesOf(text), new Uint8Array(8)];
  world.command(node, { kind: "publish", ref: nextRef++, topic: TOPIC, keyId, body, retention: KEEP_ALL });
}

const texts = (node: TestNode): string[] =>
  node.peer
    .retained(TOPIC)
    .map(({ rumor }) => String.fromCharCode(...rumor.body))
    .toSorted();
const heard = (node: TestNode): string[] => node.delivered.map(({ rumor }) => String.fromCharCode(...rumor.body));

/** A mesh, and an island of it where a clone of one of its machines runs under the same key. */
function clones() {
  const [world, island] = [new Harness(), new Harness()];
  const others = [1, 2, 3, 4, 5].map((number) => world.add(number));
  const machine = world.add(9);
  const elsewhere = [6, 7, 8].map((number) => island.add(number));
  const clone = island.add(9, { incarnation: island.nowMs + 1 });
  for (const [where, node, text] of [
    [world, machine, "from the machine"],
    [island, clone, "from its clone"],
  ] as const) {
    for (const any of where.nodes) where.command(any, { kind: "subscribe", topic: TOPIC });
    where.run(10_000);
    publish(where, node, text);
  }
  // What each of both is known by, where it is: two advertisements of one period.
  for (let i = 0; i < 100; i++) {
    for (const where of [world, island]) where.run(1_000);
    const [a, b] = [others[0]!, elsewhere[0]!].map(
      ({ peer }) => peer.rooms.overlay.finding.table.get(machine.id)?.descriptor,
    );
    if (a === undefined || a.slot !== b?.slot) continue;
    const bytes = encodeFrame({ kind: "evidence", evidence: { kind: "mint", a, b } });
    for (const [where, finder] of [
      [world, others[0]!],
      [island, elsewhere[0]!],
    ] as const) {
      const link = finder.peer.neighbors.find(({ peer }) => peer !== machine.id)!.link;
      where.input(finder, { kind: "received", link, channel: "control", bytes });
      where.run(5_000);
    }
    return { world, island, others, elsewhere, machine, clone };
  }
  throw new Error("expected a slot in which both minted");
}

describe("a machine and its clone", () => {
  test("are convicted, go on under keys of their own, and the mesh gets what they write, before and after", () => {
    const { world, island, others, elsewhere, machine, clone } = clones();
    const convicted = machine.id;
    for (const [where, node, rest, number] of [
      [world, machine, others, 20],
      [island, clone, elsewhere, 21],
    ] as const) {
      expect(node.event("convicted").map(({ peer }) => peer)).toEqual([convicted]);
      for (const other of rest) expect(other.peer.neighbors.map(({ peer }) => peer)).not.toContain(convicted);
      // Nobody links to it any more; what it writes meanwhile is its alone.
      publish(where, node, "alone");
      where.run(1_000);
      for (const other of rest) expect(texts(other)).toHaveLength(1);
      where.rekey(node, number);
      where.run(15_000);
      expect(node.peer.neighbors.length).toBe(rest.length);
      publish(where, node, "anew");
      where.run(15_000);
      const before = node === machine ? "from the machine" : "from its clone";
      for (const any of [...rest, node]) {
        expect(texts(any)).toEqual(["alone", "anew", before]);
        // And each once.
        expect(new Set(heard(any)).size).toBe(heard(any).length);
        expect(any.event("misbehavior")).toEqual([]);
      }
      where.run(120_000);
      for (const other of rest) {
        expect(other.event("convicted")).toHaveLength(1);
        expect(other.peer.members.map(({ peer }) => peer)).toContain(node.id);
      }
      expect(node.peer.self).toBe(node.id);
      expect(node.peer.snapshot().self).toBe(node.id);
    }
  });

  test("that comes again under the convicted key is told by what, though nobody links to it", () => {
    const { world, machine } = clones();
    world.crash(machine);
    world.run(1_000);
    const again = world.add(9, { incarnation: world.nowMs });
    world.run(10_000);
    expect(again.event("convicted").map(({ peer }) => peer)).toEqual([again.id]);
    expect(again.peer.neighbors).toEqual([]);
  });

  test.each(["hello", "auth"])(
    "is told by what on a link too, where the other end hears of it before its %s",
    (kind) => {
      const { others } = clones();
      const [evidence] = others[0]!.peer.evidence;
      let heard = false;
      const world = new Harness({
        onFrame: (from, to, bytes) => {
          const decoded = decodeFrame(bytes);
          if (from.id === accusedIn(evidence!) && decoded.ok && decoded.frame?.kind === kind) {
            heard = true;
            to.peer.rooms.convictions.convict(evidence!);
          }
          return bytes;
        },
      });
      const [honest, again] = [world.add(1), world.add(9)];
      world.run(500);
      expect(heard).toBe(true);
      expect(again.event("convicted")).toMatchObject([{ peer: again.id, evidence }]);
      // It may have held the link for proved already.
      const ends = [...again.event("link-refused"), ...again.event("neighbor-down")];
      expect(ends.map(({ reason }) => reason)).toContain("convicted");
      expect([...honest.peer.neighbors, ...again.peer.neighbors]).toEqual([]);
    },
  );
});

test("what a fork withdrew, and what was not signed yet, is written anew under the new key", () => {
  const world = new Harness();
  const [other, forked] = [world.add(1), world.add(9)];
  const island = new Harness();
  const twin = island.add(9, { incarnation: forked.config.incarnation });
  for (const [where, node] of [
    [world, forked],
    [island, twin],
  ] as const) {
    where.command(node, { kind: "subscribe", topic: TOPIC });
    where.run(2_000);
    publish(where, node, "the same");
    where.run(100);
    publish(where, node, where === world ? "this" : "that");
    where.run(100);
  }
  world.command(other, { kind: "subscribe", topic: TOPIC });
  world.run(5_000);
  const [a, b] = [forked, twin].map(({ peer }) => {
    const [{ rumor }] = peer.retained(TOPIC).slice(-1) as [ReturnType<typeof peer.retained>[number]];
    return rumor;
  });
  expect([a!.header.seq, b!.header.seq]).toEqual([2, 2]);
  const { link } = other.peer.neighbors[0]!;
  // The twin's rumor reaches the other: two stories under one key.
  const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor: b! });
  world.input(other, { kind: "received", link, channel: "data", bytes });
  world.run(5_000);
  expect(other.event("convicted")).toHaveLength(1);
  expect(forked.event("convicted")).toHaveLength(1);
  expect(texts(other)).toEqual(["the same"]);
  world.rekey(forked, 20);
  world.run(15_000);
  for (const node of [other, forked]) expect(texts(node)).toEqual(["the same", "this"]);
});
