import { expect, test, vi } from "vitest";
import { Later } from "./later.ts";
import { meshLimits } from "./limits.ts";
import type { Warning } from "./mesh-events.ts";

const gone = new Error("the server is gone");

test("what could not be loaded is asked for again by whoever needs it, once at a time", async () => {
  let answer = Promise.reject<void>(gone);
  const fetch = vi.fn(() => answer);
  const later = new Later(fetch);
  const first = later.load();
  expect(later.load()).toBe(first);
  await expect(first).rejects.toBe(gone);
  answer = Promise.resolve();
  await later.load();
  expect(later.load()).toBeUndefined();
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("a peer insists on what comes later, warns once, and stops when it is there or its mesh was left", async () => {
  vi.useFakeTimers();
  try {
    let answer = (): Promise<void> => Promise.reject(gone);
    const fetch = vi.fn(() => answer());
    const warnings: Warning[] = [];
    const left = new Later(fetch);
    left.insist((warning) => warnings.push(warning));
    await vi.advanceTimersByTimeAsync(2.5 * meshLimits.loadAgainMs);
    expect(fetch).toHaveBeenCalledTimes(3);
    expect(warnings).toMatchObject([{ code: "internal", cause: gone }]);
    left.end();
    await vi.advanceTimersByTimeAsync(2 * meshLimits.loadAgainMs);
    expect(fetch).toHaveBeenCalledTimes(3);

    const later = new Later(fetch);
    later.insist((warning) => warnings.push(warning));
    answer = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(2 * meshLimits.loadAgainMs);
    expect(later.load()).toBeUndefined();
    expect(fetch).toHaveBeenCalledTimes(5);
  } finally {
    vi.useRealTimers();
  }
});
