import { createIdentity } from "@grapevine/crypto";
import { limits, type PeerId } from "@grapevine/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encodeData } from "./data.ts";
import { DirectMessages } from "./direct.ts";
import { MeshError } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import { rejection } from "./rejection.testing.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

const [alice, bob, carol] = [1, 2, 3].map((n) => createIdentity(new Uint8Array(32).fill(n)).peerId) as [
  PeerId,
  PeerId,
  PeerId,
];

/** Peers whose direct messages arrive in microtasks, unless the test holds them up. */
function setUp() {
  const peers = new Map<PeerId, DirectMessages>();
  const sent: { to: PeerId; bytes: Uint8Array; timeoutMs: number }[] = [];
  const way: { deliver: (from: PeerId, to: PeerId, bytes: Uint8Array) => Promise<void> } = {
    deliver: async (from, to, bytes) => {
      const peer = peers.get(to);
      if (peer === undefined) throw new MeshError("unreachable", "nobody there");
      peer.onDirect(from, bytes);
    },
  };
  const add = (peerId: PeerId) => {
    const heard: { from: PeerId; data: unknown }[] = [];
    const failures: string[] = [];
    const peer = new DirectMessages({
      isSelf: (peer) => peer === peerId,
      send: async (to, bytes, timeoutMs) => {
        sent.push({ to, bytes, timeoutMs });
        await Promise.resolve();
        await way.deliver(peerId, to, bytes);
      },
      random: () => 1000,
      onMessage: (from, data) => heard.push({ from, data }),
      onResponderFailed: (method, error) => failures.push(`${method}: ${(error as Error).message}`),
    });
    peers.set(peerId, peer);
    return { peer, heard, failures };
  };
  return { a: add(alice), b: add(bob), add, sent, way };
}

test("a message arrives with its sender, and resolves when it was acknowledged", async () => {
  const { a, b, sent } = setUp();
  await a.peer.send(bob, { text: "psst" });
  expect(b.heard).toEqual([{ from: alice, data: { text: "psst" } }]);
  expect(sent[0]!.timeoutMs).toBe(meshLimits.callTimeoutMs);
  await a.peer.send(bob, 1, { timeoutMs: 77 });
  expect(sent[1]!.timeoutMs).toBe(77);
});

test("a message that finds no way rejects with what the core says", async () => {
  const { a } = setUp();
  await expect(a.peer.send(carol, 1)).rejects.toMatchObject({ code: "unreachable" });
});

test("an abort ends the wait for a message", async () => {
  const { a, way } = setUp();
  way.deliver = () => new Promise(() => {});
  const stop = new AbortController();
  const sending = rejection(a.peer.send(bob, 1, { signal: stop.signal }));
  stop.abort(new Error("enough"));
  expect(await sending).toBe(stop.signal.reason);
});

test("a request finds its responder and brings back the answer", async () => {
  const { a, b } = setUp();
  const seen: unknown[] = [];
  b.peer.respond("sum", async (data, { from, signal }) => {
    seen.push(from, signal.aborted);
    const { x, y } = data as { x: number; y: number };
    return { sum: x + y };
  });
  expect(await a.peer.request(bob, "sum", { x: 1, y: 2 })).toEqual({ sum: 3 });
  expect(seen).toEqual([alice, false]);
});

test("a responder that gives nothing answers null", async () => {
  const { a, b } = setUp();
  b.peer.respond("ping", () => {});
  expect(await a.peer.request(bob, "ping", null)).toBeNull();
});

test("without a responder a request is told so", async () => {
  const { a, b } = setUp();
  await expect(a.peer.request(bob, "sum", 1)).rejects.toMatchObject({ code: "no-responder" });
  b.peer.respond("sum", () => 1)();
  await expect(a.peer.request(bob, "sum", 1)).rejects.toMatchObject({ code: "no-responder" });
});

test("a responder that fails, or answers with what is no data, fails the request and is told here", async () => {
  const { a, b } = setUp();
  b.peer.respond("throw", () => {
    throw new Error("out of order");
  });
  b.peer.respond("odd", () => new Map());
  await expect(a.peer.request(bob, "throw", 1)).rejects.toMatchObject({
    code: "responder-failed",
    message: "out of order",
  });
  await expect(a.peer.request(bob, "odd", 1)).rejects.toMatchObject({ code: "responder-failed" });
  expect(b.failures).toEqual(["throw: out of order", expect.stringMatching(/^odd: expected null/)]);
});

test("a request that nobody answers in time rejects, and its responder's signal aborts", async () => {
  const { a, b } = setUp();
  const aborted = vi.fn();
  b.peer.respond("slow", (_, { signal }) => {
    signal.addEventListener("abort", aborted);
    return new Promise(() => {});
  });
  const ended = rejection(a.peer.request(bob, "slow", 1, { timeoutMs: 100 }));
  await vi.advanceTimersByTimeAsync(100);
  expect(await ended).toMatchObject({ code: "timeout" });
  expect(aborted).toHaveBeenCalledTimes(1);
});

