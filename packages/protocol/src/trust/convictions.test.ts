import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { makeFoundation, peerId, Tray } from "../room.testing.ts";
import { descriptor } from "../sampling/testing.testing.ts";
import type { Evidence } from "../types.ts";
import { Convictions } from "./convictions.ts";

function minted(creator: number, slot = 10): Evidence {
  const a = descriptor(peerId(creator), slot);
  return { kind: "mint", a, b: { ...a, incarnation: 2 } };
}

function transferred(owner: number, to: [number, number]): Evidence {
  const [a, b] = to.map((number) => ({ to: peerId(number), signature: new Uint8Array(64) }));
  return { kind: "transfer", owner: peerId(owner), index: 3, digest: new Uint8Array(32), a: a!, b: b! };
}

describe("convictions", () => {
  test("an accusation convicts when both statements verify", () => {
    const convictions = new Convictions(makeFoundation());
    const tray = new Tray();
    expect(convictions.hear(transferred(1, [2, 3]), 7, tray)).toBe(true);
    expect(tray.effects.map(({ kind }) => kind)).toEqual(["verify", "verify"]);
    expect(convictions.onVerified(1, true)).toBe("waiting");
    expect(convictions.isConvicted(peerId(1))).toBe(false);
    expect(convictions.onVerified(2, true)).toMatchObject({ kind: "convicted", link: 7 });
    expect(convictions.isConvicted(peerId(1))).toBe(true);
  });

  test("an accusation with one bad signature falls back on whoever brought it", () => {
    const convictions = new Convictions(makeFoundation());
    convictions.hear(minted(1), 7, new Tray());
    convictions.onVerified(1, false);
    expect(convictions.onVerified(2, true)).toEqual({ kind: "unfounded", link: 7 });
    expect(convictions.isConvicted(peerId(1))).toBe(false);
  });

  test("one statement twice, or statements for two slots, are no evidence", () => {
    const convictions = new Convictions(makeFoundation());
    const tray = new Tray();
    const a = descriptor(peerId(1), 10);
    expect(convictions.hear({ kind: "mint", a, b: a }, 7, tray)).toBe(false);
    expect(convictions.hear({ kind: "mint", a, b: descriptor(peerId(1), 11) }, 7, tray)).toBe(false);
    expect(convictions.hear({ kind: "mint", a, b: descriptor(peerId(2), 10) }, 7, tray)).toBe(false);
    expect(convictions.hear(transferred(1, [2, 2]), 7, tray)).toBe(false);
    expect(tray.effects).toEqual([]);
  });

  test("who is convicted already costs no second trial", () => {
    const convictions = new Convictions(makeFoundation());
    const tray = new Tray();
    convictions.convict(minted(1));
    expect(convictions.hear(minted(1, 12), 7, tray)).toBe(true);
    expect(convictions.convict(minted(1, 12))).toBe(false);
    expect(tray.effects).toEqual([]);
  });

  test("trials and convictions are bounded", () => {
    const convictions = new Convictions(makeFoundation());
    const tray = new Tray();
    for (let i = 0; i < limits.trialsMax + 20; i++) convictions.hear(minted(i), 7, tray);
    expect(convictions.state.trials.size).toBe(limits.trialsMax);
    for (let i = 0; i < limits.convictionsMax + 20; i++) convictions.convict(minted(i));
    expect(convictions.all()).toHaveLength(limits.convictionsMax);
  });

  test("a crowd that convicts itself frees nobody: the verdict stays when its evidence has no more room", () => {
    const convictions = new Convictions(makeFoundation());
    convictions.convict(minted(1));
    for (let i = 2; i < 20 * limits.convictionsMax; i++) convictions.convict(minted(i));
    expect(convictions.isConvicted(peerId(1))).toBe(true);
    expect(convictions.convict(minted(1))).toBe(false);
    expect(convictions.all()).toHaveLength(limits.convictionsMax);
    for (let i = 0; i < 2 * limits.formerConvictsMax; i++) convictions.convict(minted(i));
    expect(convictions.state.former.size).toBe(limits.formerConvictsMax);
  });
});
