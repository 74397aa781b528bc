import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Tray } from "../room.testing.ts";
import { Author, frameOf, idOf } from "../rumors/rumors.testing.ts";
import type { Rumor } from "../types.ts";
import { Checking } from "./checking.ts";

const rumor = new Author(1).write();
const id = idOf(rumor);
const forged: Rumor = { ...rumor, signature: new Uint8Array(64) };

function refs(out: Tray): number[] {
  return out.effects.flatMap((effect) => (effect.kind === "verify" ? [effect.ref] : []));
}

describe("checking", () => {
  it("verifies a rumor once, however many bring it", () => {
    const [checking, out] = [new Checking(), new Tray()];
    expect(checking.begin(1, frameOf(rumor), "slot", id, out)).toBe("begun");
    expect(checking.isCopy(2, frameOf(rumor), "slot")).toBe(true);
    expect(checking.isCopy(2, frameOf(rumor), "slot")).toBe(true);
    expect(checking.begin(3, frameOf(rumor), "slot", id, out)).toBe("duplicate");
    expect(refs(out)).toHaveLength(1);
    const verified = checking.onVerified(refs(out)[0]!, true, out);
    expect(verified).toMatchObject({ ok: true, check: { link: 1, rumor, knownBy: [1, 2, 3] } });
    expect([checking.size, checking.state.bytes, checking.has("slot")]).toEqual([0, 0, false]);
    expect(checking.onVerified(refs(out)[0]!, true, out)).toBeUndefined();
  });

  it("tries the next signature when the first is bad, and blames who brought it", () => {
    const [checking, out] = [new Checking(), new Tray()];
    checking.begin(1, frameOf(forged), "slot", id, out);
    expect(checking.isCopy(2, frameOf(rumor), "slot")).toBe(false);
    expect(checking.begin(2, frameOf(rumor, { hops: 4 }), "slot", id, out)).toBe("duplicate");
    expect(checking.onVerified(refs(out)[0]!, false, out)).toMatchObject({ ok: false, check: { link: 1 } });
    expect(refs(out)).toHaveLength(2);
    expect(checking.onVerified(refs(out)[1]!, true, out)).toMatchObject({
      ok: true,
      check: { link: 2, hops: 4, rumor },
    });
  });

  it("does not take an altered rumor for a copy because the signature is the same", () => {
    const [checking, out] = [new Checking(), new Tray()];
    const altered: Rumor = { ...rumor, body: new Uint8Array([6]) };
    checking.begin(1, frameOf(altered), "slot", idOf(altered), out);
    expect(checking.isCopy(2, frameOf(rumor), "slot")).toBe(false);
    expect(checking.begin(2, frameOf(rumor), "slot", id, out)).toBe("begun");
    const moved: Rumor = { ...rumor, header: { ...rumor.header, counter: 3 } };
    expect(checking.isCopy(2, frameOf(moved), "slot")).toBe(false);
  });

  it("is bounded, and no link may fill it alone", () => {
    const [checking, out] = [new Checking(), new Tray()];
    const fill = (link: number): number => {
      for (let i = 0; ; i++) if (checking.begin(link, frameOf(rumor), `${link} ${i}`, id, out) === "full") return i;
    };
    expect([fill(1), fill(2), fill(3)]).toEqual([limits.verifyingMax / 2, limits.verifyingMax / 2, 0]);
    expect(checking.isBusy).toBe(true);
    for (const ref of refs(out)) checking.onVerified(ref, true, out);
    expect([checking.size, checking.state.bytes, checking.state.slots.size, checking.state.links.size]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it("is bounded in bytes", () => {
    const [checking, out] = [new Checking(), new Tray()];
    const big: Rumor = { ...rumor, body: new Uint8Array(limits.rumorBodyBytesMax) };
    for (let i = 0; i < 300; i++) checking.begin(i, frameOf(big), `${i}`, id, out);
    expect(checking.state.bytes).toBeLessThanOrEqual(limits.verifyingBytesMax);
    expect(checking.state.dropped).toBeGreaterThan(100);
  });

  it("keeps few other signatures for one rumor", () => {
    const [checking, out] = [new Checking(), new Tray()];
    for (let i = 0; i < 50; i++) {
      checking.begin(i, frameOf({ ...rumor, signature: new Uint8Array(64).fill(i) }), "slot", id, out);
    }
    for (let i = 0; i < 50; i++) checking.onVerified(refs(out)[i] ?? -1, false, out);
    expect(refs(out)).toHaveLength(1 + limits.alternativesMax);
  });
});
