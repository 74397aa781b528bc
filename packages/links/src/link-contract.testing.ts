/** What every kind of link promises. An engine passes when `describeLinkContract` does with two of its engines. */
import { createHash } from "node:crypto";
import { limits } from "@grapevine/protocol";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { linkLimits } from "./limits.ts";
import type { LinkEngine } from "./link.ts";
import { Recorder, bytesFor, connect as connectTrying } from "./recorder.testing.ts";

/** Two engines that reach each other, made anew for every test. */
export type EnginePair = () => readonly [LinkEngine, LinkEngine];

export interface ContractOptions {
  /**
   * Whether offers of the first engine, and of the second, now and then fail at once, which their users are told: then
   * tests open a link at the fifth try at the latest.
   */
  readonly offersMayFail?: readonly [boolean, boolean];
}

export function describeLinkContract(
  name: string,
  engines: EnginePair,
  { offersMayFail = [false, false] }: ContractOptions = {},
): void {
  /** Opened step by step by the first engine, which is not for one that may have to be asked again. */
  const byHand = !offersMayFail[0];
  const connect = (one: LinkEngine, other: LinkEngine): Promise<[Recorder, Recorder]> =>
    connectTrying(one, other, offersMayFail[one === a ? 0 : 1] ? 5 : 1);
  let a: LinkEngine;
  let b: LinkEngine;
  describe(`a link ${name}`, () => {
    beforeEach(() => {
      [a, b] = engines();
    });
    afterEach(async () => {
      await Promise.all([a.close(), b.close()]);
    });

    describe("opens", () => {
      test("with one offer and one answer, each within its limit", async () => {
        const [caller, callee] = await connect(a, b);
        for (const end of [caller, callee]) {
          expect(end.signals).toHaveLength(1);
          expect(end.signals[0]!.length).toBeLessThanOrEqual(limits.signalBytesMax);
          expect(end.bindings).toHaveLength(1);
          expect(end.closes).toEqual([]);
        }
      });

      test("with a binding of 32 bytes that is the other's crosswise", async () => {
        const [caller, callee] = await connect(a, b);
        const ours = await caller.opened();
        const theirs = await callee.opened();
        expect(ours.local).toHaveLength(32);
        expect(ours.remote).toHaveLength(32);
        expect(ours.local).toEqual(theirs.remote);
        expect(ours.remote).toEqual(theirs.local);
        expect(ours.local).not.toEqual(ours.remote);
      });

      test("to several others at once, each apart", async () => {
        const pairs = await Promise.all([connect(a, b), connect(b, a), connect(a, b)]);
        pairs.forEach(([caller], i) => caller.link.send("data", bytesFor(i, 100)));
        for (const [i, [, callee]] of pairs.entries()) {
          expect((await callee.received(1))[0]!.bytes).toEqual(bytesFor(i, 100));
        }
        expect(new Set(pairs.map(([caller]) => caller.bindings[0]!.local.join())).size).toBe(3);
      });

      test("and sends what was queued before", async () => {
        if (!byHand) return;
        const caller = Recorder.open(a, "offer");
        caller.link.send("control", bytesFor(1, 10));
        const callee = Recorder.open(b, "answer", await caller.signal());
        callee.link.send("data", bytesFor(2, 20));
        caller.link.signal(await callee.signal());
        expect((await callee.received(1))[0]).toEqual({ channel: "control", bytes: bytesFor(1, 10) });
        expect((await caller.received(1))[0]).toEqual({ channel: "data", bytes: bytesFor(2, 20) });
      });

      test("once, whatever signals follow", async () => {
        const [caller, callee] = await connect(a, b);
        caller.link.signal(callee.signals[0]!);
        callee.link.signal(caller.signals[0]!);
        caller.link.signal(new Uint8Array(5));
        caller.link.send("data", bytesFor(1, 1));
        await callee.received(1);
        expect([caller.bindings.length, callee.bindings.length, caller.closes.length]).toEqual([1, 1, 0]);
      });
    });

    describe("carries", () => {
      test("every frame, in the order of its channel", async () => {
        const [caller, callee] = await connect(a, b);
        const sizes = Array.from({ length: 2000 }, (_, i) => 1 + ((i * 37) % 700));
        sizes.forEach((size, i) => caller.link.send(i % 3 === 0 ? "control" : "data", bytesFor(i, size)));
        await callee.received(sizes.length);
        const sent = sizes.map((size, i) => bytesFor(i, size));
        expect(digests(callee.on("control"))).toEqual(digests(sent.filter((_, i) => i % 3 === 0)));
        expect(digests(callee.on("data"))).toEqual(digests(sent.filter((_, i) => i % 3 !== 0)));
      });

      test("frames of every size up to the limit, both ways at once", async () => {
        const [caller, callee] = await connect(a, b);
        const edges = [1, 2, 1024, 4093, 4096, 16_381, 16_384, 16_385, 65_536, limits.frameBytesMax];
        for (const [i, size] of edges.entries()) {
          caller.link.send("data", bytesFor(i, size));
          callee.link.send("data", bytesFor(i + 100, size));
        }
        const there = await callee.received(edges.length);
        const back = await caller.received(edges.length);
        expect(digests(there.map(({ bytes }) => bytes))).toEqual(digests(edges.map((size, i) => bytesFor(i, size))));
        expect(digests(back.map(({ bytes }) => bytes))).toEqual(
          digests(edges.map((size, i) => bytesFor(i + 100, size))),
        );
      });

      test("any sequence of frames and flushes unharmed", async () => {
        const step = fc.record({
          channel: fc.constantFrom("control" as const, "data" as const),
          size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40_000 })),
          flush: fc.boolean(),
        });
        const [caller, callee] = await connect(a, b);
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
            callee.frames.length = 0;
            for (const [i, { channel, size, flush }] of steps.entries()) {
              caller.link.send(channel, bytesFor(i, size));
              if (flush) caller.link.flush();
            }
            await callee.received(steps.length);
            for (const channel of ["control", "data"] as const) {
              const sent = steps.flatMap((s, i) => (s.channel === channel ? [bytesFor(i, s.size)] : []));
              expect(digests(callee.on(channel))).toEqual(digests(sent));
            }
          }),
          { numRuns: 25 },
        );
      });

      test("as their receiver's own bytes", async () => {
        const [caller, callee] = await connect(a, b);
        caller.link.send("data", bytesFor(1, 50));
        caller.link.send("data", bytesFor(2, 50));
        const frames = await callee.received(2);
        for (const { bytes } of frames) expect(bytes.buffer.byteLength).toBe(bytes.length);
      });

      test("many small frames of one task in one message", async () => {
        const [caller, callee] = await connect(a, b);
        const before = caller.link.stats.messagesOut;
        for (let i = 0; i < 40; i++) caller.link.send("data", bytesFor(i, 60));
        expect(caller.link.stats.messagesOut).toBe(before);
        await callee.received(40);
        expect(caller.link.stats.messagesOut).toBe(before + 1);
      });

      test("what was queued at once at a flush", async () => {
        const [caller, callee] = await connect(a, b);
        caller.link.send("data", bytesFor(1, 60));
        caller.link.flush();
        expect(caller.link.stats.messagesOut).toBe(1);
        await callee.received(1);
      });

      test("and counts what passes, alike at both ends", async () => {
        const [caller, callee] = await connect(a, b);
        for (let i = 0; i < 10; i++) caller.link.send("data", bytesFor(i, 30_000));
        await callee.received(10);
        const out = caller.link.stats;
        const into = callee.link.stats;
        expect([out.framesOut, out.messagesOut, out.bytesOut]).toEqual([10, into.messagesIn, into.bytesIn]);
        expect([into.framesIn, out.framesDropped]).toEqual([10, 0]);
        expect(out.bytesOut).toBeGreaterThan(300_000);
      });
    });

    describe("carries unreliably", () => {
      test("whole frames, each at most once, soon or never", async () => {
        const [caller, callee] = await connect(a, b);
        const sizes = [1, 100, 700, limits.unreliableFrameBytesMax];
        const sent = Array.from({ length: 200 }, (_, i) => bytesFor(i, sizes[i % sizes.length]!));
        // One at a time until one arrives, for what is lost is lost; and control, which is not, tells when to look.
        for (const [i, frame] of sent.entries()) {
          caller.link.send("unreliable", frame);
          caller.link.send("control", bytesFor(i, 4));
          await callee.until(() => callee.on("control").length > i);
        }
        const arrived = digests(callee.on("unreliable"));
        const possible = digests(sent);
        expect(arrived.length).toBeGreaterThan(0);
        expect(new Set(arrived).size).toBe(arrived.length);
        for (const digest of arrived) expect(possible).toContain(digest);
        const { framesOut, unreliableDropped } = caller.link.stats;
        expect(framesOut + unreliableDropped).toBe(2 * sent.length);
      });

      test("nothing before it is open, nothing that fits no packet", async () => {
        if (!byHand) return;
        const caller = Recorder.open(a, "offer");
        caller.link.send("unreliable", bytesFor(1, 10));
        const callee = Recorder.open(b, "answer", await caller.signal());
        caller.link.signal(await callee.signal());
        await caller.opened();
        caller.link.send("unreliable", new Uint8Array(0));
        caller.link.send("unreliable", new Uint8Array(limits.unreliableFrameBytesMax + 1));
        caller.link.send("control", bytesFor(2, 10));
        await callee.received(1);
        expect(callee.frames.map(({ channel }) => channel)).toEqual(["control"]);
        expect(caller.link.stats).toMatchObject({ framesOut: 1, framesDropped: 0, unreliableDropped: 3 });
      });

      test("no more at once than a packet's few, however much is asked", async () => {
        const [caller, callee] = await connect(a, b);
        for (let i = 0; i < 5000; i++) caller.link.send("unreliable", bytesFor(i, 1000));
        caller.link.send("control", bytesFor(1, 10));
        await callee.until(() => callee.on("control").length > 0);
        const { framesOut, unreliableDropped } = caller.link.stats;
        expect(framesOut + unreliableDropped).toBe(5001);
        expect(callee.on("unreliable").length).toBeLessThan(framesOut);
        expect([caller.closes, caller.link.bufferedBytes < 100]).toEqual([[], true]);
      });
    });

    describe("is bounded", () => {
      test("tells once that its data queue is full, and once that it has drained", async () => {
        const [caller, callee] = await connect(a, b);
        const count = Math.ceil(linkLimits.dataQueueBytesMax / 2 / 50_000);
        for (let i = 0; i < count; i++) caller.link.send("data", bytesFor(i, 50_000));
        await caller.until(() => caller.writable.length >= 2);
        await callee.received(count);
        // It may fill and drain several times on the way, but it never says the same thing twice.
        caller.writable.forEach((writable, i) => expect(writable).toBe(i % 2 === 1));
        expect(caller.writable.at(-1)).toBe(true);
        expect(callee.frames).toHaveLength(count);
      });

      // An engine may drain while it is sent to; before it is open, it cannot.
      test("drops and counts data beyond its bound, and carries the rest in order", async () => {
        if (!byHand) return;
        const size = 100_000;
        const caller = Recorder.open(a, "offer");
        for (let i = 0; i < 100; i++) caller.link.send("data", bytesFor(i, size));
        const fitting = Math.floor(linkLimits.dataQueueBytesMax / (size + 3));
        expect(caller.link.stats.framesDropped).toBe(100 - fitting);
        expect(caller.link.bufferedBytes).toBeLessThanOrEqual(linkLimits.dataQueueBytesMax);
        const callee = Recorder.open(b, "answer", await caller.signal());
        caller.link.signal(await callee.signal());
        await callee.received(fitting);
        expect(digests(callee.on("data"))).toEqual(
          digests(Array.from({ length: fitting }, (_, i) => bytesFor(i, size))),
        );
        expect(caller.closes).toEqual([]);
      });

      test("ends when control is not taken", async () => {
        const caller = Recorder.open(a, "offer");
        for (let i = 0; i < 100; i++) caller.link.send("control", bytesFor(i, 100_000));
        expect(await caller.closed()).toBe("too-slow");
        expect(caller.link.bufferedBytes).toBe(0);
      });

      test("never sends a frame of a wrong size", async () => {
        const [caller, callee] = await connect(a, b);
        caller.link.send("control", new Uint8Array(0));
        caller.link.send("control", new Uint8Array(limits.frameBytesMax + 1));
        caller.link.send("data", new Uint8Array(0));
        caller.link.send("control", bytesFor(1, 1));
        await callee.received(1);
        expect(callee.frames).toHaveLength(1);
        expect(caller.link.stats.framesDropped).toBe(3);
      });
    });

    describe("ends", () => {
      test("after what was queued, with a goodbye at the other end", async () => {
        const [caller, callee] = await connect(a, b);
        for (let i = 0; i < 20; i++) caller.link.send(i % 2 === 0 ? "control" : "data", bytesFor(i, 30_000));
        caller.link.close("done");
        expect(await caller.closed()).toBe("done");
        expect(await callee.closed()).toBe("goodbye");
        expect(callee.frames).toHaveLength(20);
      });

      test("with everything handed over inside close, for pages that are going away", async () => {
        const [caller] = await connect(a, b);
        for (let i = 0; i < 20; i++) caller.link.send("data", bytesFor(i, 100_000));
        caller.link.close("left");
        expect(caller.link.stats.framesOut).toBe(20);
        await caller.closed();
      });

      test("once, however often it is closed, and silently takes what follows", async () => {
        const [caller, callee] = await connect(a, b);
        caller.link.close("first");
        caller.link.close("second");
        callee.link.send("data", bytesFor(1, 10));
        expect(caller.closes).toEqual([]);
        await Promise.all([caller.closed(), callee.closed()]);
        for (const { link } of [caller, callee]) {
          link.send("control", bytesFor(1, 10));
          link.flush();
          link.signal(new Uint8Array(10));
          link.close("again");
          expect(link.bufferedBytes).toBe(0);
        }
        await Promise.all([a.close(), b.close()]);
        expect([caller.closes, callee.closes]).toEqual([["first"], ["goodbye"]]);
        expect(caller.frames).toEqual([]);
      });

      test("when both ends close it at once", async () => {
        const [caller, callee] = await connect(a, b);
        caller.link.close("one");
        callee.link.close("other");
        expect(await Promise.all([caller.closed(), callee.closed()])).toEqual(["one", "other"]);
      });

      test("inside its own events", async () => {
        const [caller, callee] = await connect(a, b);
        callee.onFrame = (): void => callee.link.close("enough");
        for (let i = 0; i < 10; i++) caller.link.send("data", bytesFor(i, 10));
        expect(await Promise.all([caller.closed(), callee.closed()])).toEqual(["goodbye", "enough"]);
      });

      test("before it ever opened", async () => {
        const caller = Recorder.open(a, "offer");
        caller.link.close("changed my mind");
        expect(caller.closes).toEqual([]);
        expect(await caller.closed()).toBe("changed my mind");
        const waiting = Recorder.open(a, "offer");
        await waiting.signal();
        waiting.link.close("no answer");
        expect(await waiting.closed()).toBe("no answer");
        await a.close();
        expect([caller.closes.length, waiting.closes.length, caller.bindings.length]).toEqual([1, 1, 0]);
      });

      test("with its engine, which then opens no other", async () => {
        const [caller, callee] = await connect(a, b);
        const opening = Recorder.open(a, "offer");
        await a.close();
        expect([caller.closes, opening.closes]).toEqual([["engine-closed"], ["engine-closed"]]);
        expect(await callee.closed()).toBe("goodbye");
        const late = Recorder.open(a, "offer");
        expect(await late.closed()).toBe("engine-closed");
        expect(a.budget.links).toBe(0);
      });
    });

    describe("refuses", () => {
      const garbage: [string, Uint8Array | undefined][] = [
        ["nothing", undefined],
        ["no bytes", new Uint8Array(0)],
        ["noise", bytesFor(1, 200)],
        ["a bare header", Uint8Array.of(1, 0, 16, 0)],
        ["noise behind a header", Uint8Array.of(1, 0, 16, 0, ...bytesFor(2, 100))],
        ["more than a signal", new Uint8Array(limits.signalBytesMax + 1).fill(1)],
      ];
      test.each(garbage)("%s for an offer", async (_, offer) => {
        const callee = Recorder.open(b, "answer", offer);
        expect(await callee.closed()).toBe("bad-signal");
        expect(callee.signals).toEqual([]);
      });

      test.each(garbage.slice(1))("%s for an answer", async (_, answer) => {
        const caller = Recorder.open(a, "offer");
        await caller.signal();
        caller.link.signal(answer!);
        expect(await caller.closed()).toBe("bad-signal");
      });

      test("an offer for an answer, and an answer for an offer", async () => {
        const caller = Recorder.open(a, "offer");
        const offer = await caller.signal();
        const callee = Recorder.open(b, "answer", offer);
        const mistaken = Recorder.open(b, "answer", await callee.signal());
        expect(await mistaken.closed()).toBe("bad-signal");
        caller.link.signal(offer);
        expect(await caller.closed()).toBe("bad-signal");
      });
    });
  });
}

/** Tells frames apart in their order; comparing megabytes element by element would take seconds. */
function digests(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => `${frame.length} ${createHash("sha256").update(frame).digest("hex")}`);
}
