import { describe, expect, it } from "vitest";
import type { HarnessOptions, TestNode } from "../harness.testing.ts";
import { Harness } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { Crowd, TestRumors, frameOf } from "./rumors.testing.ts";
import { ROLE_READER } from "../types.ts";
import { MAP, START_MS, entry, keyTag } from "../state/entries.testing.ts";
import { toHex } from "../wire/hex.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";

const KEY = "0c".repeat(32);

function write(world: Harness, node: TestNode, text: string, key = KEY, lifeMs = 0): void {
  const body = Uint8Array.from(text, (character) => character.charCodeAt(0));
  world.command(node, { kind: "write", ref: 1, map: MAP, key, keyId: new Uint8Array(8), body, lifeMs });
}

function read(node: TestNode, key = KEY): string | undefined {
  const found = node.peer.entriesOf(MAP).find((entry) => entry.key === key);
  return found === undefined ? undefined : String.fromCharCode(...found.rumor.body);
}

/** The tag of a numbered key. */
function tag(number: number): string {
  return number.toString(16).padStart(64, "0");
}

function digests(nodes: readonly TestNode[]): Set<string> {
  return new Set(nodes.map(({ peer }) => toHex(peer.mapDigest())));
}

function worldOf(count: number, options: HarnessOptions = {}): { world: Harness; nodes: TestNode[] } {
  const world = new Harness(options);
  const nodes = Array.from({ length: count }, (_, i) => world.add(i + 1));
  world.run(5_000);
  return { world, nodes };
}

