import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bounded } from "./call.ts";
import { rejection } from "./rejection.testing.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

const never = (): (() => void) => () => {};

test("gives what was asked for, and leaves nothing behind", async () => {
  const stop = new AbortController();
  const cancel = vi.fn();
  const asked = bounded<number>({ signal: stop.signal, timeoutMs: 100 }, undefined, (resolve) => {
    queueMicrotask(() => resolve(7));
    return cancel;
  });
  expect(await asked).toBe(7);
  expect(vi.getTimerCount()).toBe(0);
  stop.abort();
  expect(cancel).not.toHaveBeenCalled();
});

test("an abort rejects with its reason, once, and cancels", async () => {
  const stop = new AbortController();
  const cancel = vi.fn();
  const asked = bounded({ signal: stop.signal }, undefined, () => cancel);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(asked).rejects.toBe(reason);
  expect(cancel).toHaveBeenCalledTimes(1);
});

test("an abort before the call begins nothing", async () => {
  const begin = vi.fn(never);
  await expect(bounded({ signal: AbortSignal.abort(new Error("before")) }, undefined, begin)).rejects.toThrow("before");
  expect(begin).not.toHaveBeenCalled();
});

test("a time-out rejects and cancels; the call's own counts before the default", async () => {
  const cancel = vi.fn();
  const asked = bounded({ timeoutMs: 50 }, 1000, () => cancel);
  const ended = rejection(asked);
  await vi.advanceTimersByTimeAsync(50);
  expect(await ended).toMatchObject({ code: "timeout", message: expect.stringContaining("50 ms") });
  expect(cancel).toHaveBeenCalledTimes(1);
});

test("without a time-out it waits", async () => {
  let settled = false;
  void bounded(undefined, undefined, never).finally(() => (settled = true));
  await vi.advanceTimersByTimeAsync(1e9);
  expect(settled).toBe(false);
});

test("what `begin` throws is a rejection", async () => {
  await expect(
    bounded({}, undefined, () => {
      throw new Error("at once");
    }),
  ).rejects.toThrow("at once");
});

test.each([
  [5, "expected { signal, timeoutMs }"],
  [{ signal: {} }, "expected signal to be an AbortSignal"],
  [{ timeoutMs: 0 }, "expected timeoutMs above 0"],
  [{ timeoutMs: -1 }, "expected timeoutMs above 0"],
  [{ timeoutMs: Number.NaN }, "expected timeoutMs above 0"],
  [{ timeoutMs: 1e12 }, "expected timeoutMs above 0"],
  [{ timeoutMs: "5" }, "expected timeoutMs above 0"],
])("%o is no call", async (call, message) => {
  await expect(bounded(call as never, undefined, never)).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining(message),
  });
});
