import { describe, expect, it } from "vitest";
import { Tray } from "../room.testing.ts";
import { Author } from "../rumors.testing.ts";
import { Eager } from "./eager.ts";

const rumor = new Author(1).write();

function eager(...links: readonly number[]): Eager {
  const room = new Eager();
  for (const link of links) room.onLinkUp(link);
  return room;
}

describe("eager push", () => {
  it("goes at once to every neighbor that is not known to have the rumor", () => {
    const [room, out] = [eager(1, 2, 3), new Tray()];
    room.spread(rumor, 2, false, (link) => link === 2, out);
    expect(out.frames.map(({ link, traffic }) => [link, traffic])).toEqual([
      [1, "fresh"],
      [3, "fresh"],
    ]);
    expect(out.frames[0]!.frame).toEqual({ kind: "rumor", hops: 3, repair: false, rumor });
    // One object, so that it is encoded once.
    expect(out.frames[0]!.frame).toBe(out.frames[1]!.frame);
  });

  it("passes over a link that is not writable, and says so when it is writable again", () => {
    const [room, out] = [eager(1, 2), new Tray()];
    expect(room.onWritable(1, false)).toBe(false);
    expect(room.onWritable(1, true)).toBe(false);
    room.onWritable(1, false);
    room.spread(rumor, 0, false, () => false, out);
    expect(out.frames.map(({ link }) => link)).toEqual([2]);
    expect(room.onWritable(1, true)).toBe(true);
    expect(room.onWritable(1, true)).toBe(false);
  });

  it("goes nowhere once a link is down", () => {
    const [room, out] = [eager(1), new Tray()];
    room.onLinkDown(1);
    room.spread(rumor, 0, false, () => false, out);
    expect(out.frames).toEqual([]);
    expect(room.isWritable(1)).toBe(false);
  });

  it("counts hops no further than a byte holds", () => {
    const [room, out] = [eager(1), new Tray()];
    room.spread(rumor, 255, true, () => false, out);
    expect(out.frames[0]!.frame).toMatchObject({ hops: 255, repair: true });
  });
});