describe("replicated maps among peers", () => {
  it("bring an entry to everybody, verified once by each", () => {
    const { world, nodes } = worldOf(5);
    const before = nodes.map(({ verifications }) => verifications);
    write(world, nodes[0]!, "red");
    expect(nodes.map((node) => read(node))).toEqual(Array.from({ length: 5 }, () => "red"));
    expect(nodes.map(({ verifications }, i) => verifications - before[i]!)).toEqual([0, 1, 1, 1, 1]);
    expect(nodes[0]!.event("published")).toHaveLength(1);
  });

  it("let the later of two writes stand everywhere, though the first is still on its way", () => {
    const { world, nodes } = worldOf(3);
    write(world, nodes[0]!, "red");
    write(world, nodes[1]!, "blue");
    write(world, nodes[0]!, "green");
    expect(nodes.map((node) => read(node))).toEqual(["green", "green", "green"]);
    expect(nodes.map((node) => node.peer.entriesOf(MAP).length)).toEqual([1, 1, 1]);
  });

  it("let a newcomer have everything, and tell it that it has", () => {
    const { world, nodes } = worldOf(3);
    for (let key = 0; key < 300; key++) write(world, nodes[key % 3]!, `value ${key}`, tag(key));
    world.run(5_000);
    const late = world.add(9);
    world.run(6_000);
    expect(late.peer.entriesOf(MAP)).toHaveLength(300);
    expect(digests([...nodes, late]).size).toBe(1);
    expect(late.event("maps-equal").length).toBeGreaterThan(0);
    // Of one neighbor at a time: nothing came twice.
    expect(late.peer.mapCounts).toMatchObject({ received: 300, duplicates: 0, older: 0 });
  });

  it("are equal again after both sides of a partition went on, the later write of a key on top", () => {
    let cut = false;
    const sides = new Map<TestNode, number>();
    const { world, nodes } = worldOf(6, {
      onFrame: (from, to, bytes) => (cut && sides.get(from) !== sides.get(to) ? undefined : bytes),
    });
    for (const [i, node] of nodes.entries()) sides.set(node, i % 2);
    write(world, nodes[0]!, "before");
    cut = true;
    world.run(1_000);
    write(world, nodes[0]!, "left");
    write(world, nodes[0]!, "only left", tag(1));
    world.run(1_000);
    write(world, nodes[1]!, "right");
    write(world, nodes[1]!, "only right", tag(2));
    world.run(1_000);
    expect(digests(nodes).size).toBe(2);
    cut = false;
    world.run(20_000);
    expect(digests(nodes).size).toBe(1);
    for (const node of nodes) {
      expect([read(node), read(node, tag(1)), read(node, tag(2))]).toEqual(["right", "only left", "only right"]);
    }
  });

  it("deliver what was asked for in a round that others have overtaken", () => {
    // Wants travel behind data, digests beside it: a lost packet holds up the one and not the other.
    let late: (() => void)[] | undefined;
    const { world, nodes } = worldOf(2, {
      onFrame: (from, to, bytes) => {
        const decoded = decodeFrame(bytes);
        if (late === undefined || !decoded.ok || decoded.frame?.kind !== "mapWant") return bytes;
        const { link } = to.peer.neighbors.find(({ peer }) => peer === from.id)!;
        late.push(() => world.input(to, { kind: "received", link, channel: "data", bytes }));
        return undefined;
      },
    });
    const [a, b] = nodes as [TestNode, TestNode];
    world.command(b, { kind: "pause" });
    world.run(1_000);
    write(world, a, "value");
    late = [];
    world.command(b, { kind: "resume" });
    while (late.length === 0) world.run(100);
    const wants = late;
    world.run(3_000);
    expect(read(b)).toBeUndefined();
    late = undefined;
    for (const deliver of wants.slice(0, 1)) deliver();
    expect(read(b)).toBe("value");
  });

  it("keep what was deleted deleted, when somebody who was away still has it", () => {
    const { world, nodes } = worldOf(3);
    const [a, b, away] = nodes as [TestNode, TestNode, TestNode];
    write(world, a, "value");
    world.command(away, { kind: "pause" });
    world.run(1_000);
    write(world, b, "", KEY, 60_000);
    world.run(90_000);
    expect([read(a), read(b), read(away)]).toEqual([undefined, undefined, "value"]);
    world.command(away, { kind: "resume" });
    world.run(30_000);
    expect([read(a), read(b), read(away)]).toEqual([undefined, undefined, undefined]);
    expect(digests(nodes).size).toBe(1);
  });

  it("refuse what a reader writes, at every peer", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    const reader = world.add(3, { standing: { role: ROLE_READER } });
    world.run(5_000);
    write(world, reader, "scribble");
    world.run(10_000);
    expect([read(a), read(b)]).toEqual([undefined, undefined]);
    expect(a.peer.mapCounts.forbidden).toBeGreaterThan(0);
    // It is the reader's own affair what it believes; nobody is punished for passing it on.
    expect([a, b].flatMap((node) => node.event("misbehavior"))).toEqual([]);
  });

  it("hold back a stamp that lies too far ahead, and let nobody pin a key with it", () => {
    const { world, nodes } = worldOf(3);
    const [a, b, liar] = nodes as [TestNode, TestNode, TestNode];
    const bring = (seq: number, aheadMs: number): void => {
      const change = { author: liar.id, incarnation: liar.config.incarnation, timeMs: world.nowMs + aheadMs };
      const { rumor } = entry(1, 0, seq, { ...change, counter: 65_535 });
      const { link } = a.peer.neighbors.find(({ peer }) => peer === liar.id)!;
      world.input(a, {
        kind: "received",
        link,
        channel: "data",
        bytes: encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor }),
      });
    };
    const key = toHex(keyTag(1));
    bring(1, limits.skewMs + 20_000);
    expect([read(a, key), a.peer.mapCounts.parked]).toEqual([undefined, 1]);
    write(world, a, "now", key);
    expect([read(a, key), read(b, key)]).toEqual(["now", "now"]);
    // Within the bound it stands, but whoever sees it can write over it at once.
    bring(2, limits.skewMs - 1_000);
    expect(b.peer.entriesOf(MAP)[0]!.rumor.header.seq).toBe(2);
    write(world, b, "over it", key);
    expect([read(a, key), read(b, key)]).toEqual(["over it", "over it"]);
    // The first one's time comes, and passes.
    world.run(60_000);
    write(world, b, "later", key);
    expect([read(a, key), read(b, key)]).toEqual(["later", "later"]);
    expect(digests([a, b]).size).toBe(1);
  });

  it("withdraw what a key wrote that numbered two entries alike, and go back to what stood before", () => {
    const { world, nodes } = worldOf(3);
    const [a, b, liar] = nodes as [TestNode, TestNode, TestNode];
    write(world, a, "honest");
    world.run(100);
    write(world, liar, "lie");
    expect([read(a), read(b)]).toEqual(["lie", "lie"]);
    // The same key at another machine, in the same run, under the same number.
    const twin = new Harness();
    const copy = twin.add(3, { incarnation: liar.config.incarnation });
    twin.nowMs = world.nowMs;
    write(twin, copy, "another lie");
    const [second] = copy.peer.entriesOf(MAP);
    expect(second).toBeDefined();
    const link = b.peer.neighbors.find(({ peer }) => peer === a.id)!.link;
    const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor: second!.rumor });
    world.input(b, { kind: "received", link, channel: "data", bytes });
    world.run(5_000);
    expect([read(a), read(b)]).toEqual(["honest", "honest"]);
    expect(a.event("convicted").map(({ peer }) => peer)).toEqual([liar.id]);
    // A newcomer that hears of the lie first hears of the proof as well.
    const late = world.add(8);
    world.run(10_000);
    expect(read(late)).toBe("honest");
  });

  it("hang up on whoever brings an entry that was altered", () => {
    const { world, nodes } = worldOf(2);
    const [a, b] = nodes as [TestNode, TestNode];
    const good = entry(1, 2, 1, { author: b.id, incarnation: b.config.incarnation, timeMs: START_MS });
    const { link } = a.peer.neighbors[0]!;
    const rumor = { ...good.rumor, body: Uint8Array.of(66) };
    world.input(a, {
      kind: "received",
      link,
      channel: "data",
      bytes: encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor }),
    });
    expect(a.event("misbehavior").map(({ what }) => what)).toEqual(["an entry with a bad signature"]);
    expect(a.peer.entriesOf(MAP)).toEqual([]);
  });

  it("start from what an earlier run kept, whatever else is in it", () => {
    const { world, nodes } = worldOf(1);
    const kept = [entry(1, 5, 1), entry(1, 6, 2), entry(2, 5, 3, { expiryMs: START_MS + 10 })];
    const again = world.add(7, {
      restored: { credentials: [], rumors: [], forks: [], evidence: [], entries: kept.toReversed() },
    });
    expect(again.peer.entriesOf(MAP).map(({ rumor }) => rumor.body)).toEqual([kept[1]!.rumor.body]);
    expect(again.peer.mapCounts).toMatchObject({ keys: 1, dormant: 1 });
    expect(nodes).toHaveLength(1);
  });

  it("cost a frame each way in a round in which nothing differs", () => {
    const sent: number[] = [];
    let counting = false;
    const { world, nodes } = worldOf(2, {
      onFrame: (_from, _to, bytes) => {
        const decoded = decodeFrame(bytes);
        if (counting && decoded.ok && decoded.frame?.kind === "mapDigest") sent.push(bytes.length);
        return bytes;
      },
    });
    for (let key = 0; key < 50; key++) write(world, nodes[0]!, "value", tag(key));
    world.run(5_000);
    const { rounds } = nodes[0]!.peer.mapCounts;
    counting = true;
    world.run(20_000);
    counting = false;
    expect(nodes[0]!.peer.mapCounts.rounds - rounds).toBeGreaterThan(5);
    expect(Math.max(...sent)).toBeLessThanOrEqual(16);
  });

  it("write one key faster than the clock ticks, and the last one stands", () => {
    const { world, nodes } = worldOf(2);
    for (let i = 0; i < 50; i++) write(world, nodes[i % 2]!, String(i));
    expect(nodes.map((node) => read(node))).toEqual(["49", "49"]);
  });

  it("refuse a body that is too long at the writer", () => {
    const { world, nodes } = worldOf(1);
    expect(() => write(world, nodes[0]!, "x".repeat(limits.entryBytesMax + 1))).toThrow(
      /expected a body of at most 65536 B/,
    );
  });
});

