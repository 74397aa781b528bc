import { TOPIC_SEAL_BYTES, keyId, openTopic, sealTopic } from "@grapevine/crypto";
import { RUMOR_KIND_BULK, limits, type Header, type Rumor, type Stream } from "@grapevine/protocol";
import * as v from "valibot";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { decodeBatch, encodeBatch, encodeFragment } from "./batch.ts";
import { decodeData, encodeData } from "./data.ts";
import { meshLimits } from "./limits.ts";
import type { Invalid, Message, TopicOptions } from "./message.ts";
import { rejection } from "./rejection.testing.ts";
import { MeshTopic } from "./topic.ts";
import { planTopic } from "./topic-options.ts";

const key = new Uint8Array(32).fill(5);

afterEach(() => vi.unstubAllGlobals());

/** A topic whose core is the test: what is published lies in `published`, and `deliver` hands rumors in. */
function setUp(options: TopicOptions = {}) {
  const published: { keyId: Uint8Array; body: Uint8Array; bulk: boolean }[] = [];
  const validated: boolean[] = [];
  const topic = new MeshTopic(
    {
      isOwn: (author) => author === "me",
      run: "run1",
      nowMs: () => 1000,
      placeOf: () => undefined,
      place: () => {},
      room: () => undefined,
      setValidated: (on) => void validated.push(on),
      publish: (id, body, bulk) => {
        published.push({ keyId: id, body, bulk });
        return Promise.resolve(Uint8Array.of(published.length));
      },
    },
    "t",
    options.access === "public" ? undefined : key,
    planTopic(options),
  );
  return { topic, published, validated };
}

let nextId = 100;

interface Written {
  author?: string;
  seq?: number;
  key?: Uint8Array | undefined;
  body?: Uint8Array;
  timeMs?: number;
}

function rumorOf(items: readonly unknown[], written: Written = {}): { rumor: Rumor; id: Uint8Array; hops: number } {
  const { author = "other", seq = 1, timeMs = 5000 } = written;
  const itsKey = "key" in written ? written.key : key;
  const plain = encodeBatch(items.map((data, i) => ({ value: encodeData(data), ageMs: i })));
  const body = written.body ?? (itsKey === undefined ? plain : sealTopic(itsKey, plain));
  const id = itsKey === undefined ? new Uint8Array(8) : keyId(itsKey);
  const header = { author, incarnation: 1, seq, timeMs, keyId: id } as Header;
  return { rumor: { header, body, signature: new Uint8Array(64) }, id: Uint8Array.of(nextId++), hops: 2 };
}

