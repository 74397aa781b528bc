import type { Finding } from "./overlay/finding.ts";
import { describe, expect, test } from "vitest";
import { decodeFrame, encodeFrame } from "./wire/whole-codec.ts";
import { bytesOf, Harness } from "./harness.testing.ts";
import type { TestNode } from "./harness.testing.ts";
import { restore } from "./runs/restore.ts";
import { peerId, testHash } from "./room.testing.ts";

const topic = "00".repeat(16);
const retention = { countMax: 1_000, bytesMax: 1_000_000, ageMs: 0 };

function publish(world: Harness, node: TestNode, text: string): void {
  world.command(node, { kind: "publish", ref: -1, topic, keyId: new Uint8Array(8), body: bytesOf(text), retention });
}

function heard(node: TestNode): string[] {
  return node.delivered.map(({ rumor }) => String.fromCharCode(...rumor.body));
}

function subscribeAll(world: Harness): void {
  for (const node of world.nodes) world.command(node, { kind: "subscribe", topic });
}

describe("joining", () => {
  test("two peers find each other through the seed", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    world.run(2_000);
    expect(world.linked(a, b)).toBe(true);
    expect(a.event("neighbor-up").map(({ peer }) => peer)).toEqual([b.id]);
    expect(b.event("member-up").map(({ peer }) => peer)).toEqual([a.id]);
  });

  test("the first peer is told that it is alone", () => {
    const world = new Harness();
    const first = world.add(1);
    expect(first.event("alone")).toHaveLength(1);
  });

  test("a small mesh links everyone to at least five others, whoever came first", () => {
    const world = new Harness();
    for (let i = 1; i <= 8; i++) {
      world.add(i);
      world.run(500);
    }
    world.run(20_000);
    for (const node of world.nodes) expect(node.peer.neighbors.length).toBeGreaterThanOrEqual(5);
  });

  test("a newcomer sees a small mesh whole within a second, and is seen", () => {
    const world = new Harness();
    for (let i = 1; i <= 7; i++) world.add(i);
    world.run(30_000);
    const newcomer = world.add(8);
    world.run(1_000);
    expect(newcomer.peer.members).toHaveLength(7);
    for (const node of world.nodes.slice(0, 7)) {
      expect(node.peer.members.map(({ peer }) => peer).includes(newcomer.id)).toBe(world.linked(node, newcomer));
    }
  });

  test("no pair of peers keeps two links, however they called each other", () => {
    const world = new Harness();
    for (let i = 1; i <= 6; i++) world.add(i);
    world.run(30_000);
    for (const node of world.nodes) {
      const names = node.peer.neighbors.map(({ peer }) => peer);
      expect(new Set(names).size).toBe(names.length);
      for (const other of world.nodes) if (names.includes(other.id)) expect(world.linked(node, other)).toBe(true);
    }
  });
});

