import { describe, expect, test } from "vitest";
import { at, makeFoundation, peerId } from "../room.testing.ts";
import { Neighbors } from "./neighbors.ts";
import { Rings } from "./rings.ts";
import { neighbor } from "./testing.testing.ts";

const self = peerId(0);
const names = Array.from({ length: 60 }, (_, i) => peerId(i + 1));

function make(tuning: Parameters<typeof makeFoundation>[1] = {}): { neighbors: Neighbors; rings: Rings } {
  const foundation = makeFoundation(self, tuning);
  const rings = new Rings(foundation);
  return { neighbors: new Neighbors(foundation, rings), rings };
}

describe("two links to one peer", () => {
  test("the link of a later incarnation wins", () => {
    const { neighbors } = make();
    neighbors.add(neighbor(1, names[0]!));
    expect(neighbors.add(neighbor(2, names[0]!, { incarnation: 2 }))).toBe(1);
    expect(neighbors.add(neighbor(3, names[0]!, { incarnation: 1 }))).toBe(3);
    expect(neighbors.of(names[0]!)?.link).toBe(2);
  });

  test("of two that rose together both ends keep the one with the lesser nonces", () => {
    const lesser = new Uint8Array(64).fill(1);
    const greater = new Uint8Array(64).fill(2);
    for (const [first, second, loser] of [
      [lesser, greater, 2],
      [greater, lesser, 1],
    ] as const) {
      const { neighbors } = make();
      neighbors.add(neighbor(1, names[0]!, { tieBreak: first }));
      expect(neighbors.add(neighbor(2, names[0]!, { tieBreak: second, sinceMs: 100 }))).toBe(loser);
    }
  });

  test("a link long after another one replaces it, for whoever calls again has lost the first", () => {
    const { neighbors } = make();
    neighbors.add(neighbor(1, names[0]!, { tieBreak: new Uint8Array(64) }));
    const later = neighbor(2, names[0]!, { tieBreak: new Uint8Array(64).fill(9), sinceMs: 60_000 });
    expect(neighbors.add(later)).toBe(1);
    expect(neighbors.size).toBe(1);
  });
});

describe("assigned links", () => {
  const members = names.length + 1;
  const missing = (neighbors: Neighbors, candidates = names, inCall: readonly string[] = []) =>
    neighbors.missing(neighbors.open(members, at(0)), candidates, inCall, members, at(0));
  /** The peers that this one would be taken by, nearest first. */
  const fitting = (rings: Rings, ring: number): readonly string[] =>
    names
      .filter((name) => rings.fits(name, ring, 0, members))
      .toSorted((a, b) => rings.value(self, a, ring, 0) - rings.value(self, b, ring, 0));

  test("every ring without its link is named, with the nearest known peer", () => {
    const { neighbors, rings } = make();
    const wanted = missing(neighbors);
    expect(wanted.length).toBeGreaterThan(2);
    for (const { peer, ring, epoch } of wanted) expect(peer).toBe(rings.assigned(ring, epoch, names));
  });

  test("nobody is called who is so far from the point that it would refuse", () => {
    const { neighbors, rings } = make();
    const far = names.filter((name) => [0, 1, 2, 3, 4].every((ring) => !rings.fits(name, ring, 0, members)));
    expect(far.length).toBeGreaterThan(20);
    expect(missing(neighbors, far)).toEqual([]);
  });

  test("a link that already leads there serves the ring, whoever made it", () => {
    const { neighbors } = make();
    const [first] = missing(neighbors);
    neighbors.add(neighbor(1, first!.peer, { ours: false, purpose: "join" }));
    expect(missing(neighbors).some(({ ring }) => ring === first!.ring)).toBe(false);
  });

  test("a call under way is waited for, not doubled by the next nearest", () => {
    const { neighbors } = make();
    const [first] = missing(neighbors);
    const rest = names.filter((name) => name !== first!.peer);
    expect(missing(neighbors, rest, [first!.peer]).some(({ ring }) => ring === first!.ring)).toBe(false);
  });

  test("a link that fits serves out its epoch, though a nearer peer becomes known", () => {
    const { neighbors, rings } = make();
    const [nearest, second] = fitting(rings, 0);
    neighbors.add(neighbor(1, second!));
    missing(neighbors, []);
    expect(neighbors.state.serving.get(0)).toMatchObject({ link: 1 });
    expect(missing(neighbors, [nearest!]).some(({ ring }) => ring === 0)).toBe(false);
  });

  test("the link that served the ring before becomes a filler, and stands until the new one does", () => {
    const { neighbors, rings } = make();
    const [nearest] = fitting(rings, 0);
    const other = names.find((name) => !rings.fits(name, 0, 0, members))!;
    neighbors.add(neighbor(1, other, { ring: 0 }));
    const first = neighbors.open(members, at(0)).slice(0, 1);
    neighbors.missing(first, [], [], members, at(0));
    expect(neighbors.of(other)?.purpose).toBe("ring");
    neighbors.add(neighbor(2, nearest!, { ring: 0, purpose: "filler" }));
    const again = neighbors.open(members, at(40_000)).slice(0, 1);
    expect(again).toEqual(first);
    neighbors.missing(again, [], [], members, at(40_000));
    expect(neighbors.of(other)?.purpose).toBe("filler");
    expect(neighbors.of(nearest!)?.purpose).toBe("ring");
  });
});

