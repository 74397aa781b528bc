import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { meshLimits } from "./limits.ts";
import { Pressure } from "./pressure.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("where there is room nobody waits", () => {
  expect(new Pressure().room()).toBeUndefined();
});

test("whoever waits goes on when the links have caught up, and leaves no timer", async () => {
  const pressure = new Pressure();
  pressure.onPressure(true);
  const rooms = [pressure.room()!, pressure.room()!];
  pressure.onPressure(false);
  await Promise.all(rooms);
  expect(pressure.room()).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

test("nobody waits for ever", async () => {
  const pressure = new Pressure();
  pressure.onPressure(true);
  const gone = vi.fn();
  const room = pressure.room()!.then(gone);
  vi.advanceTimersByTime(meshLimits.publishWaitMs - 1);
  await Promise.resolve();
  expect(gone).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  await room;
  // The links are still behind: the next one waits as well.
  expect(pressure.room()).toBeDefined();
  pressure.end();
  expect(vi.getTimerCount()).toBe(0);
});