function deliver(topic: MeshTopic, stream: Stream, items: readonly unknown[], written?: Written): void {
  topic.onDeliver({ kind: "deliver", stream, ...rumorOf(items, written) });
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** What a reader gives without waiting. */
async function drain<T>(reader: AsyncIterableIterator<Message<T>>): Promise<Message<T>[]> {
  const messages: Message<T>[] = [];
  for (;;) {
    const next = await Promise.race([reader.next(), settle()]);
    if (next === undefined || next.done === true) return messages;
    messages.push(next.value);
  }
}

const dataOf = (messages: readonly Message<unknown>[]): unknown[] => messages.map(({ data }) => data);

test("what is published is encoded, batched and sealed for the topic", async () => {
  const { topic, published } = setUp();
  const ids = await topic.publishMany([{ text: "hello" }, 2]);
  expect(ids).toEqual(["2.0", "2.1"]);
  expect(published[0]!.keyId).toEqual(keyId(key));
  const plain = openTopic(key, published[0]!.body)!;
  expect(decodeBatch(plain)!.map(({ value }) => decodeData(value)!.value)).toEqual([{ text: "hello" }, 2]);
  expect(published[0]!.body.length).toBe(plain.length + TOPIC_SEAL_BYTES);
});

test("a public topic's bodies are in clear, under no key", async () => {
  const { topic, published } = setUp({ access: "public" });
  await topic.publish("hello");
  expect(published[0]!.keyId).toEqual(new Uint8Array(8));
  expect(decodeBatch(published[0]!.body)).toHaveLength(1);
});

test("a delivered rumor becomes its messages, in order, each with its own id and cursor", () => {
  const { topic } = setUp();
  const heard: Message<unknown>[] = [];
  topic.on("message", (message) => heard.push(message));
  deliver(topic, "both", ["a", "b"], { author: "other", timeMs: 5000 });
  deliver(topic, "live", ["c"], { author: "me" });
  expect(heard).toMatchObject([
    { author: "other", own: false, data: "a", timeMs: 5000, hops: 2, replayed: false, cursor: "run1.l1.0.1.0" },
    { author: "other", own: false, data: "b", timeMs: 4999, replayed: false, cursor: "run1.l1.1.1.1" },
    { author: "me", own: true, data: "c", cursor: "run1.l2.0.1.99999" },
  ]);
  expect(new Set(heard.map(({ id }) => id)).size).toBe(3);
});

test("`on` and a reader from now do not hear what is delivered to the full order only", async () => {
  const { topic } = setUp();
  const heard: unknown[] = [];
  topic.on("message", ({ data }) => heard.push(data));
  const now = topic.messages();
  deliver(topic, "history", ["old"]);
  deliver(topic, "live", ["new"]);
  expect(heard).toEqual(["new"]);
  expect(dataOf(await drain(now))).toEqual(["new"]);
});

test("a reader from the start has what was retained, what was delivered, and what comes, each once and in the full order", async () => {
  const { topic } = setUp();
  topic.recall([rumorOf(["1"], { seq: 1 }), rumorOf(["2"], { seq: 2 })]);
  deliver(topic, "live", ["5"], { seq: 5 });
  deliver(topic, "both", ["x"], { author: "third" });
  const reader = topic.messages({ from: "start" });
  deliver(topic, "history", ["3"], { seq: 3 });
  deliver(topic, "history", ["4"], { seq: 4 });
  deliver(topic, "history", ["5"], { seq: 5 });
  deliver(topic, "both", ["6"], { seq: 6 });
  const messages = await drain(reader);
  expect(dataOf(messages)).toEqual(["1", "2", "x", "3", "4", "5", "6"]);
  expect(messages.map(({ replayed }) => replayed)).toEqual([true, true, true, true, true, true, false]);
});

test("a cursor resumes behind its message, within a rumor too, in either order", async () => {
  const { topic } = setUp();
  const live: Message<unknown>[] = [];
  topic.on("message", (message) => live.push(message));
  const full = topic.messages({ from: "start" });
  deliver(topic, "history", ["old"]);
  deliver(topic, "both", ["a", "b", "c"]);
  deliver(topic, "both", ["d"]);
  const all = await drain(full);
  const from = ({ cursor }: { cursor: string }) => topic.messages({ from: { cursor } });
  expect(dataOf(await drain(from(live[1]!)))).toEqual(["c", "d"]);
  expect(dataOf(await drain(from(all[0]!)))).toEqual(["a", "b", "c", "d"]);
  expect(dataOf(await drain(from(all[4]!)))).toEqual([]);
  const resumed = from(live[2]!);
  deliver(topic, "live", ["e"]);
  expect(dataOf(await drain(resumed))).toEqual(["d", "e"]);
});

test("a cursor of an earlier run begins at the start: ids may repeat, nothing is missed", async () => {
  const { topic } = setUp();
  topic.recall([rumorOf(["1"])]);
  expect(dataOf(await drain(topic.messages({ from: { cursor: "run0.f7.0" } })))).toEqual(["1"]);
});

test("what is retained no longer is not read", async () => {
  const { topic } = setUp();
  topic.recall([rumorOf(["1"], { seq: 1 }), rumorOf(["2"], { seq: 2 })]);
  topic.onForget({ author: "other", incarnation: 1, topic: "tag" }, 2);
  expect(dataOf(await drain(topic.messages({ from: "start" })))).toEqual(["2"]);
});

test("a reader that does not read is ended, and its last cursor resumes", async () => {
  const { topic } = setUp();
  const reader = topic.messages();
  deliver(topic, "both", ["first"]);
  const first = ((await reader.next()) as { value: Message<unknown> }).value;
  const many = Array.from({ length: meshLimits.batchMessagesMax }, (_, i) => i);
  for (let i = 0; i < 3; i++) deliver(topic, "both", many);
  await expect(reader.next()).rejects.toMatchObject({ code: "subscriber-too-slow" });
  const resumed = topic.messages({ from: { cursor: first.cursor } });
  for (let i = 0; i < 3 * many.length; i++) {
    expect(((await resumed.next()) as { value: Message<unknown> }).value.data).toBe(i % many.length);
  }
});

test("the handle itself is a reader from now", async () => {
  const { topic } = setUp();
  const heard: unknown[] = [];
  const reading = (async () => {
    for await (const { data } of topic) {
      heard.push(data);
      if (data === "stop") break;
    }
  })();
  deliver(topic, "both", ["a", "stop", "b"]);
  await reading;
  expect(heard).toEqual(["a", "stop"]);
});

test("aborting a reader ends it with the reason", async () => {
  const { topic } = setUp();
  const stop = new AbortController();
  const reader = topic.messages({ signal: stop.signal });
  const waiting = rejection(reader.next());
  const enough = new Error("enough");
  stop.abort(enough);
  expect(await waiting).toBe(enough);
  await expect(topic.messages({ signal: AbortSignal.abort(new Error("before")) }).next()).rejects.toThrow("before");
});

test.each([["later"], [7], [{}], [{ cursor: 7 }], [{ cursor: "nonsense" }], [null]])("from %o is refused", (from) => {
  const { topic } = setUp();
  expect(() => topic.messages({ from: from as never })).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining("expected from to be") }),
  );
});