describe("handshake", () => {
  test("somebody in the middle is refused by both sides, with a clear event", () => {
    const middle = new Uint8Array(32).fill(66);
    const world = new Harness({ fingerprint: (local) => [local, middle] });
    const [a, b] = [world.add(1), world.add(2)];
    world.run(3_000);
    expect(world.linked(a, b)).toBe(false);
    for (const node of [a, b]) {
      expect(node.event("link-refused")[0]).toMatchObject({ reason: "handshake-failed" });
      expect(node.event("neighbor-up")).toEqual([]);
    }
  });

  test("a hello of another version, or of another mesh, is refused with the reason", () => {
    for (const [change, reason] of [
      [{ versionMin: 2, versionMax: 9 }, "wrong-version"],
      [{ meshId: new Uint8Array(32).fill(8) }, "wrong-mesh"],
    ] as const) {
      const world = new Harness({
        onFrame: (_from, to, bytes) => {
          const decoded = decodeFrame(bytes);
          if (to !== world.nodes[0] || !decoded.ok || decoded.frame?.kind !== "hello") return bytes;
          return encodeFrame({ ...decoded.frame, ...change });
        },
      });
      const a = world.add(1);
      world.add(2);
      world.run(3_000);
      expect(a.event("link-refused")[0]).toMatchObject({ reason });
      expect(a.peer.neighbors).toEqual([]);
    }
  });

  test("a credential without admission is refused", () => {
    const world = new Harness({
      onFrame: (_from, _to, bytes) => {
        const decoded = decodeFrame(bytes);
        if (!decoded.ok || decoded.frame?.kind !== "hello") return bytes;
        const { credential } = decoded.frame;
        return encodeFrame({ ...decoded.frame, credential: { ...credential, ticket: new Uint8Array([9]) } });
      },
    });
    const a = world.add(1);
    world.add(2);
    world.run(3_000);
    expect(a.event("link-refused")[0]?.reason).toMatch(/not-admitted|handshake-failed/);
    expect(a.peer.neighbors).toEqual([]);
  });

  test("a stranger that says nothing is hung up", () => {
    const world = new Harness({ onFrame: () => undefined });
    const a = world.add(1);
    world.add(2);
    world.run(10_000);
    expect(a.event("link-refused")[0]).toMatchObject({ reason: "timeout" });
  });

  test("garbage before or after the handshake ends the link, and its sender is kept away for a while", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    world.run(2_000);
    const { link } = a.peer.neighbors[0]!;
    world.input(a, { kind: "received", link, channel: "data", bytes: new Uint8Array([3, 255, 255, 255]) });
    expect(a.peer.neighbors).toEqual([]);
    expect(a.event("misbehavior")).toHaveLength(1);
    world.run(30_000);
    expect(world.linked(a, b)).toBe(false);
    world.run(120_000);
    expect(world.linked(a, b)).toBe(true);
  });
});

describe("rumors", () => {
  test("reach everyone exactly once, in their author's order, the author included", () => {
    const world = new Harness();
    for (let i = 1; i <= 8; i++) world.add(i);
    subscribeAll(world);
    world.run(5_000);
    const texts = Array.from({ length: 20 }, (_, i) => `rumor ${i}`);
    for (const text of texts) publish(world, world.nodes[3]!, text);
    world.run(5_000);
    for (const node of world.nodes) expect(heard(node)).toEqual(texts);
  });

  test("cost each receiver one verification, and a duplicate none", () => {
    const world = new Harness();
    for (let i = 1; i <= 6; i++) world.add(i);
    subscribeAll(world);
    world.run(4_900);
    const before = world.nodes.map((node) => node.verifications);
    for (let i = 0; i < 10; i++) publish(world, world.nodes[0]!, `r${i}`);
    const cost = world.nodes.map((node, i) => node.verifications - before[i]!);
    expect(cost).toEqual([0, 10, 10, 10, 10, 10]);
  });

  test("published before a newcomer joined are there for it as history", () => {
    const world = new Harness();
    for (let i = 1; i <= 3; i++) world.add(i);
    subscribeAll(world);
    world.run(2_000);
    publish(world, world.nodes[0]!, "early");
    world.run(60_000);
    const late = world.add(9);
    world.command(late, { kind: "subscribe", topic });
    world.run(10_000);
    expect(late.delivered.map(({ stream }) => stream)).toEqual(["history"]);
    publish(world, world.nodes[0]!, "now");
    world.run(3_000);
    expect(heard(late)).toEqual(["early", "now"]);
    expect(late.delivered.at(-1)?.stream).toBe("both");
  });
});

