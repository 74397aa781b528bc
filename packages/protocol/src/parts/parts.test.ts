import { describe, expect, it } from "vitest";
import type { EarlyFrame } from "./early-frames.ts";
import type { TestNode } from "../harness.testing.ts";
import { Harness } from "../harness.testing.ts";
import { laterRooms } from "./later-rooms.ts";
import { limits } from "../limits.ts";
import type { Parts } from "./parts.ts";
import { restore } from "../runs/restore.ts";
import { testHash } from "../room.testing.ts";
import { MAP } from "../state/entries.testing.ts";
import { toHex } from "../wire/hex.ts";

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

describe("a peer whose repair and trees come later", () => {
  const topic = "0a".repeat(16);
  const retention = { countMax: 10, bytesMax: 10_000, ageMs: 0 };

  function publish(around: Harness, node: TestNode, ref: number): void {
    const body = new Uint8Array([ref]);
    around.command(node, { kind: "publish", ref, topic, keyId: new Uint8Array(8), body, retention });
  }

  it("publishes and delivers at once, by flood", () => {
    const { world: around, whole, late } = world();
    for (const node of [whole, late]) around.command(node, { kind: "subscribe", topic, keyId: new Uint8Array(8) });
    publish(around, late, 1);
    publish(around, whole, 2);
    around.run(100);
    expect(late.peer.rumorCounts.spreading.strategy).toBe("flood");
    expect(late.delivered).toHaveLength(2);
    expect(whole.delivered).toHaveLength(2);
  });

  it("has all that it missed once they have come, and loses no link over what it could not answer", () => {
    const around = new Harness();
    const author = around.add(1);
    for (let ref = 0; ref < 5; ref++) publish(around, author, ref);
    around.run(1_000);
    const parts: Parts = {};
    const late = around.add(2, { parts });
    around.run(10_000);
    expect(late.peer.rumorCounts.rumors).toBe(0);
    parts.later = laterRooms;
    around.input(late, { kind: "later" });
    around.run(1_000);
    expect(late.peer.digest()).toEqual(author.peer.digest());
    expect(author.peer.neighbors).toMatchObject([{ peer: late.peer.self, score: { deeds: { offences: 0 } } }]);
    expect([late.peer.counts.misbehavior, author.peer.counts.misbehavior]).toEqual([{}, {}]);
    expect(late.peer.rumorCounts.spreading.strategy).toBe("tree");
  });

  it("answers what waited for them, and holds no more of it than of a stranger", () => {
    const around = new Harness();
    around.add(1);
    const parts: Parts = {};
    const late = around.add(2, { parts });
    around.run(2_000);
    const { frames } = late.peer.rooms.early!.state;
    expect(frames.length).toBeGreaterThan(0);
    const [{ link, bytes }] = frames as [EarlyFrame];
    const heard = late.peer.counts.framesIn;
    for (let i = 0; i < 2 * limits.earlyFramesMax; i++)
      around.input(late, { kind: "received", link, channel: "control", bytes });
    expect(frames).toHaveLength(limits.earlyFramesMax);
    expect(late.peer.counts.framesIn).toEqual(heard);
    const { digest = 0 } = heard;
    parts.later = laterRooms;
    around.input(late, { kind: "later" });
    expect(late.peer.counts.framesIn["digest"]).toBeGreaterThan(digest);
    expect(late.peer.rooms.state.early).toBeUndefined();
  });

  it("holds nothing of a link that is gone", () => {
    const around = new Harness();
    const author = around.add(1);
    const late = around.add(2, { parts: {} });
    around.run(2_000);
    around.command(author, { kind: "leave" });
    around.run(100);
    expect(late.peer.neighbors).toEqual([]);
    expect(late.peer.rooms.early!.state.frames).toEqual([]);
  });

  it("finds peers among peers once that has come, and no way for a direct message is lost", () => {
    const around = new Harness();
    const others = [1, 2, 3, 4, 5, 6, 7].map((number) => around.add(number));
    around.run(5_000);
    const parts: Parts = {};
    const late = around.add(8, { parts });
    around.run(2_000);
    const data = new Uint8Array([7]);
    around.command(late, { kind: "send", ref: 9, to: others[0]!.id, data, timeoutMs: 20_000 });
    expect(late.peer.sampled).toEqual([]);
    around.seedUp = false;
    parts.later = laterRooms;
    around.input(late, { kind: "later" });
    around.run(5_000);
    expect(late.event("sent")).toMatchObject([{ ref: 9 }]);
    expect(late.peer.neighbors.length).toBeGreaterThanOrEqual(5);
    expect(new Set(late.peer.members.map(({ peer }) => peer)).size).toBe(7);
    around.run(20_000);
    expect(late.peer.sampled.length).toBeGreaterThan(0);
    expect([late, ...others].map(({ peer }) => peer.counts.misbehavior)).toEqual(Array.from({ length: 8 }, () => ({})));
  });

  it("is told by who mongers what it missed, and answers", () => {
    const around = new Harness();
    const author = around.add(1, { tuning: { spreading: "mongering" } });
    const parts: Parts = {};
    const late = around.add(2, { parts });
    around.run(5_000);
    publish(around, author, 1);
    around.run(2_000);
    expect(late.peer.counts.framesOut["told"]).toBeUndefined();
    parts.later = laterRooms;
    around.input(late, { kind: "later" });
    publish(around, author, 2);
    around.run(15_000);
    expect(late.peer.digest()).toEqual(author.peer.digest());
    expect(late.peer.counts.framesOut["told"]).toBeGreaterThan(0);
  });
});

it("a peer that is to monger cannot be made without the room for it", () => {
  expect(() => new Harness().add(1, { tuning: { spreading: "mongering" }, parts: {} })).toThrow("room of mongering");
});

it("a peer whose keys change cannot be made without their rooms", () => {
  const keys = { rotateMs: 0, history: "all" } as const;
  expect(() => new Harness().add(1, { keys, parts: {} })).toThrow("expected the rooms of keys");
});