test.each([
  ["under another key", { key: new Uint8Array(32).fill(6) }, "unknownKey"],
  ["in clear", { key: undefined }, "unknownKey"],
  ["as something else", { body: Uint8Array.of(1, 2, 3) }, "undecodable"],
  ["as no batch", { body: sealTopic(key, Uint8Array.of(9)) }, "undecodable"],
  ["as no data", { body: sealTopic(key, encodeBatch([{ value: Uint8Array.of(0xff), ageMs: 0 }])) }, "undecodable"],
] as const)("what is sealed %s is ignored and counted once", async (_, written, counter) => {
  const { topic } = setUp();
  const heard = vi.fn();
  topic.on("message", heard);
  const rumor = rumorOf(["x"], written);
  topic.onDeliver({ kind: "deliver", stream: "live", ...rumor });
  topic.onDeliver({ kind: "deliver", stream: "history", ...rumor });
  expect(dataOf(await drain(topic.messages({ from: "start" })))).toEqual([]);
  expect(heard).not.toHaveBeenCalled();
  expect(topic.ignored).toEqual({ unknownKey: 0, undecodable: 0, invalid: 0, incomplete: 0, [counter]: 1 });
});

const schemas = {
  zod: z.object({ level: z.number(), note: z.string().default("none") }),
  valibot: v.object({ level: v.number(), note: v.optional(v.string(), "none") }),
};

test.each(Object.entries(schemas))("%s: the input travels, the output is delivered", async (_, schema) => {
  const { topic, published } = setUp({ schema });
  await topic.publish({ level: 1 });
  const plain = openTopic(key, published[0]!.body)!;
  expect(decodeData(decodeBatch(plain)![0]!.value)!.value).toEqual({ level: 1 });
  const heard: unknown[] = [];
  topic.on("message", ({ data }) => heard.push(data));
  deliver(topic, "both", [{ level: 1 }]);
  expect(heard).toEqual([{ level: 1, note: "none" }]);
});