describe("losses", () => {
  test("with the seed gone, a peer that lost its neighbors is linked again through the ones that are left", () => {
    const world = new Harness({ tuning: { rings: 2, callersMax: 3, linksMin: 3 } });
    for (let i = 1; i <= 16; i++) {
      world.add(i);
      world.run(300);
    }
    world.run(60_000);
    world.seedUp = false;
    for (const node of world.nodes) world.input(node, { kind: "seedDown", seed: 0 });
    const victim = world.nodes[0]!;
    for (const { peer } of victim.peer.neighbors.slice(1))
      world.cut(
        victim,
        world.nodes.find((node) => node.id === peer)!,
      );
    expect(victim.peer.neighbors).toHaveLength(1);
    world.run(15_000);
    expect(victim.peer.neighbors.length).toBeGreaterThanOrEqual(3);
  });

  test("a neighbor that crashed without a word is noticed by its silence", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    world.run(2_000);
    world.crash(b, true);
    world.run(14_000);
    expect(a.event("neighbor-down")[0]).toMatchObject({ peer: b.id, reason: "silent" });
  });

  test("a crashed member is missed everywhere within half a minute, and those who live are not", () => {
    const world = new Harness();
    for (let i = 1; i <= 8; i++) world.add(i);
    world.run(150_000);
    const victim = world.nodes[2]!;
    world.crash(victim, true);
    world.run(30_000);
    const others = world.nodes.filter((node) => node !== victim);
    for (const node of others) {
      expect(node.event("member-down")).toEqual([{ type: "member-down", peer: victim.id, reason: "expired" }]);
    }
    // Old descriptors of it are still under way, and bring it back nowhere.
    world.run(120_000);
    for (const node of others) {
      expect(node.event("member-down")).toHaveLength(1);
      expect(node.peer.members).toHaveLength(others.length - 1);
    }
  });

  test("a peer that was frozen misses nobody for it when it wakes", () => {
    const world = new Harness();
    for (let i = 1; i <= 8; i++) world.add(i);
    world.run(60_000);
    const sleeper = world.nodes[2]!;
    world.crash(sleeper, true);
    world.run(60_000);
    sleeper.down = false;
    world.run(60_000);
    expect(sleeper.peer.members).toHaveLength(7);
    expect(sleeper.event("member-down")).toEqual([]);
  });

  test("a departure is told to everyone at once, and the link ends in peace", () => {
    const world = new Harness();
    for (let i = 1; i <= 6; i++) world.add(i);
    world.run(10_000);
    const leaver = world.nodes[2]!;
    world.command(leaver, { kind: "leave" });
    for (const node of world.nodes) {
      if (node === leaver) continue;
      expect(node.event("member-down")).toEqual([{ type: "member-down", peer: leaver.id, reason: "left" }]);
    }
    world.run(60_000);
    for (const node of world.nodes)
      expect(node.event("member-up").filter(({ peer }) => peer === leaver.id).length).toBeLessThan(2);
  });

  test("a peer that comes back under its key, in a new incarnation, is taken in again", () => {
    const world = new Harness();
    for (let i = 1; i <= 4; i++) world.add(i);
    world.run(5_000);
    world.crash(world.nodes[1]!, true);
    const again = world.add(2, { incarnation: world.nowMs });
    world.run(5_000);
    expect(again.peer.neighbors).toHaveLength(3);
    expect(world.nodes[0]!.peer.neighbors.map(({ peer }) => peer)).toContain(again.id);
  });

  test("pausing ends all links and resuming makes new ones", () => {
    const world = new Harness();
    for (let i = 1; i <= 3; i++) world.add(i);
    world.run(3_000);
    const [a] = world.nodes;
    world.command(a!, { kind: "pause" });
    expect(a!.peer.neighbors).toEqual([]);
    world.run(30_000);
    expect(a!.peer.neighbors).toEqual([]);
    world.command(a!, { kind: "resume" });
    world.run(30_000);
    expect(a!.peer.neighbors.length).toBe(2);
  });
});

