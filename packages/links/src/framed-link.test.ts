// A link over channels that the test holds in its hand: what a dishonest other side, or a channel without events, does.
import type { Channel } from "@grapevine/protocol";
import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FramedLink } from "./framed-link.ts";
import { linkLimits } from "./limits.ts";
import type { ByteChannel } from "./outbox.ts";
import { Recorder, bytesFor } from "./recorder.testing.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

const MESSAGE_BYTES_MAX = 4096;
const binding = { local: new Uint8Array(32), remote: new Uint8Array(32).fill(1) };

/** Drains when it is told to; with no threshold it is silent about it, as wrtc's channels are. */
class HeldChannel implements ByteChannel {
  readonly sent: Uint8Array[] = [];
  bufferedAmount = 0;
  reads = 0;
  broken = false;

  send(message: Uint8Array): void {
    if (this.broken) throw new Error("closed");
    this.sent.push(message.slice());
    this.bufferedAmount += message.length;
  }
  drain(bytes: number): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes);
  }
  get sentBytes(): number {
    return this.sent.reduce((sum, message) => sum + message.length, 0);
  }
}

class TellingChannel extends HeldChannel {
  bufferedAmountLowThreshold = 0;
  onLow = (): void => {};
  override drain(bytes: number): void {
    const before = this.bufferedAmount;
    super.drain(bytes);
    const mark = this.bufferedAmountLowThreshold;
    if (before > mark && this.bufferedAmount <= mark) this.onLow();
  }
}

let clock: VirtualClock;
let end: Recorder;
let link: FramedLink;
let destroyed: number;
beforeEach(() => {
  clock = new VirtualClock();
  end = new Recorder();
  destroyed = 0;
  link = new FramedLink(end, clock, MESSAGE_BYTES_MAX, 1000);
  link.attach({ signal: () => {}, destroy: () => destroyed++ });
});

function open<C extends HeldChannel>(make: new () => C, messageBytesMax = MESSAGE_BYTES_MAX): Record<Channel, C> {
  const channels = { control: new make(), data: new make(), unreliable: new make() };
  link.opened(channels, binding, messageBytesMax);
  return channels;
}

describe("hangs up", () => {
  const nonsense: [string, unknown][] = [
    ["text", "hello"],
    ["nothing", undefined],
    ["an empty message", new ArrayBuffer(0)],
    ["a message larger than we asked for", new ArrayBuffer(MESSAGE_BYTES_MAX + 1)],
    ["a frame that is too long", Uint8Array.of(0xff, 0, 0)],
    ["bytes after the goodbye", Uint8Array.of(0, 0, 0, 1)],
  ];
  test.each(nonsense)("on %s", async (_, message) => {
    open(HeldChannel);
    link.received("data", message);
    expect(await end.closed()).toBe("misbehaved");
    expect([destroyed, end.frames.length]).toEqual([1, 0]);
  });

  test("on more early words than a first flush has", async () => {
    for (let i = 0; i <= linkLimits.earlyMessagesMax; i++) link.received("control", Uint8Array.of(0, 0, 1, i));
    expect(await end.closed()).toBe("misbehaved");
  });

  test("after the frames that were sound", async () => {
    open(HeldChannel);
    link.received("control", Uint8Array.of(0, 0, 1, 7, 0xff, 0xff, 0xff));
    expect(await end.closed()).toBe("misbehaved");
    expect(end.frames).toEqual([{ channel: "control", bytes: Uint8Array.of(7) }]);
  });

  test("when a channel takes nothing any more", async () => {
    const { control } = open(HeldChannel);
    control.broken = true;
    link.send("control", bytesFor(1, 10));
    expect(await end.closed()).toBe("lost");
  });
});

describe("the unreliable channel", () => {
  test("sends at the flush, before what is reliable, and never more than the channel takes at once", () => {
    const { unreliable } = open(HeldChannel);
    for (let i = 0; i < 30; i++) link.send("unreliable", bytesFor(i, 1000));
    link.flush();
    expect(unreliable.sentBytes).toBeLessThanOrEqual(linkLimits.datagramsBufferedBytesMax);
    const { framesOut, framesDropped, unreliableDropped } = link.stats;
    expect([framesOut + unreliableDropped, framesDropped, link.bufferedBytes]).toEqual([30, 0, 0]);
    expect(framesOut).toBe(unreliable.sent.length);
  });

  test("hears nothing before the link is open", () => {
    link.received("unreliable", Uint8Array.of(0, 0, 1, 7));
    open(HeldChannel);
    expect([end.frames, end.closes]).toEqual([[], []]);
  });

  test("ends the link on what no honest end sends", async () => {
    open(HeldChannel);
    link.received("unreliable", new Uint8Array(linkLimits.datagramBytesMax + 1).fill(1));
    expect(await end.closed()).toBe("misbehaved");
  });

  test("that breaks does not break the link", async () => {
    const { unreliable, control } = open(HeldChannel);
    unreliable.broken = true;
    link.send("unreliable", bytesFor(1, 10));
    link.send("control", bytesFor(2, 10));
    link.flush();
    await clock.pass(0);
    expect([control.sent.length, end.closes, link.stats.unreliableDropped]).toEqual([1, [], 1]);
  });
});

test("hands over early words once it is open, after the binding", () => {
  link.received("data", Uint8Array.of(0, 0, 1, 7));
  expect(end.frames).toEqual([]);
  open(HeldChannel);
  expect([end.bindings.length, end.frames.length]).toEqual([1, 1]);
});

test("sends messages no larger than the other side asked for", async () => {
  const { data } = open(HeldChannel, 1024);
  link.send("data", bytesFor(1, 5000));
  link.flush();
  expect(data.sent.map((message) => message.length)).toEqual([1024, 1024, 1024, 1024, 907]);
});