test.each(Object.entries(schemas))("%s: what does not fit is refused at publication", async (_, schema) => {
  const { topic, published } = setUp({ schema });
  await expect(topic.publish({ level: "high" })).rejects.toMatchObject({
    code: "invalid-data",
    message: expect.stringContaining("level: "),
    cause: [expect.objectContaining({ message: expect.any(String) })],
  });
  await expect(topic.publishMany([{ level: 1 }, {}])).rejects.toMatchObject({ code: "invalid-data" });
  await settle();
  expect(published).toEqual([]);
});

test("what does not fit at receipt is told once, and the rest of the rumor is delivered", async () => {
  const { topic } = setUp({ schema: schemas.zod });
  const told: Invalid[] = [];
  const heard: unknown[] = [];
  topic.on("invalid", (invalid) => told.push(invalid));
  topic.on("message", ({ data }) => heard.push(data));
  const rumor = rumorOf([{ level: 1 }, { level: "high" }, { level: 2 }]);
  topic.onDeliver({ kind: "deliver", stream: "live", ...rumor });
  topic.onDeliver({ kind: "deliver", stream: "history", ...rumor });
  expect(await drain(topic.messages({ from: "start" }))).toHaveLength(2);
  expect(heard).toMatchObject([{ level: 1 }, { level: 2 }]);
  expect(told).toMatchObject([{ author: "other", id: expect.stringMatching(/\.1$/), issues: [{ path: ["level"] }] }]);
  expect(topic.ignored.invalid).toBe(1);
});

test("a schema that throws is reported, counted as not fitting, and stops nothing", () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  const mistake = new Error("mistake");
  const { topic } = setUp({
    schema: {
      "~standard": {
        version: 1,
        vendor: "x",
        validate: (value: unknown) => {
          if (value === "bad") throw mistake;
          return { value };
        },
      },
    },
  });
  const heard: unknown[] = [];
  topic.on("message", ({ data }) => heard.push(data));
  deliver(topic, "both", ["bad", "good"]);
  expect(heard).toEqual(["good"]);
  expect(reported).toEqual([mistake]);
});

test("a schema that answers with a promise is refused at publication", async () => {
  const { topic } = setUp({
    schema: { "~standard": { version: 1, vendor: "x", validate: (value: unknown) => Promise.resolve({ value }) } },
  });
  await expect(topic.publish("x")).rejects.toMatchObject({ code: "invalid-argument" });
});

test("nothing is opened while nobody listens", async () => {
  const { topic } = setUp();
  deliver(topic, "both", ["x"], { body: Uint8Array.of(1) });
  expect(topic.ignored.undecodable).toBe(0);
  await drain(topic.messages({ from: "start" }));
  expect(topic.ignored.undecodable).toBe(1);
});

test("a gap is told", () => {
  const { topic } = setUp();
  const gaps: unknown[] = [];
  topic.on("gap", (gap) => gaps.push(gap));
  topic.onGap({ kind: "gap", author: "other", incarnation: 7, topic: "tag", range: [3, 5] });
  expect(gaps).toEqual([{ author: "other", incarnation: 7, from: 3, to: 5 }]);
});

test.each([[new Date(0)], [undefined], [{ a: Symbol("s") }]])("publishing %o is refused", async (data) => {
  const { topic } = setUp();
  await expect(topic.publish(data)).rejects.toMatchObject({ code: "unsupported-data" });
});

test("more than a message may hold is refused, with the number of bytes that it may", async () => {
  const { topic, published } = setUp();
  // A tag and a length stand before the bytes.
  const most = 1024 * 1024;
  await topic.publish(new Uint8Array(most));
  for (const { body } of published) expect(body.length).toBeLessThanOrEqual(limits.rumorBodyBytesMax);
  const refusal = { code: "too-large", message: expect.stringContaining(`at most ${most + 4} bytes`) };
  published.length = 0;
  await expect(topic.publish(new Uint8Array(most + 1))).rejects.toMatchObject(refusal);
  await expect(topic.publishMany([1, "x".repeat(most + 1)])).rejects.toMatchObject(refusal);
  expect(published).toEqual([]);
});

