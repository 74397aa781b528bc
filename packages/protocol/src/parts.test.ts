import { describe, expect, it } from "vitest";
import type { TestNode } from "./harness.testing.ts";
import { Harness } from "./harness.testing.ts";
import { laterRooms } from "./later-rooms.ts";
import type { Parts } from "./parts.ts";
import { restore } from "./restore.ts";
import { testHash } from "./room.testing.ts";
import { MAP } from "./state/entries.testing.ts";
import { toHex } from "./wire/hex.ts";

const KEY = "0c".repeat(32);

function write(world: Harness, node: TestNode, text: string): void {
  const body = Uint8Array.from(text, (character) => character.charCodeAt(0));
  world.command(node, { kind: "write", ref: 1, map: MAP, key: KEY, keyId: new Uint8Array(8), body, lifeMs: 0 });
}

function digestOf({ peer }: TestNode): string {
  return toHex(peer.mapDigest());
}

/** Two whole peers, and one whose maps have not come. */
function world(): { world: Harness; whole: TestNode; late: TestNode; parts: Parts } {
  const world = new Harness();
  const parts: Parts = {};
  const whole = world.add(1);
  world.add(2);
  const late = world.add(3, { parts });
  world.run(5_000);
  return { world, whole, late, parts };
}

describe("a peer whose maps come later", () => {
  it("takes part in everything else, and blames nobody for the entries it is sent", () => {
    const { world: around, whole, late } = world();
    const empty = digestOf(late);
    write(around, whole, "red");
    around.run(10_000);
    expect(late.peer.neighbors).toHaveLength(2);
    expect(digestOf(late)).toBe(empty);
    expect(late.peer.mapCounts.keys).toBe(0);
    expect(late.peer.counts.misbehavior).toEqual({});
  });

  it("has what all others have once they have come, and is told that it has", () => {
    const { world: around, whole, late, parts } = world();
    write(around, whole, "red");
    around.run(10_000);
    parts.later = laterRooms;
    around.input(late, { kind: "later" });
    around.run(2_000);
    expect(digestOf(late)).toBe(digestOf(whole));
    expect(late.event("maps-equal").length).toBeGreaterThan(0);
    write(around, late, "blue");
    expect(digestOf(late)).toBe(digestOf(whole));
  });

  it("counts as one whose maps are there when it hears of them twice, or when they are not", () => {
    const { world: around, late, parts } = world();
    around.input(late, { kind: "later" });
    expect(late.peer.rooms.rumors.state.maps).toBeUndefined();
    parts.later = laterRooms;
    around.input(late, { kind: "later" });
    write(around, late, "red");
    const before = digestOf(late);
    around.input(late, { kind: "later" });
    expect(digestOf(late)).toBe(before);
    expect(late.peer.mapCounts.keys).toBe(1);
  });

  it("is replayed from a snapshot as it was, without them until they come", () => {
    const { world: around, whole, late, parts } = world();
    write(around, whole, "red");
    const twin = restore(late.peer.snapshot(), testHash);
    expect(twin.rooms.rumors.state.maps).toBeUndefined();
    parts.later = laterRooms;
    const input = { kind: "later" } as const;
    expect(twin.handle(input, around.nowMs)).toEqual(late.peer.handle(input, around.nowMs));
    expect(twin.deadlineMs).toBe(late.peer.deadlineMs);
    expect(twin.snapshot()).toEqual(late.peer.snapshot());
  });
});

it("a peer that mongers no rumors answers those who do once the room for it has come, and misses nothing before", () => {
  const around = new Harness();
  const tuning = { spreading: "mongering" } as const;
  const author = around.add(1, { tuning });
  const parts: Parts = {};
  const late = around.add(2, { parts });
  around.run(5_000);
  const retention = { countMax: 10, bytesMax: 10_000, ageMs: 0 };
  const publish = (ref: number): void => {
    const body = new Uint8Array([ref]);
    const topic = "0a".repeat(16);
    around.command(author, { kind: "publish", ref, topic, keyId: new Uint8Array(8), body, retention });
    around.run(15_000);
  };
  publish(1);
  expect(late.peer.digest()).toEqual(author.peer.digest());
  expect(late.peer.counts.framesOut["told"]).toBeUndefined();
  parts.later = laterRooms;
  around.input(late, { kind: "later" });
  publish(2);
  expect(late.peer.digest()).toEqual(author.peer.digest());
  expect(late.peer.counts.framesOut["told"]).toBeGreaterThan(0);
});

it("a peer that is to monger cannot be made without the room for it", () => {
  expect(() => new Harness().add(1, { tuning: { spreading: "mongering" }, parts: {} })).toThrow("room of mongering");
});

it("a peer whose keys change cannot be made without their rooms", () => {
  const keys = { rotateMs: 0, history: "all" } as const;
  expect(() => new Harness().add(1, { keys, parts: {} })).toThrow("expected the rooms of keys");
});