describe("places for callers", () => {
  test("takes assigned callers until they are full, and then the nearer ones", () => {
    const { neighbors, rings } = make({ callersMax: 3 });
    const ranked = names.toSorted((a, b) => rings.value(a, self, 0, 0) - rings.value(b, self, 0, 0));
    for (let i = 0; i < 3; i++) neighbors.add(neighbor(i + 1, ranked[i + 10]!, { ours: false }));
    expect(neighbors.admits(ranked[0]!, "ring", 0, 0, 20, 0, at(0))).toEqual({ ok: true, replace: 3 });
    expect(neighbors.admits(ranked[30]!, "ring", 0, 0, 20, 0, at(0))).toEqual({ ok: false, reason: "full" });
  });

  test("fillers give way to assigned callers", () => {
    const { neighbors } = make({ callersMax: 2 });
    neighbors.add(neighbor(1, names[0]!, { ours: false }));
    neighbors.add(neighbor(2, names[1]!, { ours: false, purpose: "filler" }));
    expect(neighbors.admits(names[2]!, "ring", 0, 0, 20, 0, at(0))).toEqual({ ok: true, replace: 2 });
  });

  test("nobody gives way whose link may be the last one to another part of the mesh", () => {
    const { neighbors, rings } = make({ callersMax: 2 });
    const ranked = names.toSorted((a, b) => rings.value(a, self, 0, 0) - rings.value(b, self, 0, 0));
    neighbors.add(neighbor(1, ranked[30]!, { ours: false, purpose: "filler" }));
    neighbors.add(neighbor(2, ranked[20]!, { ours: false, sinceMs: 50_000 }));
    const call = (mustKeep: (sinceMs: number) => boolean) =>
      neighbors.admits(ranked[0]!, "ring", 0, 0, 20, 0, at(60_000), ({ sinceMs }) => mustKeep(sinceMs));
    expect(call(() => false)).toEqual({ ok: true, replace: 1 });
    expect(call((sinceMs) => sinceMs < 40_000)).toEqual({ ok: true, replace: 2 });
    expect(call(() => true)).toEqual({ ok: false, reason: "full" });
  });

  test("two places more are kept for fillers and joiners", () => {
    const { neighbors } = make({ callersMax: 2 });
    for (let i = 0; i < 3; i++) neighbors.add(neighbor(i + 1, names[i]!, { ours: false, purpose: "filler" }));
    expect(neighbors.admits(names[5]!, "join", 0, 0, 20, 0, at(0)).ok).toBe(true);
    expect(neighbors.admits(names[5]!, "join", 0, 0, 20, 1, at(0))).toEqual({ ok: false, reason: "full" });
  });

  test("a caller that is not assigned to us is refused in a big mesh", () => {
    const { neighbors } = make();
    const refused = names.filter((name) => !neighbors.admits(name, "ring", 0, 0, 5_000, 0, at(0)).ok);
    expect(refused.length).toBeGreaterThan(55);
  });
});

describe("a caller whose turn is over", () => {
  test("is given a minute, and then goes, unless we are short of links or need that one", () => {
    const { neighbors, rings } = make();
    const over = at(rings.endMs(1, 0) + 60_000);
    const caller = neighbor(1, names[0]!, { ours: false, ring: 1, epoch: 0 });
    neighbors.add(caller);
    for (let i = 1; i < 5; i++) neighbors.add(neighbor(i + 1, names[i]!));
    expect(neighbors.overstaying(1_000, over)).toBeUndefined();
    neighbors.add(neighbor(6, names[5]!, { ours: false, ring: 1, epoch: 1 }));
    expect(neighbors.overstaying(1_000, at(over.nowMs - 1))).toBeUndefined();
    expect(neighbors.overstaying(1_000, over)).toBe(1);
    // In a mesh of thirty everyone may call everyone.
    expect(neighbors.overstaying(30, over)).toBeUndefined();
    neighbors.assign(caller, 3, rings.epoch(3, over.meshMs), over);
    expect(neighbors.overstaying(1_000, over)).toBeUndefined();
  });
});

describe("surplus", () => {
  test("none goes that is not spare, and another in its place", () => {
    const { neighbors } = make();
    for (let i = 0; i < 12; i++) neighbors.add(neighbor(i + 1, names[i]!, { purpose: "filler" }));
    expect(neighbors.surplus(at(100_000), () => false)).toBeUndefined();
    expect(neighbors.surplus(at(120_000), ({ link }) => link === 3)).toBe(3);
  });

  test("own links that no ring needs go one at a time, and only when enough stay", () => {
    const { neighbors } = make();
    for (let i = 0; i < 9; i++) neighbors.add(neighbor(i + 1, names[i]!, { purpose: "filler" }));
    expect(neighbors.surplus(at(100_000))).toBeUndefined();
    neighbors.add(neighbor(10, names[9]!, { purpose: "filler" }));
    const first = neighbors.surplus(at(120_000));
    expect(first).toBeDefined();
    neighbors.remove(first!);
    neighbors.add(neighbor(11, names[10]!, { purpose: "filler", sinceMs: 120_000 }));
    expect(neighbors.surplus(at(120_001))).toBeUndefined();
  });
});
