// A rumor that somebody recorded and plays again: whatever is said of it beside the truth, nobody hears it twice.
import { describe, expect, test } from "vitest";
import { Harness, type TestNode } from "../harness.testing.ts";
import { ALL, mesh, join, publish, heard, restoredOf } from "../standing/keys.testing.ts";
import type { Rumor } from "../types.ts";
import { encodeFrame } from "../wire/whole-codec.ts";

describe("a rumor that is played again", () => {
  /** Two who heard a rumor, and that rumor as it went over their link. */
  const heardOnce = (): { world: Harness; nodes: TestNode[]; rumor: Rumor } => {
    const { world, nodes } = mesh(3);
    publish(world, nodes[0]!, "once");
    world.run(5_000);
    return { world, nodes, rumor: nodes[1]!.delivered[0]!.rumor };
  };
  const play = (world: Harness, to: TestNode, rumor: Rumor): void => {
    const { link } = to.peer.neighbors[0]!;
    const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor });
    world.input(to, { kind: "received", link, channel: "data", bytes });
    world.run(2_000);
  };

  test("to who has it is a duplicate", () => {
    const { world, nodes, rumor } = heardOnce();
    const before = nodes[1]!.peer.rumorCounts.duplicates;
    play(world, nodes[1]!, rumor);
    expect(heard(nodes[1]!)).toEqual(["once"]);
    expect(nodes[1]!.peer.rumorCounts.duplicates).toBe(before + 1);
  });

  test.each([
    ["topic", { topic: "0d".repeat(16) }],
    ["epoch", { keyId: new Uint8Array(8).fill(5) }],
    ["time", { timeMs: 1_700_000_001_000 }],
    ["run of its author", { incarnation: 1_700_000_000_001 }],
    ["place in its log", { seq: 7, prev: new Uint8Array(32).fill(1) }],
  ])("as one of another %s has a signature that does not hold, and ends the link", (_, change) => {
    const { rumor } = heardOnce();
    // The same peers, before any of this was said: whoever has the rumor does not even look at such a one.
    const { world, nodes } = mesh(3);
    play(world, nodes[1]!, { ...rumor, header: { ...rumor.header, ...change } });
    expect(heard(nodes[1]!)).toEqual([]);
    expect(nodes[1]!.event("misbehavior")).toMatchObject([{ what: "a rumor with a bad signature" }]);
  });

  test("in another mesh, too", () => {
    const { rumor } = heardOnce();
    const other = new Harness({ keys: ALL });
    const meshId = new Uint8Array(32).fill(8);
    const [a, b, c] = [1, 2, 3].map((number) => join(other, number, { meshId }));
    other.run(15_000);
    expect(a!.id).toBe(rumor.header.author);
    play(other, b!, rumor);
    expect([heard(b!), heard(c!)]).toEqual([[], []]);
    expect(b!.event("misbehavior")).toMatchObject([{ what: "a rumor with a bad signature" }]);
  });

  test("after a restart of its reader is known from the store", () => {
    const { world, nodes, rumor } = heardOnce();
    const reader = nodes[1]!;
    const kept = restoredOf(reader);
    world.crash(reader);
    const again = join(world, 2, { incarnation: world.nowMs, ...kept });
    world.run(10_000);
    play(world, again, rumor);
    expect(heard(again)).toEqual([]);
    expect(again.peer.rumorCounts.duplicates).toBeGreaterThan(0);
  });

  test("after a restart of its author is of the author's earlier run, and once again no news", () => {
    const { world, nodes, rumor } = heardOnce();
    world.crash(nodes[0]!);
    const again = join(world, 1, { incarnation: world.nowMs });
    world.run(10_000);
    play(world, nodes[1]!, rumor);
    play(world, again, rumor);
    expect(heard(nodes[1]!)).toEqual(["once"]);
    expect(heard(again)).toEqual(["once*"]);
  });
});
