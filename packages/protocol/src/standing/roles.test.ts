import { describe, expect, test } from "vitest";
import { Harness, bytesOf, type TestNode } from "../harness.testing.ts";
import { KEEP_ALL } from "../rumors/rumors.testing.ts";
import { ROLE_READER, ROLE_WRITER } from "../types.ts";

const TOPIC = "0c".repeat(16);

function publish(world: Harness, node: TestNode, text = "hello"): void {
  world.command(node, {
    kind: "publish",
    ref: 1_000_000 + world.nowMs,
    topic: TOPIC,
    keyId: new Uint8Array(8),
    body: bytesOf(text),
    retention: KEEP_ALL,
  });
}

function hears(world: Harness, ...nodes: TestNode[]): void {
  for (const node of nodes) world.command(node, { kind: "subscribe", topic: TOPIC });
}

const saidBy = (node: TestNode, author: TestNode): number =>
  node.delivered.filter(({ rumor }) => rumor.header.author === author.id).length;

describe("roles", () => {
  test("a reader hears everybody, and what it writes all the same is refused by all, and held against nobody", () => {
    const world = new Harness();
    const writers = [1, 2, 3, 4, 5].map((number) => world.add(number, { standing: { role: ROLE_WRITER } }));
    const reader = world.add(9, { standing: { role: ROLE_READER } });
    world.run(10_000);
    hears(world, ...writers, reader);
    publish(world, writers[0]!);
    // Its own peer does not stop it: an altered one would not.
    publish(world, reader);
    world.run(20_000);
    expect(saidBy(reader, writers[0]!)).toBe(1);
    for (const writer of writers) {
      expect(saidBy(writer, reader)).toBe(0);
      expect(writer.peer.rooms.rumors.counts().logs).toBe(1);
      expect(writer.event("misbehavior")).toEqual([]);
    }
    expect(writers.some((writer) => writer.peer.rumorCounts.forbidden > 0)).toBe(true);
    expect(reader.peer.neighbors.length).toBeGreaterThan(0);
    expect([reader.peer.mayWrite, writers[0]!.peer.mayWrite]).toEqual([false, true]);
  });

  test("of two tickets of one key the better one counts, whichever came first", () => {
    for (const roles of [
      [ROLE_READER, ROLE_WRITER],
      [ROLE_WRITER, ROLE_READER],
    ]) {
      const world = new Harness();
      const other = world.add(1);
      let id = other.id;
      for (const role of roles) {
        const node = world.add(9, { standing: { role }, incarnation: world.nowMs + role });
        world.run(8_000);
        if (role === ROLE_WRITER) {
          hears(world, other);
          publish(world, node);
          world.run(5_000);
        }
        world.crash(node);
        ({ id } = node);
      }
      expect(other.delivered).toHaveLength(1);
      expect(other.peer.rooms.admission.standingOf(id, 0).role).toBe(ROLE_WRITER);
    }
  });
});

describe("a certificate that runs out", () => {
  test("ends its links and admits to none, and what was written before stands", () => {
    const world = new Harness();
    const lasting = [1, 2, 3].map((number) => world.add(number));
    const brief = world.add(9, { standing: { role: ROLE_WRITER, expiryMs: world.nowMs + 20_000 } });
    hears(world, ...lasting);
    world.run(10_000);
    publish(world, brief, "in time");
    world.run(5_000);
    expect(brief.peer.neighbors).toHaveLength(3);
    world.run(10_000);
    expect(brief.peer.neighbors).toEqual([]);
    publish(world, brief, "too late");
    const late = world.add(20);
    hears(world, late);
    world.run(20_000);
    for (const node of [...lasting, late]) {
      expect(node.peer.neighbors.map(({ peer }) => peer)).not.toContain(brief.id);
      expect(node.peer.rooms.rumors.counts().rumors).toBe(1);
    }
  });

  test("does not let its author write beyond its end, whoever passes it on", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    const brief = world.add(9, { standing: { role: ROLE_WRITER, expiryMs: world.nowMs + 10_000 } });
    hears(world, a, b);
    world.run(5_000);
    // Whoever was admitted and stays on a link until the very end: nobody looks at the clock but at the stamp.
    for (const node of [a, b]) node.peer.rooms.admission.hasExpired = () => false;
    world.run(10_000);
    expect(brief.peer.neighbors).toHaveLength(2);
    publish(world, brief, "too late");
    world.run(5_000);
    expect([saidBy(a, brief), saidBy(b, brief)]).toEqual([0, 0]);
  });
});
