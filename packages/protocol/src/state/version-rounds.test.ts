import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { DEFAULT_TUNING } from "../config.ts";
import { makeFoundation, peerId, Tray } from "../room.testing.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import type { Frame } from "../wire/frames.ts";
import { at } from "./entries.testing.ts";
import type { MapLines } from "./map-rounds.ts";
import { ProfileTable, printsOf } from "./profile-table.ts";
import { profile } from "./profiles.testing.ts";
import { VersionRounds } from "./version-rounds.ts";

const LINK = 1;

/** One end of one link: what it says lies in `said`, until it is brought to the other. */
class End implements MapLines {
  readonly table: ProfileTable;
  readonly rounds: VersionRounds;
  readonly said: Frame[] = [];
  mayTake = true;
  private readonly tray = new Tray();

  constructor(number: number, ...all: readonly Parameters<typeof profile>[]) {
    const foundation = makeFoundation(peerId(number), {}, number);
    this.table = new ProfileTable(foundation);
    this.rounds = new VersionRounds(foundation, this.table);
    for (const args of all) this.put(profile(...args), 0);
    this.rounds.onLinkUp(LINK, peerId(501 - number), at(0));
  }

  mayServe(): boolean {
    return this.mayTake;
  }

  answer(_: number, frame: Frame): void {
    this.said.push(frame);
  }

  begin(sinceMs: number): void {
    this.rounds.onDeadline(this, at(sinceMs), this.tray);
    this.collect();
  }

  hear(frame: Frame, sinceMs: number): void {
    const now = at(sinceMs);
    if (frame.kind === "profileDigest") this.rounds.onDigest(LINK, frame, this, now, this.tray);
    else if (frame.kind === "profileWant") this.rounds.onWant(LINK, frame, this, now);
    else if (frame.kind === "rumor") {
      this.rounds.onArrival(LINK);
      // Ids are of what is signed.
      const { author, seq } = frame.rumor.header;
      const number = Array.from({ length: 500 }, (_, i) => i).find((i) => peerId(i) === author)!;
      this.put({ rumor: frame.rumor, id: profile(number, seq, frame.rumor.header, frame.rumor.body).id }, sinceMs);
    }
    this.collect();
  }

  /** Each author's number and that of its version. */
  get versions(): string[] {
    return [...this.table.state.profiles].map(([author, { rumor }]) => `${author} ${rumor.header.seq}`).toSorted();
  }

  private put({ rumor, id }: ReturnType<typeof profile>, sinceMs: number): void {
    if (this.table.judge(rumor.header, at(sinceMs)) === "newer") this.table.insert(rumor, id, 1, at(sinceMs));
  }

  private collect(): void {
    this.said.push(...this.tray.frames.splice(0).map(({ frame }) => frame));
  }
}

/** Bring what each said to the other, until nobody says anything. Returns all of it. */
function talk(a: End, b: End, sinceMs: number): Frame[] {
  const all: Frame[] = [];
  while (a.said.length + b.said.length > 0) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const frame of from.said.splice(0)) {
        all.push(frame);
        to.hear(frame, sinceMs);
      }
    }
  }
  return all;
}

function round(a: End, b: End, sinceMs = 200): Frame[] {
  a.begin(sinceMs);
  return talk(a, b, sinceMs);
}

function kinds(frames: readonly Frame[]): string[] {
  return frames.map(({ kind }) => kind);
}

function numbered(count: number, bytes = 1): Parameters<typeof profile>[] {
  return Array.from({ length: count }, (_, i) => [i, 1, {}, new Uint8Array(bytes)]);
}

describe("a round of versions", () => {
  it("is one small frame between equals", () => {
    const [a, b] = [new End(1, ...numbered(300)), new End(500, ...numbered(300))];
    const said = round(a, b);
    expect(kinds(said)).toEqual(["profileDigest"]);
    expect(encodeFrame(said[0]!).length).toBeLessThanOrEqual(140);
    expect(b.rounds.state).toMatchObject({ differed: 0, served: 0 });
  });

  it("brings to each side what is newer on the other, and nothing else", () => {
    const a = new End(1, ...numbered(40), [50, 3], [51, 1]);
    const b = new End(500, ...numbered(40), [50, 2], [51, 4], [52, 1]);
    const said = round(a, b);
    expect(a.versions).toEqual(b.versions);
    expect(a.versions).toContain(`${peerId(51)} 4`);
    expect(kinds(said).filter((kind) => kind === "rumor")).toHaveLength(3);
    expect([a.rounds.state.served, b.rounds.state.served]).toEqual([1, 2]);
    expect(a.rounds.promisesOf(LINK)).toMatchObject({ kept: 2, broken: 0 });
    expect(kinds(round(a, b, 5_000))).toEqual(["profileDigest"]);
  });

  it("brings both of two profiles of one version, for whoever has both has a proof", () => {
    const [a, b] = [new End(1, [7, 1, {}, Uint8Array.of(1)]), new End(500, [7, 1, {}, Uint8Array.of(2)])];
    expect(kinds(round(a, b))).toContain("rumor");
  });

  it("tells of parts alone in which something differs", () => {
    const a = new End(1, ...numbered(300), [301, 1]);
    const [, answer] = round(a, new End(500, ...numbered(300)));
    const says = answer?.kind === "profileDigest" ? answer.says : undefined;
    expect(says?.kind === "versions" && says.versions.length).toBeLessThan(30);
  });

  it("ends in one table on both sides, whatever they held", () => {
    const some = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 4 })), { maxLength: 60 });
    fc.assert(
      fc.property(some, some, (ours, theirs) => {
        const [a, b] = [new End(1, ...ours), new End(500, ...theirs)];
        round(a, b);
        expect(printsOf(a.table.named(3), 3, 5)).toEqual(printsOf(b.table.named(3), 3, 5));
      }),
      { numRuns: 50 },
    );
  });
});

