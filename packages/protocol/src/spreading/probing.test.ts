import { describe, expect, it } from "vitest";
import { Random } from "../random.ts";
import { at } from "../room.testing.ts";
import { Author, idOf } from "../rumors/rumors.testing.ts";
import type { LinkId } from "../types.ts";
import { Probing } from "./probing.ts";
import { shortId } from "./recent.ts";

const BRINGER = 1;
const TRIED = 2;

/** One neighbor that brings rumors, and one that may be tried. */
class Stage {
  readonly room = new Probing(new Random(new Uint8Array(16)));
  readonly author = new Author(1);
  nowMs = 0;
  /** We are its parent in the tree. */
  waits = false;

  constructor() {
    for (const link of [BRINGER, TRIED]) this.room.onLinkUp(link, at(0));
    this.nowMs = 20_000;
  }

  /** A rumor comes; returns its name, and whom it is kept back from. */
  spread(knownBy: readonly LinkId[] = [], change = {}): { id: string; slot: string; from: LinkId | undefined } {
    this.nowMs += 100;
    const rumor = this.author.write(change);
    const id = idOf(rumor);
    const slot = `log#${rumor.header.seq}`;
    const origin = { link: BRINGER, hops: 1, repair: false, knownBy };
    const accepted = { ...origin, rumor, id, key: "log", slot, knows: () => false };
    return { id: shortId(id), slot, from: this.room.onSpread(accepted, at(this.nowMs), () => this.waits) };
  }

  /** Until a rumor is kept back. */
  begin(): { id: string; slot: string } {
    for (let i = 0; i < 100; i++) {
      const spread = this.spread();
      if (spread.from !== undefined) return spread;
    }
    throw new Error("expected a rumor to be kept back");
  }

  /** Let the trial run out; returns what is told to whom meanwhile. */
  end(): string[] {
    const told: string[] = [];
    while (this.room.deadlineMs < Number.POSITIVE_INFINITY) {
      this.nowMs = this.room.deadlineMs;
      for (const { link, id } of this.room.onDeadline(at(this.nowMs))) told.push(`${id} to ${link}`);
    }
    return told;
  }
}

describe("a neighbor that shows nothing of its own accord", () => {
  it("is kept in the dark about one rumor, and told at last", () => {
    const stage = new Stage();
    const { id } = stage.begin();
    expect(stage.spread().from).toBeUndefined();
    expect(stage.end()).toEqual([`${id} to ${TRIED}`]);
    expect(stage.room.showsOf(TRIED)).toMatchObject({ shown: 0, hidden: 1, lacked: 0 });
  });

  it("forwards, when it brings or announces that one", () => {
    for (const show of ["copy", "iHave", "tell"]) {
      const stage = new Stage();
      const { id, slot } = stage.begin();
      if (show === "copy") stage.room.onCopy(TRIED, slot, 0, false, false, at(stage.nowMs));
      else stage.room.onNamed(TRIED, id, true, false, show === "tell");
      stage.end();
      expect(stage.room.showsOf(TRIED)).toMatchObject({ shown: 1, hidden: 0 });
    }
  });

  it("is not to blame when it turns out to lack it", () => {
    const stage = new Stage();
    const { slot } = stage.begin();
    stage.room.onAsked(TRIED, (probe) => probe.slot === slot);
    stage.end();
    expect(stage.room.showsOf(TRIED)).toMatchObject({ hidden: 0, lacked: 1 });
  });

  it("is not to blame when we slept", () => {
    const stage = new Stage();
    stage.begin();
    stage.nowMs = stage.room.deadlineMs + 5_000;
    stage.room.onDeadline(at(stage.nowMs));
    stage.end();
    expect(stage.room.showsOf(TRIED)).toMatchObject({ shown: 0, hidden: 0, lacked: 0 });
  });

  it("is tried again soon when it failed, and ever more rarely when it did not", () => {
    const stage = new Stage();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { id } = stage.begin();
      if (i > 0) stage.room.onNamed(TRIED, id, true, false, false);
      stage.end();
      const sinceMs = stage.nowMs;
      while (stage.spread().from === undefined);
      waits.push(stage.nowMs - sinceMs);
      stage.end();
      stage.room.state.links.get(TRIED)!.nextMs = 0;
    }
    expect(waits[0]).toBeLessThan(5_000);
    expect(waits[1]).toBeGreaterThan(25_000);
  });

  it("is tried at leisure with what it waits for from us, but at once again when it failed", () => {
    const stage = new Stage();
    stage.waits = true;
    const sinceMs = stage.nowMs;
    while (stage.spread().from === undefined);
    expect(stage.nowMs - sinceMs).toBeGreaterThan(60_000);
    expect(stage.nowMs - sinceMs).toBeLessThan(610_000);
    stage.end();
    const failedMs = stage.nowMs;
    const { id } = stage.begin();
    expect(stage.nowMs - failedMs).toBeLessThan(5_000);
    stage.room.onNamed(TRIED, id, true, false, false);
    stage.end();
    for (const passedMs = stage.nowMs; stage.nowMs - passedMs < 1_000_000;) expect(stage.spread().from).toBeUndefined();
  });

  it("cannot help itself by echoes, phantoms told twice, or copies told again", () => {
    const stage = new Stage();
    for (let i = 0; i < 64; i++) {
      const { id, slot, from } = stage.spread();
      if (from === TRIED) return;
      stage.room.onNamed(TRIED, id, true, true, false);
      stage.room.onCopy(TRIED, slot, 0, false, true, at(stage.nowMs));
      stage.room.onCopy(TRIED, slot, 0, true, false, at(stage.nowMs));
      stage.room.onNamed(TRIED, "00".repeat(8), false, false, false);
    }
    expect.unreachable("it was never tried");
  });
});

describe("a neighbor that shows rumors of its own accord", () => {
  it("is not tried", () => {
    const stage = new Stage();
    for (let i = 0; i < 200; i++) {
      const { from } = stage.spread(i % 4 === 0 ? [TRIED] : []);
      expect(from).toBeUndefined();
    }
    expect(stage.room.showsOf(TRIED)).toMatchObject({ first: 0, late: 50 });
    expect(stage.room.showsOf(BRINGER)).toMatchObject({ first: 200, late: 0 });
  });

  it("may be the first to announce what another brings", () => {
    const stage = new Stage();
    for (let i = 0; i < 200; i++) {
      const next = shortId(idOf(stage.author.write()));
      stage.author.written.pop();
      if (i % 4 === 0) stage.room.onNamed(TRIED, next, false, false, false);
      expect(stage.spread().from).toBeUndefined();
    }
  });

  it("that mongers is tried only if it shows next to nothing, and any rumor will do", () => {
    const stage = new Stage();
    const tell = (): void => stage.room.onNamed(TRIED, stage.spread().id, true, false, true);
    for (let i = 0; i < 200; i++) {
      if (i % 16 === 0) tell();
      else expect(stage.spread().from).toBeUndefined();
    }
    stage.begin();
    tell();
    stage.end();
    expect(stage.room.showsOf(TRIED)).toMatchObject({ shown: 1, hidden: 0 });
  });
});

it("counts copies that were brought before, or were spread long ago", () => {
  const stage = new Stage();
  const { slot } = stage.spread();
  const now = at(1_000_000);
  stage.room.onCopy(TRIED, slot, now.meshMs, true, false, now);
  stage.room.onCopy(TRIED, slot, now.meshMs - 120_000, undefined, false, now);
  stage.room.onCopy(TRIED, slot, now.meshMs, undefined, false, now);
  expect(stage.room.showsOf(TRIED)).toMatchObject({ again: 2, late: 1 });
});
