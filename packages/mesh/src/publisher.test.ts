import { limits } from "@grapevine/protocol";
import { expect, test, vi } from "vitest";
import { TOPIC_SEAL_BYTES } from "@grapevine/crypto";
import { decodeBatch, decodeFragment } from "./batch.ts";
import { meshLimits } from "./limits.ts";
import { Publisher } from "./publisher.ts";
import { rejection } from "./rejection.testing.ts";

/** A publisher whose rumors the test signs when it likes; each gets the id 0, 1, 2, ... */
function setUp() {
  const bodies: Uint8Array[] = [];
  const signatures: { resolve: (id: Uint8Array) => void; reject: (error: unknown) => void }[] = [];
  let now = 1000;
  let rooms: (() => void)[] | undefined;
  const publisher = new Publisher({
    publish: (body) => {
      bodies.push(body);
      return new Promise((resolve, reject) => signatures.push({ resolve, reject }));
    },
    nowMs: () => now,
    room: () => (rooms === undefined ? undefined : new Promise((resolve) => rooms!.push(resolve))),
  });
  return {
    publisher,
    bodies,
    batches: () => bodies.map((body) => decodeBatch(body)!.map(({ value }) => [...value].join())),
    ages: () => bodies.map((body) => decodeBatch(body)!.map(({ ageMs }) => ageMs)),
    sign: async (rumor: number) => {
      signatures[rumor]!.resolve(Uint8Array.of(rumor + 1));
      await settle();
    },
    fail: async (rumor: number, error: unknown) => {
      signatures[rumor]!.reject(error);
      await settle();
    },
    pass: (ms: number) => void (now += ms),
    /** From now on there is no room, until it is given. */
    fill: () => void (rooms = []),
    giveRoom: async () => {
      const waiting = rooms ?? [];
      rooms = undefined;
      for (const resolve of waiting) resolve();
      await settle();
    },
  };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test("an idle publisher waits for the end of the task, and no longer", async () => {
  const { publisher, batches, sign } = setUp();
  const published = publisher.publish([bytes(1)], undefined);
  expect(batches()).toEqual([]);
  await settle();
  expect(batches()).toEqual([["1"]]);
  await sign(0);
  expect(await published).toEqual(["2.0"]);
});

test("what is published in one go leaves as one rumor", async () => {
  const { publisher, batches, sign } = setUp();
  const all = Promise.all([
    publisher.publish([bytes(1)], undefined),
    publisher.publish([bytes(2), bytes(3)], undefined),
    publisher.publish([bytes(4)], undefined),
  ]);
  await settle();
  expect(batches()).toEqual([["1", "2", "3", "4"]]);
  await sign(0);
  expect(await all).toEqual([["2.0"], ["2.1", "2.2"], ["2.3"]]);
});

test("what comes while a rumor is signed is collected for the next one, with its age", async () => {
  const { publisher, batches, ages, sign, pass } = setUp();
  const published = [publisher.publish([bytes(1)], undefined)];
  await settle();
  for (const value of [2, 3]) {
    published.push(publisher.publish([bytes(value)], undefined));
    await settle();
    pass(5);
  }
  expect(batches()).toEqual([["1"]]);
  await sign(0);
  expect(batches()).toEqual([["1"], ["2", "3"]]);
  expect(ages()).toEqual([[0], [10, 5]]);
  await sign(1);
  expect(await Promise.all(published)).toEqual([["2.0"], ["3.0"], ["3.1"]]);
});

test("a full rumor leaves without the rest, and one call may spread over several", async () => {
  const { publisher, bodies, sign } = setUp();
  const half = new Uint8Array(meshLimits.batchBytes / 2 - 20);
  const published = publisher.publish([half, half, half], undefined);
  await settle();
  expect(bodies).toHaveLength(1);
  await sign(0);
  expect(bodies).toHaveLength(2);
  await sign(1);
  expect(await published).toEqual(["2.0", "2.1", "3.0"]);
});

test("a rumor holds no more messages than receivers take", async () => {
  const { publisher, batches } = setUp();
  void publisher.publish(
    Array.from({ length: meshLimits.batchMessagesMax + 1 }, () => bytes(1)),
    undefined,
  );
  await settle();
  expect(batches()[0]).toHaveLength(meshLimits.batchMessagesMax);
});

test("the largest message that travels whole fits a rumor with its seal", async () => {
  const { publisher, bodies } = setUp();
  void publisher.publish([new Uint8Array(meshLimits.batchBytes)], undefined);
  await settle();
  expect(decodeBatch(bodies[0]!)).toHaveLength(1);
  expect(bodies[0]!.length + TOPIC_SEAL_BYTES).toBeLessThanOrEqual(limits.rumorBodyBytesMax);
});

test("a larger one leaves in pieces under the id of the first, and what is small goes between them", async () => {
  const { publisher, bodies, sign } = setUp();
  const value = Uint8Array.from({ length: meshLimits.batchBytes + 1 }, (_, i) => i % 251);
  const large = publisher.publish([value], undefined);
  await settle();
  const small = publisher.publish([bytes(7)], undefined);
  await settle();
  expect(bodies).toHaveLength(2);
  await sign(1);
  expect(await small).toEqual(["3.0"]);
  for (const rumor of [0, 2, 3]) await sign(rumor);
  expect(await large).toEqual(["2.0"]);
  const pieces = [0, 2, 3].map((rumor) => decodeFragment(bodies[rumor]!)!);
  expect(pieces.map(({ offset, bytesTotal }) => [offset, bytesTotal])).toEqual([
    [0, value.length],
    [meshLimits.fragmentBytes, value.length],
    [2 * meshLimits.fragmentBytes, value.length],
  ]);
  expect(Uint8Array.from(pieces.flatMap(({ piece }) => [...piece]))).toEqual(value);
});

test("the messages of one call keep their places, whichever of them is large", async () => {
  const { publisher, bodies, sign } = setUp();
  const large = new Uint8Array(meshLimits.batchBytes + 1);
  const published = publisher.publish([bytes(1), large, bytes(2)], undefined);
  await settle();
  for (let rumor = 0; rumor < bodies.length; rumor++) await sign(rumor);
  // The batch is the first rumor, the large one's pieces are those behind it.
  expect(await published).toEqual(["2.0", "3.0", "2.1"]);
});

test("while the links have no room, what is published waits and gathers into one rumor", async () => {
  const { publisher, batches, fill, giveRoom, sign } = setUp();
  fill();
  const published = [publisher.publish([bytes(1)], undefined)];
  await settle();
  published.push(publisher.publish([bytes(2)], undefined));
  await settle();
  expect(batches()).toEqual([]);
  await giveRoom();
  expect(batches()).toEqual([["1", "2"]]);
  await sign(0);
  expect(await Promise.all(published)).toEqual([["2.0"], ["2.1"]]);
});

test("a publisher that never waits is refused before it fills the memory", async () => {
  const { publisher } = setUp();
  const large = new Uint8Array(meshLimits.messageBytesMax);
  let accepted = 0;
  for (let i = 0; i < 100; i++) {
    publisher.publish([large], undefined).catch(() => {});
    accepted += large.length;
    if (accepted + large.length > meshLimits.publishBytesMax) break;
  }
  await expect(publisher.publish([large], undefined)).rejects.toMatchObject({ code: "too-large" });
});

test("no message is no rumor", async () => {
  const { publisher, bodies } = setUp();
  expect(await publisher.publish([], undefined)).toEqual([]);
  await settle();
  expect(bodies).toEqual([]);
});

test("what is aborted before it is in a rumor is not published; what has begun is published whole", async () => {
  const { publisher, batches, sign } = setUp();
  const stop = new AbortController();
  const call = { signal: stop.signal };
  const half = new Uint8Array(meshLimits.batchBytes / 2 + 20).fill(1);
  const begun = publisher.publish([half, half], call);
  await settle();
  const late = publisher.publish([bytes(9)], call);
  const other = publisher.publish([bytes(7)], undefined);
  const ended = Promise.allSettled([begun, late]);
  stop.abort(new Error("enough"));
  expect(await ended).toMatchObject([{ reason: { message: "enough" } }, { reason: { message: "enough" } }]);
  await sign(0);
  await sign(1);
  expect(await other).toEqual(["3.1"]);
  expect(batches().map((batch) => batch.length)).toEqual([1, 2]);
  expect(batches()[1]![1]).toBe("7");
});

test("a rumor that cannot be made fails the calls that are in it, and no others", async () => {
  const { publisher, fail, sign } = setUp();
  const first = publisher.publish([bytes(1)], undefined);
  await settle();
  const second = publisher.publish([bytes(2)], undefined);
  const failed = rejection(first);
  await fail(0, new Error("no key"));
  expect(await failed).toMatchObject({ message: "no key" });
  await sign(1);
  expect(await second).toEqual(["3.0"]);
});

test("an end rejects what waits and what comes", async () => {
  const { publisher } = setUp();
  const waiting = publisher.publish([bytes(1)], undefined);
  const handled = vi.fn();
  const ended = waiting.catch(handled);
  publisher.end(new Error("left"));
  await ended;
  expect(handled).toHaveBeenCalledTimes(1);
  await expect(publisher.publish([bytes(1)], undefined)).rejects.toThrow("left");
});
