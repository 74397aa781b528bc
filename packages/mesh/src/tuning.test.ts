import { DEFAULT_TUNING } from "@grapevine/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { meshLimits } from "./limits.ts";
import { tuningFor } from "./tuning.ts";

afterEach(() => vi.unstubAllGlobals());

test("Node has the defaults; a page takes fewer callers", () => {
  expect(tuningFor(undefined)).toEqual(DEFAULT_TUNING);
  vi.stubGlobal("document", {});
  vi.stubGlobal("addEventListener", () => {});
  expect(tuningFor(undefined)).toEqual({ ...DEFAULT_TUNING, callersMax: 8 });
});

test("the defaults are what `neighborsMax` of 19 gives", () => {
  expect(tuningFor(19)).toEqual(DEFAULT_TUNING);
});

test("every `neighborsMax` makes a mesh possible: as many places for callers as calls, and room to join", () => {
  for (let most = meshLimits.neighborsMin; most <= meshLimits.neighborsMax; most++) {
    const { rings, callersMax, reservedMax, linksMin, seedLinksMin } = tuningFor(most);
    expect(rings + callersMax + reservedMax).toBe(most);
    expect(rings).toBeGreaterThanOrEqual(1);
    expect(callersMax).toBeGreaterThanOrEqual(rings);
    expect(reservedMax).toBeGreaterThanOrEqual(1);
    expect(linksMin).toBeLessThanOrEqual(most);
    expect(linksMin).toBeGreaterThanOrEqual(2);
    expect(seedLinksMin).toBeLessThanOrEqual(linksMin);
  }
});