test("an aborted request rejects with the reason, cancels its responder, and wants no late answer", async () => {
  const { a, b } = setUp();
  let answer!: (value: number) => void;
  b.peer.respond("slow", () => new Promise<number>((resolve) => (answer = resolve)));
  const stop = new AbortController();
  const ended = rejection(a.peer.request(bob, "slow", 1, { signal: stop.signal }));
  await vi.advanceTimersByTimeAsync(0);
  stop.abort(new Error("enough"));
  expect(await ended).toBe(stop.signal.reason);
  answer(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(b.failures).toEqual([]);
});

test("an answer counts only from the peer that was asked", async () => {
  const { a, b, add } = setUp();
  add(carol);
  let answer!: (value: string) => void;
  b.peer.respond("who", () => new Promise<string>((resolve) => (answer = resolve)));
  const asked = a.peer.request(bob, "who", null);
  await vi.advanceTimersByTimeAsync(0);
  a.peer.onDirect(carol, encodeData([2, 1000, encodeData("carol")]));
  a.peer.onDirect(carol, encodeData([3, 1000, "no-responder", "none"]));
  answer("bob");
  expect(await asked).toBe("bob");
});

test("a request whose acknowledgement is lost may still be answered", async () => {
  const { a, b, way } = setUp();
  b.peer.respond("ping", () => "pong");
  const { deliver } = way;
  way.deliver = (from, to, bytes) =>
    from === alice ? deliver(from, to, bytes).then(() => new Promise(() => {})) : deliver(from, to, bytes);
  expect(await a.peer.request(bob, "ping", null)).toBe("pong");
});

test("more requests at once than a peer serves are turned away", async () => {
  const { a, b } = setUp();
  b.peer.respond("hang", () => new Promise(() => {}));
  for (let i = 0; i < meshLimits.requestsServedMax; i++) a.peer.request(bob, "hang", i).catch(() => {});
  await vi.advanceTimersByTimeAsync(0);
  await expect(a.peer.request(bob, "hang", 1)).rejects.toMatchObject({
    code: "responder-failed",
    message: "the responder is busy",
  });
});

test("one asker takes half of the places at most, and none uncounted by asking under one id again", async () => {
  const { a, b, add } = setUp();
  const c = add(carol);
  let serving = 0;
  b.peer.respond("hang", () => {
    serving++;
    return new Promise(() => {});
  });
  b.peer.respond("ping", () => "pong");
  for (let i = 0; i < 10; i++) b.peer.onDirect(carol, encodeData([1, 7, "hang", encodeData(null)]));
  expect(serving).toBe(1);
  for (let i = 0; i < meshLimits.requestsServedMax; i++) a.peer.request(bob, "hang", i).catch(() => {});
  await vi.advanceTimersByTimeAsync(0);
  expect(serving).toBe(1 + meshLimits.requestsServedOfOneMax);
  expect(await c.peer.request(bob, "ping", null)).toBe("pong");
});

test("there is one responder for a method", () => {
  const { a } = setUp();
  a.peer.respond("x", () => 1);
  expect(() => a.peer.respond("x", () => 2)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  expect(() => a.peer.respond("y", 7 as never)).toThrow("expected a responder function");
});

test.each(["", "x".repeat(129), 7, undefined])("%o is no method", async (method) => {
  const { a } = setUp();
  expect(() => a.peer.respond(method as never, () => 1)).toThrow("expected a method's name");
  await expect(a.peer.request(bob, method as never, 1)).rejects.toThrow("expected a method's name");
});

test.each([undefined, "", "bob", 7, alice])("nothing is sent to %o", async (to) => {
  const { a, sent } = setUp();
  await expect(a.peer.send(to as never, 1)).rejects.toMatchObject({ code: "invalid-argument" });
  await expect(a.peer.request(to as never, "x", 1)).rejects.toMatchObject({ code: "invalid-argument" });
  expect(sent).toEqual([]);
});

test("what is no data, or too much of it, is refused", async () => {
  const { a } = setUp();
  await expect(a.peer.send(bob, { when: new Date(0) })).rejects.toMatchObject({
    code: "unsupported-data",
    message: expect.stringContaining("data.when"),
  });
  const large = new Uint8Array(limits.directBytesMax);
  await expect(a.peer.send(bob, large)).rejects.toMatchObject({
    code: "too-large",
    message: expect.stringContaining(String(limits.directBytesMax)),
  });
  await expect(a.peer.request(bob, "x", large)).rejects.toMatchObject({ code: "too-large" });
});

test.each([
  ["garbage", Uint8Array.of(0xff)],
  ["no list", encodeData(7)],
  ["an unknown kind", encodeData([9, 1])],
  ["a message of no data", encodeData([0, Uint8Array.of(0xff)])],
  ["a message that is not encoded", encodeData([0, "text"])],
  ["a request with no method", encodeData([1, 1, 7, encodeData(1)])],
  ["a request with an id that is none", encodeData([1, -1, "x", encodeData(1)])],
  ["an answer with more than it should have", encodeData([2, 1, encodeData(1), null, null])],
])("%s is counted and does no harm", (_, bytes) => {
  const { a } = setUp();
  a.peer.onDirect(bob, bytes);
  expect(a.peer.undecodable).toBe(1);
  expect(a.heard).toEqual([]);
});

test("the end rejects what is asked and aborts what is served", async () => {
  const { a, b } = setUp();
  let signal: AbortSignal | undefined;
  b.peer.respond("hang", (_, context) => {
    ({ signal } = context);
    return new Promise(() => {});
  });
  const ended = rejection(a.peer.request(bob, "hang", 1));
  await vi.advanceTimersByTimeAsync(0);
  a.peer.end(new Error("left"));
  expect(await ended).toMatchObject({ message: "left" });
  b.peer.end(new Error("left"));
  expect(signal?.aborted).toBe(true);
});
