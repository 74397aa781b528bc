import { describe, expect, it } from "vitest";
import { at, Tray } from "../room.testing.ts";
import { Author, idOf } from "../rumors/rumors.testing.ts";
import { Flood } from "./flood.ts";
import { Lines } from "./lines.ts";
import type { Fresh } from "./strategy.ts";

const rumor = new Author(1).write();

function fresh(change: Partial<Fresh> = {}): Fresh {
  const origin = { link: undefined, hops: 0, repair: false, knownBy: [] };
  return {
    ...origin,
    rumor,
    id: idOf(rumor),
    key: "log",
    slot: "log#1",
    known: [],
    traffic: "fresh",
    knows: () => false,
    ...change,
  };
}

function flood(...links: readonly number[]): { readonly room: Flood; readonly lines: Lines; readonly out: Tray } {
  const lines = new Lines();
  for (const link of links) lines.onLinkUp(link);
  return { room: new Flood(lines), lines, out: new Tray() };
}

describe("flooding", () => {
  it("goes at once to every neighbor that is not known to have the rumor", () => {
    const { room, out } = flood(1, 2, 3);
    room.onAccepted(fresh({ hops: 2, knows: (link) => link === 2 }), at(0), out);
    expect(out.frames.map(({ link, traffic }) => [link, traffic])).toEqual([
      [1, "fresh"],
      [3, "fresh"],
    ]);
    expect(out.frames[0]!.frame).toEqual({ kind: "rumor", hops: 3, repair: false, rumor });
    // One object, so that it is encoded once.
    expect(out.frames[0]!.frame).toBe(out.frames[1]!.frame);
  });

  it("keeps what a link that is not writable cannot take, and sends it when it can", () => {
    const { room, lines, out } = flood(1, 2);
    expect(lines.onWritable(1, false)).toBe(false);
    expect(lines.onWritable(1, true)).toBe(false);
    lines.onWritable(1, false);
    room.onAccepted(fresh(), at(0), out);
    expect(out.frames.map(({ link }) => link)).toEqual([2]);
    expect(lines.onWritable(1, true)).toBe(false);
    lines.drain(out);
    expect(out.frames.map(({ link }) => link)).toEqual([2, 1]);
  });

  it("goes nowhere once a link is down", () => {
    const { room, lines, out } = flood(1);
    lines.onLinkDown(1);
    room.onAccepted(fresh(), at(0), out);
    expect(out.frames).toEqual([]);
    expect(lines.isWritable(1)).toBe(false);
  });

  it("counts hops no further than a byte holds", () => {
    const { room, out } = flood(1);
    room.onAccepted(fresh({ hops: 255, repair: true }), at(0), out);
    expect(out.frames[0]!.frame).toMatchObject({ hops: 255, repair: true });
  });
});
