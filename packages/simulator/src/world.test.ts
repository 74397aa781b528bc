import { decodeTrace, encodeTrace, replay } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { mix32 } from "./mix.ts";
import type { Node } from "./node.ts";
import { World, type WorldOptions } from "./world.ts";

const TOPIC = "5a".repeat(16);

function meshOf(nodes: number, options: Partial<WorldOptions> = {}): World {
  const world = new World({ seed: 1, topics: [TOPIC], network: { unreachablePairs: 0, dialFailure: 0 }, ...options });
  world.spawn(nodes, 2_000);
  world.run(15_000);
  return world;
}

function disturbed(seed: number, options: Partial<WorldOptions> = {}): World {
  const world = meshOf(12, { seed, network: { loss: 0.1 }, skewMs: 1_000, ...options });
  world.churn({ perMinute: 1, crashes: 0.5 });
  world.publishing(TOPIC, 300, world.nowMs + 20_000);
  world.run(30_000);
  return world;
}

const watched = disturbed(1, { record: { entriesMax: 300 } });

describe("one seed", () => {
  test("gives one run, input by input, watched or not", () => {
    const again = disturbed(1);
    expect(again.fingerprint).toBe(watched.fingerprint);
    expect(again.inputs).toBe(watched.inputs);
    expect(again.ledger.deliveries).toBe(watched.ledger.deliveries);
  });

  test("another one another run", () => {
    expect(disturbed(2).fingerprint).not.toBe(watched.fingerprint);
  });
});

test("a recording of any node replays to the same effects and the same digest", () => {
  for (const node of watched.living) {
    const decoded = decodeTrace(encodeTrace(node.trace()!));
    if (!decoded.ok) return expect.unreachable(decoded.reason);
    const last = [...replay(decoded.trace, mix32)].at(-1)!;
    expect(last.peer.rooms.rumors.digest()).toEqual(node.peer.rooms.rumors.digest());
    expect(last.peer.deadlineMs).toBe(node.peer.deadlineMs);
  }
});

describe("nodes", () => {
  test("find each other and are one overlay as both ends see it", () => {
    const world = meshOf(10);
    expect(world.graph().components()).toEqual([10]);
    expect(world.graph().degrees().min).toBeGreaterThanOrEqual(5);
  });

  test("that leave are told of at once, that crash are missed after their silence", () => {
    const world = meshOf(8);
    const [leaver, victim, other] = world.nodes as [Node, Node, Node];
    leaver.leave();
    world.run(2_000);
    const knows = (node: Node): boolean => [...other.neighbors.values()].includes(node.id);
    expect(knows(leaver)).toBe(false);
    victim.crash();
    world.run(2_000);
    const before = knows(victim);
    world.run(20_000);
    expect([before, knows(victim)]).toEqual([true, false]);
  });

  test("that restart keep their key and rise in incarnation, even with a clock set back", () => {
    const world = meshOf(4);
    const [node] = world.nodes as [Node];
    const { id } = node;
    const { incarnation } = node.peer.rooms.foundation.config;
    node.jumpClock(-3_600_000);
    node.crash();
    world.start(node);
    world.run(20_000);
    expect(node.id).toBe(id);
    expect(node.peer.rooms.foundation.config.incarnation).toBeGreaterThan(incarnation);
    expect(world.graph().components()).toEqual([4]);
  });

  test("that are frozen handle nothing, and everything once they wake", () => {
    const world = meshOf(6);
    const [sleeper, author] = world.nodes as [Node, Node];
    sleeper.freeze(5_000);
    world.publish(author, TOPIC);
    world.run(4_000);
    expect(world.ledger.reader(sleeper).live.size).toBe(0);
    world.run(4_000);
    expect(world.ledger.reader(sleeper).live.size).toBe(1);
    expect(sleeper.neighbors.size).toBe(5);
  });

  test("with slow processors still deliver everything, only later", () => {
    const world = meshOf(6, { verifyMs: 5 });
    for (let i = 0; i < 20; i++) world.publish(world.nodes[i % 6]!, TOPIC);
    world.run(5_000);
    expect(world.ledger.missing(world.nodes)).toEqual([]);
  });
});

describe("what must hold", () => {
  test("stops the run when it does not, with the time, the seed and the command", () => {
    const world = meshOf(4, { seed: 77, replay: "npx grapevine simulate spread --seed 77" });
    world.at(20_000, () => world.fail("the sky fell"));
    expect(() => world.run(10_000)).toThrow(
      "the sky fell\n  at 20.000 s of seed 77; replay: npx grapevine simulate spread --seed 77",
    );
  });

  test("includes that the core never throws", () => {
    const world = meshOf(4);
    world.nodes[0]!.peer.handle = () => {
      throw new Error("a bug");
    };
    expect(() => world.run(10_000)).toThrow("the core threw: a bug");
  });

  test("can be more, checked after every event", () => {
    const world = meshOf(4);
    let checks = 0;
    world.invariants.push(() => checks++);
    world.run(1_000);
    expect(checks).toBeGreaterThan(10);
  });
});