test("publishing many of no list is refused", async () => {
  const { topic } = setUp();
  await expect(topic.publishMany("ab" as never)).rejects.toMatchObject({ code: "invalid-argument" });
});

test("the end ends its readers after what they have, rejects what waits, and refuses what comes", async () => {
  const { topic } = setUp();
  const reader = topic.messages();
  deliver(topic, "both", ["a"]);
  const waiting = rejection(topic.publish("late"));
  topic.end(new Error("left"));
  expect(await waiting).toMatchObject({ message: "left" });
  expect(dataOf(await drain(reader))).toEqual(["a"]);
  expect(await reader.next()).toEqual({ done: true, value: undefined });
  await expect(topic.publish("x")).rejects.toThrow("left");
  expect(() => topic.messages()).toThrow("left");
});

/** The rumors of one large value, whose first number is `seq`. */
function piecesOf(data: unknown, pieceBytes: number, seq = 1): ReturnType<typeof rumorOf>[] {
  const value = encodeData(data);
  const pieces: ReturnType<typeof rumorOf>[] = [];
  for (let offset = 0; offset < value.length; offset += pieceBytes) {
    const piece = value.subarray(offset, offset + pieceBytes);
    const body = sealTopic(key, encodeFragment({ piece, offset, bytesTotal: value.length, ageMs: 3 }));
    const made = rumorOf([], { seq: seq + pieces.length, body });
    const header = { ...made.rumor.header, kind: RUMOR_KIND_BULK };
    pieces.push({ ...made, rumor: { ...made.rumor, header } });
  }
  return pieces;
}

test("a large message is published in pieces and given back whole, with its progress, in both orders", async () => {
  const { topic, published } = setUp();
  const data = "x".repeat(100_000);
  const id = await topic.publish(data);
  expect(published.map(({ bulk }) => bulk)).toEqual([true, true, true, true]);
  const other = setUp().topic;
  const progress: number[] = [];
  const heard: Message<unknown>[] = [];
  other.on("progress", (event) => {
    expect(event.id).toBe(id);
    expect(event.bytesTotal).toBe(encodeData(data).length);
    progress.push(event.bytes);
  });
  other.on("message", (message) => heard.push(message));
  const reader = other.messages({ from: "start" });
  for (const [at, { body }] of published.entries()) {
    const header = { ...rumorOf([], { seq: at + 1 }).rumor.header, kind: RUMOR_KIND_BULK };
    const rumor: Rumor = { header, body, signature: new Uint8Array(64) };
    // What small ones go between is theirs to take.
    if (at === 2) deliver(other, "both", ["small"], { seq: 50 });
    other.onDeliver({ kind: "deliver", stream: "both", rumor, id: Uint8Array.of(at + 1), hops: 1 });
  }
  expect(progress).toEqual([32_768, 65_536, 98_304, 100_004]);
  expect(heard.map((message) => message.data)).toEqual(["small", data]);
  expect(heard[1]!.id).toBe(id);
  expect(dataOf(await drain(reader))).toEqual(["small", data]);
  // A cursor from between its pieces gives the whole of it.
  const { cursor } = heard[0]!;
  expect(dataOf(await drain(other.messages({ from: { cursor } })))).toEqual([data]);
  expect(dataOf(await drain(other.messages({ from: "start" })))).toEqual(["small", data]);
  expect(other.ignored.incomplete).toBe(0);
});

