import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Tray, at, peerId } from "../room.testing.ts";
import { Author, frameOf } from "../rumors/rumors.testing.ts";
import { RUMOR_KIND_BULK } from "../types.ts";
import { Lines } from "./lines.ts";

const SELF = peerId(0);

function setUp(...links: number[]): { readonly lines: Lines; readonly out: Tray } {
  const lines = new Lines(SELF);
  for (const link of links) lines.onLinkUp(link);
  return { lines, out: new Tray() };
}

/** Everything that waits, in the order in which it leaves, as links that take all of it see it. */
function drainAll(lines: Lines, out: Tray, fromMs = 0): void {
  for (let ms = fromMs; lines.deadlineMs < Number.POSITIVE_INFINITY && ms < fromMs + 10_000; ms++) {
    lines.onMoment(at(ms));
    lines.drain(out);
  }
}

describe("a link that is behind", () => {
  it("gives each author its turn, so that the loudest waits for itself", () => {
    const { lines, out } = setUp(1);
    lines.onWritable(1, false);
    const [loud, quiet] = [new Author(1), new Author(2)];
    for (let i = 0; i < 12; i++) lines.send(1, frameOf(loud.write({}, new Uint8Array(16_000))), out);
    lines.send(1, frameOf(quiet.write()), out);
    expect(out.frames).toEqual([]);
    lines.onWritable(1, true);
    drainAll(lines, out);
    const authors = out.frames.map(({ frame }) => (frame.kind === "rumor" ? frame.rumor.header.author : ""));
    expect(authors).toHaveLength(13);
    expect(authors.indexOf(quiet.id)).toBeLessThanOrEqual(1);
  });

  it("lets bulk and repair have their share, and fresh the greatest", () => {
    const { lines, out } = setUp(1);
    lines.onWritable(1, false);
    const body = new Uint8Array(16_000);
    const [fresh, bulk, old] = [new Author(1), new Author(2), new Author(3)];
    for (let i = 0; i < 14; i++) {
      lines.send(1, frameOf(fresh.write({}, body)), out);
      lines.send(1, frameOf(bulk.write({ kind: RUMOR_KIND_BULK }, body)), out);
      lines.answer(1, frameOf(old.write({}, body), { repair: true }), body.length + 256, out);
    }
    lines.onWritable(1, true);
    drainAll(lines, out);
    const first = out.frames.slice(0, 14).map(({ traffic }) => traffic);
    const count = (traffic: string): number => first.filter((one) => one === traffic).length;
    expect([count("fresh"), count("repair"), count("bulk")]).toEqual([8, 4, 2]);
    expect(out.frames).toHaveLength(42);
  });

  it("is given no more than it can overtake nothing of, until it says that it is full", () => {
    const { lines, out } = setUp(1);
    const author = new Author(1);
    for (let i = 0; i < 10; i++) lines.send(1, frameOf(author.write({}, new Uint8Array(16_000))), out);
    expect(out.frames).toHaveLength(5);
    expect(lines.counts().bytes.fresh).toBe(5 * 16_256);
  });

  it("holds a bounded backlog, loses the newest of the loudest, and owes a round once it has caught up", () => {
    const { lines, out } = setUp(1);
    lines.onWritable(1, false);
    const [loud, quiet] = [new Author(1), new Author(2)];
    for (let i = 0; i < 40; i++) lines.send(1, frameOf(loud.write({}, new Uint8Array(16_000))), out);
    expect(lines.send(1, frameOf(quiet.write()), out)).toBe(true);
    const { bytes, dropped } = lines.counts();
    expect(bytes.fresh).toBeLessThanOrEqual(limits.backlogBytesMax);
    expect(dropped).toEqual({ fresh: 24, repair: 0, bulk: 0 });
    lines.onWritable(1, true);
    const owed: number[] = [];
    for (let ms = 0; ms < 100; ms++) {
      lines.onMoment(at(ms));
      lines.drain(out);
      owed.push(...lines.takeOwed());
    }
    expect(owed).toEqual([1]);
    expect(out.frames).toHaveLength(17);
  });

  it("is forgotten with all that waited for it", () => {
    const { lines, out } = setUp(1);
    lines.onWritable(1, false);
    lines.send(1, frameOf(new Author(1).write()), out);
    lines.onLinkDown(1);
    expect(lines.counts().bytes.fresh).toBe(0);
    expect(lines.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what this peer publishes", () => {
  function pressures(out: Tray): boolean[] {
    return out.effects.flatMap((effect) =>
      effect.kind === "emit" && effect.event.type === "pressure" ? [effect.event.saturated] : [],
    );
  }

  it("outruns the links when most of those that carry it are behind, and not for the slowest alone", () => {
    const { lines, out } = setUp(1, 2, 3, 4);
    const own = new Author(0, undefined, undefined, SELF);
    const publish = (): void => {
      for (const link of [1, 2, 3]) lines.send(link, frameOf(own.write()), out);
      lines.tellPressure(out);
    };
    lines.onWritable(1, false);
    publish();
    expect(pressures(out)).toEqual([]);
    lines.onWritable(2, false);
    publish();
    expect(pressures(out)).toEqual([true]);
    lines.onWritable(2, true);
    lines.drain(out);
    lines.tellPressure(out);
    expect(pressures(out)).toEqual([true, false]);
  });

  it("is not slowed down by what others publish, nor with no link at all", () => {
    const { lines, out } = setUp(1, 2);
    for (const link of [1, 2]) {
      lines.onWritable(link, false);
      lines.send(link, frameOf(new Author(1).write()), out);
    }
    lines.onMoment(at(10_000));
    lines.tellPressure(out);
    expect(pressures(out)).toEqual([]);
  });
});
