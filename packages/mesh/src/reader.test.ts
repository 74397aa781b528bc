import { expect, test, vi } from "vitest";
import { meshLimits } from "./limits.ts";
import { Reader } from "./reader.ts";

function reader<T>(backlog?: Iterator<T>) {
  const onEnd = vi.fn();
  return { reader: new Reader<T>(backlog, onEnd), onEnd };
}

const value = <T>(item: T) => ({ done: false, value: item });
const done = { done: true, value: undefined };

test("gives the backlog, then what was pushed meanwhile, then waits", async () => {
  const { reader: r } = reader([1, 2][Symbol.iterator]());
  r.push(3, 1);
  expect(await r.next()).toEqual(value(1));
  r.push(4, 1);
  expect(await r.next()).toEqual(value(2));
  expect(await r.next()).toEqual(value(3));
  expect(await r.next()).toEqual(value(4));
  const waiting = r.next();
  r.push(5, 1);
  expect(await waiting).toEqual(value(5));
});

test("answers several reads that wait in their order", async () => {
  const { reader: r } = reader<number>();
  const both = Promise.all([r.next(), r.next()]);
  r.push(1, 1);
  r.push(2, 1);
  expect(await both).toEqual([value(1), value(2)]);
});

test("the backlog is drawn only as it is read", async () => {
  const drawn: number[] = [];
  function* numbers() {
    for (let i = 0; i < 10; i++) {
      drawn.push(i);
      yield i;
    }
  }
  const { reader: r } = reader(numbers());
  await r.next();
  await r.next();
  expect(drawn).toEqual([0, 1]);
});

test("an end lets what is buffered be read", async () => {
  const { reader: r, onEnd } = reader<number>();
  r.push(1, 1);
  r.end();
  r.push(2, 1);
  expect(await r.next()).toEqual(value(1));
  expect(await r.next()).toEqual(done);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test("an end answers reads that wait", async () => {
  const { reader: r } = reader<number>();
  const waiting = r.next();
  r.end();
  expect(await waiting).toEqual(done);
});

test("leaving a loop ends the reader", async () => {
  const { reader: r, onEnd } = reader([1, 2][Symbol.iterator]());
  for await (const item of r) if (item === 1) break;
  expect(onEnd).toHaveBeenCalledTimes(1);
  expect(await r.next()).toEqual(done);
});

test("more messages than the buffer holds end it with `subscriber-too-slow`, once", async () => {
  const { reader: r, onEnd } = reader<number>();
  for (let i = 0; i <= meshLimits.readerMessagesMax; i++) r.push(i, 1);
  expect(onEnd).toHaveBeenCalledTimes(1);
  await expect(r.next()).rejects.toMatchObject({ code: "subscriber-too-slow" });
  expect(await r.next()).toEqual(done);
});

test("more bytes than the buffer holds end it too", async () => {
  const { reader: r } = reader<number>();
  r.push(1, meshLimits.readerBytesMax);
  r.push(2, 1);
  await expect(r.next()).rejects.toMatchObject({ code: "subscriber-too-slow" });
});

test("a reader that keeps up may read any number of messages", async () => {
  const { reader: r } = reader<number>();
  let sum = 0;
  for (let i = 0; i < 5 * meshLimits.readerMessagesMax; i += 2) {
    r.push(1, meshLimits.readerBytesMax / 4);
    r.push(1, meshLimits.readerBytesMax / 4);
    for (let k = 0; k < 2; k++) sum += ((await r.next()) as { value: number }).value;
  }
  expect(sum).toBe(5 * meshLimits.readerMessagesMax);
});

test("a failure rejects the first read that waits and ends the others", async () => {
  const { reader: r } = reader<number>();
  const all = Promise.allSettled([r.next(), r.next()]);
  r.fail(new Error("aborted"));
  expect(await all).toMatchObject([{ status: "rejected", reason: { message: "aborted" } }, { status: "fulfilled" }]);
});

test("a loop over a long backlog lets others have their turns, and messages keep their order over them", async () => {
  const count = 5 * meshLimits.readerSliceMax;
  let drawn = 0;
  let most = 0;
  function* numbers() {
    for (let i = 0; i < count; i++) {
      drawn++;
      yield i;
    }
  }
  const { reader: r } = reader(numbers());
  let before = 0;
  let running = true;
  const watch = (): void => {
    most = Math.max(most, drawn - before);
    before = drawn;
    if (running) setImmediate(watch);
  };
  watch();
  // Several at once, as a loop does not: they keep their order too.
  const read: number[] = [];
  while (read.length < count) for (const { value } of await Promise.all([r.next(), r.next()])) read.push(value);
  running = false;
  expect(read).toEqual(Array.from({ length: count }, (_, i) => i));
  expect(most).toBeLessThanOrEqual(2 * meshLimits.readerSliceMax);
});