test("a large message whose pieces do not all come is dropped and counted, and holds up nothing", () => {
  const { topic } = setUp();
  const heard: unknown[] = [];
  topic.on("message", ({ data }) => heard.push(data));
  const [first, , third] = piecesOf("y".repeat(100), 40);
  topic.onDeliver({ kind: "deliver", stream: "both", ...first! });
  deliver(topic, "both", ["small"], { seq: 9 });
  topic.onDeliver({ kind: "deliver", stream: "both", ...third! });
  expect(heard).toEqual(["small"]);
  // In either order: the one that was under way, and the piece that follows nothing.
  expect(topic.ignored.incomplete).toBe(4);
  for (const piece of piecesOf("z".repeat(100), 40, 20)) topic.onDeliver({ kind: "deliver", stream: "both", ...piece });
  expect(heard).toEqual(["small", "z".repeat(100)]);
});

test("a large message of before this topic was opened is in its history", async () => {
  const { topic } = setUp();
  topic.recall(piecesOf("y".repeat(100), 40));
  expect(dataOf(await drain(topic.messages({ from: "start" })))).toEqual(["y".repeat(100)]);
});

test("more than the topic's retention can hold is refused before anything is published", async () => {
  const small = setUp({ retention: { bytesMax: 100_000 } });
  const error = await rejection(small.topic.publish(new Uint8Array(150_000)));
  expect(error).toMatchObject({ code: "too-large", message: expect.stringContaining("retention") as string });
  await small.topic.publish(new Uint8Array(90_000));
  expect(small.published).toHaveLength(3);
});

test("validators are asked about every message of a rumor, and switched on and off with the first and the last", async () => {
  const { topic, validated } = setUp();
  const asked: unknown[] = [];
  const remove = topic.validate(({ data, author }) => {
    asked.push([author, data]);
    return data === "bad" ? "reject" : "accept";
  });
  const removeOther = topic.validate(() => Promise.resolve("accept"));
  const verdictOn = (items: readonly unknown[]) => topic.onValidate({ kind: "validate", ref: 1, ...rumorOf(items) });
  expect(await verdictOn(["a", "b"])).toBe("accept");
  expect(asked).toEqual([
    ["other", "a"],
    ["other", "b"],
  ]);
  expect(await verdictOn(["a", "bad"])).toBe("reject");
  remove();
  expect(await verdictOn(["bad"])).toBe("accept");
  removeOther();
  removeOther();
  expect(validated).toEqual([true, false]);
});

test("what cannot be read here is not for the validators to judge", async () => {
  const { topic } = setUp({ schema: z.string() });
  topic.validate(() => "reject");
  const verdictOn = (rumor: ReturnType<typeof rumorOf>) => topic.onValidate({ kind: "validate", ref: 1, ...rumor });
  expect(await verdictOn(rumorOf(["a"], { key: new Uint8Array(32) }))).toBe("accept");
  expect(await verdictOn(rumorOf([], { body: Uint8Array.of(9) }))).toBe("accept");
  expect(await verdictOn(rumorOf([7]))).toBe("accept");
  expect(topic.ignored).toMatchObject({ unknownKey: 0, undecodable: 0, invalid: 0 });
  expect(await verdictOn(rumorOf(["a"]))).toBe("reject");
});

test("a large message is judged whole, by its last piece, which waits for those before it", async () => {
  const { topic } = setUp();
  const asked: unknown[] = [];
  topic.validate(({ data }) => {
    asked.push(data);
    return "reject";
  });
  const [first, second, third] = piecesOf("y".repeat(100), 40);
  const judge = (piece: typeof first) => topic.onValidate({ kind: "validate", ref: 1, ...piece! });
  expect([await judge(first), await judge(second)]).toEqual(["accept", "accept"]);
  const verdict = judge(third);
  topic.onDeliver({ kind: "deliver", stream: "both", ...first! });
  expect(asked).toEqual([]);
  topic.onDeliver({ kind: "deliver", stream: "both", ...second! });
  expect(await verdict).toBe("reject");
  expect(asked).toEqual(["y".repeat(100)]);
});