describe("what a round may bring", () => {
  it("is bounded, and the next one follows so soon as the rest is not told", () => {
    const [a, b] = [new End(1, ...numbered(150, 1_000)), new End(500)];
    const said = round(a, b);
    const first = b.table.size;
    expect(first).toBeLessThan(100);
    expect(kinds(said).filter((kind) => kind === "rumor")).toHaveLength(first);
    let sinceMs = 200;
    while (b.table.size < 150 && sinceMs < 2_000) round(a, b, (sinceMs += 300));
    expect(a.versions).toEqual(b.versions);
    expect(sinceMs).toBeLessThanOrEqual(800);
  });

  it("comes once for each round, to whoever was told what there is, and to nobody who made a round up", () => {
    const [a, b] = [new End(1), new End(500, [7, 1])];
    a.begin(200);
    b.hear(a.said.shift()!, 200);
    a.hear(b.said.shift()!, 200);
    const want = a.said.shift()!;
    expect(want.kind).toBe("profileWant");
    b.hear({ ...want, round: 1 } as Frame, 200);
    expect(b.said).toEqual([]);
    b.hear(want, 200);
    b.hear(want, 200);
    expect(kinds(b.said)).toEqual(["rumor"]);
  });

  it("is a broken promise when it has not come at the first round after ten seconds", () => {
    const [a, b] = [new End(1), new End(500, [7, 1], [8, 1])];
    a.begin(200);
    b.hear(a.said.shift()!, 200);
    a.hear(b.said.shift()!, 200);
    a.said.length = 0;
    expect(a.rounds.promisesOf(LINK)).toMatchObject({ kept: 0, broken: 0 });
    for (let sinceMs = 2_000; sinceMs < 16_000; sinceMs += 500) a.begin(sinceMs);
    expect(a.rounds.promisesOf(LINK)).toMatchObject({ kept: 0, broken: 2 });
  });
});

describe("a link", () => {
  it("is compared on when it comes up, by the lower of both ids at once and by the other soon", () => {
    const [a, b] = [new End(1), new End(500)];
    expect(a.rounds.deadlineMs).toBeLessThanOrEqual(120);
    expect(b.rounds.deadlineMs).toBeGreaterThanOrEqual(800);
    a.rounds.onLinkDown(LINK);
    expect(a.rounds.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("that takes nothing is neither asked nor answered, and tried again a period later", () => {
    const [a, b] = [new End(1, [7, 1]), new End(500)];
    b.mayTake = false;
    expect(kinds(round(a, b))).toEqual(["profileDigest"]);
    a.mayTake = false;
    a.begin(3_000);
    expect(a.said).toEqual([]);
    a.mayTake = b.mayTake = true;
    for (let sinceMs = 3_000; sinceMs <= 3_000 + 2 * DEFAULT_TUNING.repairPeriodMs; sinceMs += 100)
      round(a, b, sinceMs);
    expect(b.versions).toEqual(a.versions);
  });

  it("has so many digests looked at in a second, and no more", () => {
    const b = new End(500, [7, 1]);
    const prints = Uint32Array.of(1);
    for (let i = 0; i < 100; i++) {
      b.hear({ kind: "profileDigest", round: i, bits: 0, says: { kind: "prints", prints } }, 0);
    }
    expect(b.said).toHaveLength(limits.profileDigestsPerSecondMax);
    b.hear({ kind: "profileDigest", round: 7, bits: 0, says: { kind: "prints", prints } }, 100);
    expect(b.said).toHaveLength(limits.profileDigestsPerSecondMax + 1);
  });

  it("that answers what nobody asked is not heard", () => {
    const a = new End(1, [7, 1]);
    a.hear({ kind: "profileDigest", round: 5, bits: 0, says: { kind: "versions", parts: 1, versions: [] } }, 0);
    expect(a.said).toEqual([]);
  });
});