describe("direct messages", () => {
  test("arrive once and are acknowledged", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    world.run(2_000);
    world.command(a, { kind: "send", ref: -5, to: b.id, data: bytesOf("hi"), timeoutMs: 5_000 });
    world.run(1_000);
    expect(b.event("direct")).toMatchObject([{ from: a.id, data: bytesOf("hi") }]);
    expect(a.event("sent")).toEqual([{ type: "sent", ref: -5 }]);
  });

  test("reach peers that are no neighbors, over several hops", () => {
    const world = new Harness({ tuning: { rings: 2, callersMax: 3, linksMin: 3, reservedMax: 1 } });
    for (let i = 1; i <= 24; i++) {
      world.add(i);
      world.run(300);
    }
    world.run(120_000);
    const from = world.nodes[0]!;
    const near = new Set(from.peer.neighbors.map(({ peer }) => peer));
    const far = world.nodes.filter((node) => node !== from && !near.has(node.id));
    expect(far.length).toBeGreaterThan(10);
    far.forEach((node, i) => {
      world.command(from, { kind: "send", ref: -1 - i, to: node.id, data: bytesOf("far"), timeoutMs: 20_000 });
    });
    world.run(21_000);
    const arrived = far.filter((node) => node.event("direct").length === 1);
    expect(from.event("sent").length).toBe(arrived.length);
    expect(arrived.length / far.length).toBeGreaterThan(0.6);
  });

  test("to somebody unknown end as unreachable", () => {
    const world = new Harness();
    const a = world.add(1);
    world.add(2);
    world.run(2_000);
    world.command(a, { kind: "send", ref: -1, to: peerId(99), data: bytesOf("hi"), timeoutMs: 3_000 });
    world.run(4_000);
    expect(a.event("unsent")).toEqual([{ type: "unsent", ref: -1, reason: "unreachable" }]);
  });
});

describe("islands", () => {
  /** Two halves with links enough each, and none between them. */
  function halved(options: ConstructorParameters<typeof Harness>[0] = {}): Harness {
    const world = new Harness({ tuning: { rings: 2, callersMax: 4, linksMin: 3, reservedMax: 2 }, ...options });
    for (let i = 1; i <= 16; i++) {
      world.add(i);
      world.run(300);
    }
    world.run(30_000);
    for (const a of world.nodes.slice(0, 8)) for (const b of world.nodes.slice(8)) world.cut(a, b);
    return world;
  }

  const across = (world: Harness): number =>
    world.nodes.slice(0, 8).flatMap((a) => world.nodes.slice(8).filter((b) => world.linked(a, b))).length;

  test("of peers that lost half of their links at once are merged by the seed within half a minute", () => {
    const world = halved();
    expect(across(world)).toBe(0);
    world.run(30_000);
    expect(across(world)).toBeGreaterThan(3);
  });

  test("stay apart with no seed, and nobody asks in vain for ever", () => {
    const world = halved();
    world.seedUp = false;
    world.run(30_000);
    expect(across(world)).toBe(0);
  });
});

describe("descriptors", () => {
  test("spread until everyone knows everyone, owned by as many peers as slots they live", () => {
    const world = new Harness();
    for (let i = 1; i <= 12; i++) world.add(i);
    world.run(200_000);
    const owners = new Map<string, number>();
    for (const node of world.nodes) {
      expect(node.peer.counts.descriptors.known).toBe(11);
      for (const { creator } of node.peer.rooms.overlay.state.finding!.table.owned)
        owners.set(creator, (owners.get(creator) ?? 0) + 1);
    }
    for (const node of world.nodes) expect(owners.get(node.id) ?? 0).toBeGreaterThan(5);
    for (const node of world.nodes) expect(node.event("misbehavior")).toEqual([]);
  });
});