test("lets control pass while data waits for its window", () => {
  const { control, data } = open(HeldChannel);
  for (let i = 0; i < 10; i++) link.send("data", bytesFor(i, 50_000));
  link.send("control", bytesFor(1, 100));
  link.flush();
  expect(data.sentBytes).toBeLessThan(linkLimits.windowBytesMin + MESSAGE_BYTES_MAX);
  expect(control.sentBytes).toBe(103);
});

describe.each([
  ["that tells when it has drained", TellingChannel],
  ["that has to be asked", HeldChannel],
])("over a channel %s", (_, make) => {
  test("keeps the window full until everything has left, and says when there is room", async () => {
    const { data } = open(make);
    if (data instanceof TellingChannel) data.onLow = () => link.drained();
    for (let i = 0; i < 40; i++) link.send("data", bytesFor(i, 50_000));
    await clock.pass(0);
    expect(end.writable).toEqual([false]);
    for (let i = 0; i < 2000 && data.sentBytes < 40 * 50_003; i++) {
      expect(data.bufferedAmount).toBeLessThanOrEqual(linkLimits.windowBytesMax + MESSAGE_BYTES_MAX);
      data.drain(5_000);
      await clock.pass(5);
    }
    expect(data.sentBytes).toBe(40 * 50_003);
    data.drain(Infinity);
    await clock.pass(100);
    expect([end.writable, link.bufferedBytes]).toEqual([[false, true], 0]);
    expect(clock.pending).toBe(0);
  });

  test("never stops for good, whatever is sent and drained when", async () => {
    const step = fc.record({ size: fc.integer({ min: 1, max: 60_000 }), drain: fc.integer({ min: 0, max: 90_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        clock = new VirtualClock();
        end = new Recorder();
        link = new FramedLink(end, clock, MESSAGE_BYTES_MAX, 1000);
        const { data } = open(make);
        if (data instanceof TellingChannel) data.onLow = () => link.drained();
        for (const [i, { size, drain }] of steps.entries()) {
          link.send("data", bytesFor(i, size));
          await clock.pass(3);
          data.drain(drain);
          await clock.pass(1);
        }
        for (let i = 0; i < 60; i++) {
          data.drain(100_000);
          await clock.pass(60);
        }
        expect(data.sentBytes).toBe(steps.reduce((sum, { size }) => sum + size + 3, 0));
        expect(link.bufferedBytes).toBe(0);
        expect(end.writable.at(-1) ?? true).toBe(true);
        end.writable.forEach((writable, i) => expect(writable).toBe(i % 2 === 1));
      }),
      { numRuns: 40 },
    );
  });
});

describe("a goodbye", () => {
  test("is the last of both channels, behind what waited for the window", () => {
    const { control, data } = open(HeldChannel);
    for (let i = 0; i < 5; i++) link.send("data", bytesFor(i, 50_000));
    link.close("done");
    expect(data.sentBytes).toBe(5 * 50_003 + 3);
    expect([...control.sent.at(-1)!]).toEqual([0, 0, 0]);
  });

  test("is waited for on both channels", async () => {
    open(HeldChannel);
    link.received("control", Uint8Array.of(0, 0, 0));
    link.received("data", Uint8Array.of(0, 0, 1, 5));
    expect([end.frames.length, destroyed]).toEqual([1, 0]);
    link.received("data", Uint8Array.of(0, 0, 0));
    expect(await end.closed()).toBe("goodbye");
    expect(destroyed).toBe(1);
  });

  test("that is not answered ends after its time", async () => {
    open(HeldChannel);
    link.close("done");
    await clock.pass(linkLimits.goodbyeMs - 1);
    expect(end.closes).toEqual([]);
    await clock.pass(1);
    expect([end.closes, destroyed, clock.pending]).toEqual([["done"], 1, 0]);
  });

  test("lets nothing through that comes meanwhile", async () => {
    const { data } = open(HeldChannel);
    link.close("done");
    link.received("data", Uint8Array.of(0, 0, 1, 5));
    link.received("control", "nonsense");
    data.drain(Infinity);
    expect(await end.closed()).toBe("done");
    expect([end.frames, end.writable]).toEqual([[], []]);
  });
});

test("ends once, whatever happens to it in whatever order", async () => {
  const happening = fc.constantFrom("open", "send", "flood", "flush", "close", "lost", "nonsense", "drain", "goodbye");
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 30 }), async (happenings) => {
      clock = new VirtualClock();
      end = new Recorder();
      destroyed = 0;
      link = new FramedLink(end, clock, MESSAGE_BYTES_MAX, 1000);
      link.attach({ signal: () => {}, destroy: () => destroyed++ });
      let channels: Record<Channel, HeldChannel> | undefined;
      for (const happening of happenings) {
        if (happening === "open") channels ??= open(HeldChannel);
        else if (happening === "send") link.send("data", bytesFor(1, 100));
        else if (happening === "flood") link.send("control", bytesFor(1, 300_000));
        else if (happening === "flush") link.flush();
        else if (happening === "close") link.close("closed");
        else if (happening === "lost") link.ended("lost");
        else if (happening === "nonsense") link.received("data", "text");
        else if (happening === "drain") channels?.data.drain(50_000);
        else for (const channel of ["control", "data"] as const) link.received(channel, Uint8Array.of(0, 0, 0));
        await clock.pass(1);
      }
      link.close("at last");
      await clock.pass(10_000);
      expect([end.closes.length, destroyed, clock.pending, link.bufferedBytes]).toEqual([1, 1, 0, 0]);
      expect(end.bindings.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 200 },
  );
});
