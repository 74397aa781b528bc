import { afterEach, expect, test, vi } from "vitest";
import { Listeners } from "./emitter.ts";

interface Events {
  word: string;
  number: number;
}

afterEach(() => vi.unstubAllGlobals());

test("calls the listeners of an event in the order in which they were added", () => {
  const heard: string[] = [];
  const events = new Listeners<Events>();
  events.on("word", (word) => heard.push(`a ${word}`));
  events.on("word", (word) => heard.push(`b ${word}`));
  events.on("number", () => heard.push("number"));
  events.emit("word", "x");
  expect(heard).toEqual(["a x", "b x"]);
});

test("a removed listener is not called again, and removing twice is harmless", () => {
  const heard: string[] = [];
  const events = new Listeners<Events>();
  const off = events.on("word", (word) => heard.push(word));
  events.emit("word", "x");
  off();
  off();
  events.emit("word", "y");
  expect(heard).toEqual(["x"]);
  expect(events.has("word")).toBe(false);
});

test("the same function added twice is two listeners", () => {
  const events = new Listeners<Events>();
  const listener = vi.fn();
  const off = events.on("word", listener);
  events.on("word", listener);
  off();
  events.emit("word", "x");
  expect(listener).toHaveBeenCalledTimes(1);
});

test("`once` hears one event, even when it causes the next", () => {
  const heard: string[] = [];
  const events = new Listeners<Events>();
  events.on(
    "word",
    (word) => {
      heard.push(word);
      events.emit("word", "again");
    },
    { once: true },
  );
  events.emit("word", "x");
  expect(heard).toEqual(["x"]);
});

test("a signal removes its listeners; one already aborted adds none", () => {
  const events = new Listeners<Events>();
  const listener = vi.fn();
  const stop = new AbortController();
  events.on("word", listener, { signal: stop.signal });
  stop.abort();
  events.on("word", listener, { signal: stop.signal });
  events.emit("word", "x");
  expect(listener).not.toHaveBeenCalled();
});

test("a listener removed by an earlier one of the same event is not called; one added is not called yet", () => {
  const heard: string[] = [];
  const events = new Listeners<Events>();
  events.on("word", () => {
    off();
    events.on("word", () => heard.push("late"));
  });
  const off = events.on("word", () => heard.push("removed"));
  events.emit("word", "x");
  expect(heard).toEqual([]);
});

test("a listener that throws is reported and harms no other", () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  const events = new Listeners<Events>();
  const other = vi.fn();
  const mistake = new Error("mistake");
  events.on("word", () => {
    throw mistake;
  });
  events.on("word", other);
  events.emit("word", "x");
  expect(reported).toEqual([mistake]);
  expect(other).toHaveBeenCalledWith("x");
});

test("where there is no `reportError`, a listener's error becomes an uncaught exception", () => {
  vi.stubGlobal("reportError", undefined);
  const tasks: (() => void)[] = [];
  vi.stubGlobal("queueMicrotask", (task: () => void) => tasks.push(task));
  const events = new Listeners<Events>();
  events.on("word", () => {
    throw new Error("mistake");
  });
  events.emit("word", "x");
  expect(() => tasks[0]?.()).toThrow("mistake");
});

test("a listener that is no function is refused", () => {
  const events = new Listeners<Events>();
  expect(() => events.on("word", "x" as never)).toThrow("expected a listener function");
});