describe("evidence", () => {
  const findingOf = (node: TestNode): Finding => node.peer.rooms.overlay.finding as Finding;

  /** The node keeps what it gives away, and gives it away again. */
  function letClone(node: TestNode): void {
    const { table } = findingOf(node);
    const spend = table.spend.bind(table);
    table.spend = (count, except) => {
      const spent = spend(count, except);
      table.state.owned.push(...spent);
      return spent;
    };
  }

  function expectShutOut(world: Harness, cheat: TestNode): void {
    for (const node of world.nodes) {
      const convicted = new Set(node.event("convicted").map(({ peer }) => peer));
      expect([...convicted]).toEqual([cheat.id]);
      if (node !== cheat) expect(node.peer.neighbors.map(({ peer }) => peer)).not.toContain(cheat.id);
    }
    expect(cheat.peer.neighbors).toEqual([]);
  }

  test("who hands one descriptor to two peers is found out, convicted by everyone, and shut out for good", () => {
    const world = new Harness();
    for (let i = 1; i <= 12; i++) world.add(i);
    const cheat = world.nodes[4]!;
    letClone(cheat);
    world.run(150_000);
    expectShutOut(world, cheat);
  });

  test("who mints twice in a slot is found out, convicted by everyone, and shut out for good", () => {
    const world = new Harness();
    for (let i = 1; i <= 8; i++) world.add(i);
    const cheat = world.nodes[4]!;
    const { shuffles } = findingOf(cheat);
    const mint = shuffles.begin.bind(shuffles);
    let minted = 0;
    // Each shuffle offers another descriptor of the same slot: one that is told apart by its ticket.
    shuffles.begin = (link, to, slot, spent, now, out) => {
      shuffles.state.lastMintSlot = -1;
      cheat.config.ticket = new Uint8Array([1, minted++]);
      mint(link, to, slot - (slot % 4), spent, now, out);
    };
    world.run(60_000);
    expectShutOut(world, cheat);
  });

  test("who knows a cheat by its descriptors only shuts it out like everyone", () => {
    const world = new Harness();
    for (let i = 1; i <= 12; i++) world.add(i);
    const [cheat, witness] = [world.nodes[4]!, world.nodes[9]!];
    letClone(cheat);
    for (let second = 0; second < 150; second++) {
      world.run(1_000);
      // As in a mesh so large that nobody introduces one to the other.
      witness.peer.rooms.admission.state.admitted.delete(cheat.id);
    }
    expectShutOut(world, cheat);
    expect(witness.peer.members.map(({ peer }) => peer)).not.toContain(cheat.id);
  });

  test("a newcomer is told who is convicted before it can be drawn in", () => {
    const world = new Harness();
    for (let i = 1; i <= 6; i++) world.add(i);
    const cheat = world.nodes[2]!;
    letClone(cheat);
    world.run(150_000);
    const newcomer = world.add(20);
    world.run(20_000);
    expect(newcomer.event("convicted").map(({ peer }) => peer)).toEqual([cheat.id]);
    expect(newcomer.peer.neighbors).toHaveLength(5);
  });

  test("crashes, restarts under the same key and clocks that step back make nobody look like a cheat", () => {
    const world = new Harness();
    for (let i = 1; i <= 8; i++) world.add(i);
    for (let round = 0; round < 6; round++) {
      world.run(17_000);
      const victim = world.nodes[round]!;
      const { lastMintSlot } = findingOf(victim).shuffles.state;
      world.crash(victim, round % 2 === 0);
      world.add(round + 1, { incarnation: world.nowMs, lastMintSlot, skewMs: round === 3 ? -40_000 : 0 });
      world.nodes.at(-2)!.skewMs -= 7_000;
    }
    world.run(60_000);
    for (const node of world.nodes) expect(node.event("convicted")).toEqual([]);
  });
});

describe("sans-IO", () => {
  test("an early deadline is a no-op, and a new peer asks for none", () => {
    const world = new Harness();
    const node = world.add(1);
    world.run(100);
    expect(node.peer.handle({ kind: "deadline" }, world.nowMs)).toEqual([]);
  });

  test("a peer restored from a snapshot does what the first one would have done", () => {
    const world = new Harness();
    for (let i = 1; i <= 4; i++) world.add(i);
    world.run(7_000);
    const node = world.nodes[0]!;
    const twin = restore(node.peer.snapshot(), testHash);
    for (let i = 0; i < 50; i++) {
      const deadlineMs = node.peer.deadlineMs;
      expect(twin.deadlineMs).toBe(deadlineMs);
      expect(twin.handle({ kind: "deadline" }, deadlineMs)).toEqual(node.peer.handle({ kind: "deadline" }, deadlineMs));
    }
  });

  test("after it left, a peer does nothing any more", () => {
    const world = new Harness();
    const node = world.add(1);
    world.command(node, { kind: "leave" });
    expect(node.peer.handle({ kind: "start" }, world.nowMs)).toEqual([]);
    expect(node.peer.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});
