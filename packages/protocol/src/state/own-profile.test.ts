import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { makeFoundation, Tray } from "../room.testing.ts";
import type { Rumor } from "../types.ts";
import { at } from "./entries.testing.ts";
import { OwnProfile } from "./own-profile.ts";
import { flawInProfile } from "./profile.ts";
import { PROFILES } from "./profiles.testing.ts";

const PACE_MS = limits.profilePaceMs;

class Pen {
  readonly own: OwnProfile = new OwnProfile(makeFoundation(), { timeMs: 0, counter: 0 }, PROFILES);
  readonly tray: Tray = new Tray();

  say(ref: number, sinceMs: number, bytes = 1, keyId = new Uint8Array(8)): void {
    this.own.say({ kind: "profile", ref, keyId, body: new Uint8Array(bytes).fill(ref) }, at(sinceMs), this.tray);
  }

  wake(sinceMs: number): void {
    this.own.onDeadline(at(sinceMs), this.tray);
  }

  /** Sign all that is to be signed. Returns what came of it, with the names that the application gave. */
  signed(): { readonly rumor: Rumor; readonly refs: readonly number[] }[] {
    return this.tray.effects.splice(0).flatMap((effect) => {
      if (effect.kind !== "sign") throw new Error(`expected to sign, got ${effect.kind}`);
      return this.own.onSigned(effect.ref, new Uint8Array(64)) ?? [];
    });
  }
}

describe("what a peer says of itself", () => {
  it("is signed at once, as others take it", () => {
    const pen = new Pen();
    pen.say(1, 0, limits.profileBytesMax);
    const [{ rumor, refs }] = pen.signed() as [{ rumor: Rumor; refs: number[] }];
    expect(refs).toEqual([1]);
    expect(rumor.header).toMatchObject({ seq: 1, low: 1, timeMs: at(0).meshMs, incarnation: 1_000_000 });
    expect(rumor.header.expiryMs).toBe(at(0).meshMs + limits.profileLifeMs);
    expect(flawInProfile(rumor, PROFILES)).toBeUndefined();
  });

  it("is refused when it is too long, and what stood before still stands", () => {
    const pen = new Pen();
    pen.say(1, 0);
    expect(() => pen.say(2, 2 * PACE_MS, limits.profileBytesMax + 1)).toThrow(/at most 1064 B, got 1065 B/);
    expect(pen.own.state).toMatchObject({ refs: [], said: { body: Uint8Array.of(1) } });
  });

  it("is signed once in a while, with the latest and for all that was said in between", () => {
    const pen = new Pen();
    for (const [ref, sinceMs] of [
      [1, 0],
      [2, 100],
      [3, 200],
    ] as const)
      pen.say(ref, sinceMs);
    expect(pen.signed().map(({ refs }) => refs)).toEqual([[1]]);
    expect(pen.own.state.dueMs).toBe(PACE_MS);
    pen.wake(PACE_MS - 1);
    expect(pen.signed()).toEqual([]);
    pen.wake(PACE_MS);
    expect(pen.signed()).toMatchObject([{ refs: [2, 3], rumor: { body: Uint8Array.of(3), header: { seq: 2 } } }]);
  });

  it("is said again when half of its life is over, with nobody to tell", () => {
    const pen = new Pen();
    pen.say(1, 0);
    pen.signed();
    const { dueMs } = pen.own.state;
    expect(dueMs / limits.profileLifeMs).toBeGreaterThanOrEqual(0.4);
    expect(dueMs / limits.profileLifeMs).toBeLessThanOrEqual(0.6);
    pen.wake(dueMs - 1);
    expect(pen.signed()).toEqual([]);
    pen.wake(dueMs);
    expect(pen.signed()).toMatchObject([{ refs: [], rumor: { body: Uint8Array.of(1), header: { seq: 2 } } }]);
  });

  it("is nothing as long as nothing was said", () => {
    const pen = new Pen();
    pen.own.repeat(at(0), pen.tray);
    pen.own.rekey(at(0), pen.tray);
    pen.wake(limits.profileLifeMs);
    expect(pen.signed()).toEqual([]);
    expect(pen.own.state.dueMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("is numbered anew under another key, also what was not signed yet, whose signature is of the former", () => {
    const pen = new Pen();
    pen.say(1, 0);
    const [former] = pen.tray.effects.splice(0);
    pen.own.rekey(at(10), pen.tray);
    expect(former?.kind === "sign" && pen.own.onSigned(former.ref, new Uint8Array(64))).toBeUndefined();
    pen.wake(PACE_MS);
    expect(pen.signed()).toMatchObject([{ refs: [1], rumor: { header: { seq: 1 } } }]);
  });
});