it("what others claim may stand when it is of a known writer, and of now", () => {
  const { rumors, now, readers, strangers } = new TestRumors();
  const stands = (change: Parameters<typeof entry>[3] = {}): boolean =>
    rumors.maps.mayStand(entry(1, 1, 1, change).rumor.header, now);
  expect(stands()).toBe(true);
  expect(stands({ timeMs: now.meshMs + limits.skewMs + 1 })).toBe(false);
  expect(stands({ timeMs: now.meshMs - 10, expiryMs: now.meshMs - 1 })).toBe(false);
  const { author } = entry(1, 1, 1).rumor.header;
  for (const set of [readers, strangers]) {
    set.add(author);
    expect(stands()).toBe(false);
    set.clear();
  }
  expect(stands()).toBe(true);
});

describe("copies of what is not in a log", () => {
  const SIZE = 8;
  const COUNT = 30;
  const body = new Uint8Array([7]);
  const shared = { ref: 1, keyId: new Uint8Array(8), body } as const;

  interface Kind {
    readonly said: string;
    readonly gapMs: number;
    readonly say: (peer: TestRumors, i: number) => void;
    readonly received: (peer: TestRumors) => number;
  }

  const kinds: readonly Kind[] = [
    {
      said: "entries of many keys",
      gapMs: 0,
      say: ({ rumors, now, tray }, i) =>
        rumors.maps.onWrite({ kind: "write", ...shared, map: MAP, key: tag(i), lifeMs: 0 }, now, tray),
      received: ({ rumors }) => rumors.maps.counts().received,
    },
    {
      said: "entries of one key",
      gapMs: 0,
      say: ({ rumors, now, tray }) =>
        rumors.maps.onWrite({ kind: "write", ...shared, map: MAP, key: KEY, lifeMs: 0 }, now, tray),
      received: ({ rumors }) => rumors.maps.counts().received,
    },
    {
      said: "profiles",
      // One peer's are not taken more often.
      gapMs: 2 * limits.profilePaceMs,
      say: ({ rumors, now, tray }) => rumors.profiles.onSay({ kind: "profile", ...shared }, now, tray),
      received: ({ rumors }) => rumors.profiles.counts().received,
    },
  ];

  it.each(kinds)("become about one of each along a tree, of $said", ({ gapMs, say, received }) => {
    const crowd = new Crowd(SIZE, 1, {}, ["tree"]);
    crowd.linkAll();
    crowd.calm();
    const copies = Array.from({ length: COUNT }, (_, i) => {
      const sum = (): number => crowd.peers.reduce((total, peer) => total + received(peer), 0);
      const before = sum();
      crowd.pass(gapMs);
      say(crowd.peers[0]!, i);
      // Signatures are checked while other copies are still on their way, so that these are no longer being verified.
      while (crowd.step()) for (const peer of crowd.peers) peer.settle();
      return (sum() - before) / (SIZE - 1);
    });
    // The first is flooded: seven copies in a mesh of eight; and so is the first of a tree of its own, the fourth.
    expect(copies[0]).toBe(SIZE - 1);
    const settled = copies.slice(5);
    expect(settled.reduce((sum, count) => sum + count, 0) / settled.length).toBeLessThan(1.1);
  });

  it("prune their link though a later write has replaced the entry already", () => {
    const peer = new TestRumors();
    peer.linkUp(1, 2);
    const [first, second] = [entry(1, 1, 1).rumor, entry(1, 1, 2).rumor];
    peer.take([first, second], 1);
    peer.forget();
    peer.receive(2, frameOf(first));
    expect(peer.sent("prune", 2)).toMatchObject([{ sources: [first.header.author] }]);
  });
});
