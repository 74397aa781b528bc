import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Tray, makeFoundation } from "../room.testing.ts";
import { KEEP_ALL, START_MS, TOPIC, at, idOf } from "../rumors/rumors.testing.ts";
import type { Retention } from "../input.ts";
import type { Rumor } from "../types.ts";
import { OwnLogs } from "./own-logs.ts";

class Pen {
  readonly own = new OwnLogs(makeFoundation());
  readonly out = new Tray();

  publish(body: Uint8Array, retention: Retention = KEEP_ALL, sinceStartMs = 0, topic = TOPIC): number {
    const ref = this.out.ref();
    this.own.publish(
      { kind: "publish", ref, topic, keyId: new Uint8Array(8), body, retention },
      at(sinceStartMs),
      this.out,
    );
    return ref;
  }

  /** Publish and sign at once. */
  write(bytes: number, retention: Retention = KEEP_ALL, sinceStartMs = 0): Rumor {
    this.publish(new Uint8Array(bytes), retention, sinceStartMs);
    const [signed] = this.sign(this.out.effects.length - 1)!;
    return signed!.rumor;
  }

  sign(effect: number): ReturnType<OwnLogs["onSigned"]> {
    const sign = this.out.effects[effect]!;
    if (sign.kind !== "sign") throw new Error("expected a sign effect");
    return this.own.onSigned(sign.ref, new Uint8Array(64).fill(effect));
  }
}

describe("an own log", () => {
  it("counts from 1, names the rumor before, and stamps in order", () => {
    const pen = new Pen();
    const rumors = [pen.write(1, KEEP_ALL, 0), pen.write(1, KEEP_ALL, 0), pen.write(1, KEEP_ALL, 5)];
    expect(rumors.map(({ header }) => header.seq)).toEqual([1, 2, 3]);
    expect(rumors[0]!.header.prev).toEqual(new Uint8Array(32));
    expect(rumors[2]!.header.prev).toEqual(idOf(rumors[1]!));
    expect(rumors.map(({ header }) => [header.timeMs - START_MS, header.counter])).toEqual([
      [0, 0],
      [0, 1],
      [5, 0],
    ]);
    expect(rumors.map(({ header }) => header.expiryMs)).toEqual([0, 0, 0]);
  });

  it("signs several at once, and hands them on in order", () => {
    const pen = new Pen();
    const refs = [1, 2, 3].map((byte) => pen.publish(new Uint8Array([byte])));
    expect(pen.own.unsigned).toBe(3);
    expect(pen.sign(2)).toEqual([]);
    expect(pen.sign(0)!.map(({ ref }) => ref)).toEqual([refs[0]]);
    expect(pen.sign(1)!.map(({ ref, rumor }) => [ref, rumor.signature[0]])).toEqual([
      [refs[1], 1],
      [refs[2], 2],
    ]);
    expect(pen.sign(1)).toBeUndefined();
    expect(pen.own.unsigned).toBe(0);
  });

  it("keeps topics apart", () => {
    const pen = new Pen();
    pen.publish(new Uint8Array(1));
    pen.publish(new Uint8Array(1), KEEP_ALL, 0, "0b".repeat(16));
    expect(pen.sign(1)!.map(({ rumor }) => rumor.header.seq)).toEqual([1]);
  });

  it("states what it retains by count, by bytes and by age; the newest always stays", () => {
    const lows = (retention: Retention, bytes: readonly number[], stepMs = 0): number[] => {
      const pen = new Pen();
      return bytes.map((length, i) => pen.write(length, retention, i * stepMs).header.low);
    };
    expect(lows({ ...KEEP_ALL, countMax: 2 }, [1, 1, 1, 1])).toEqual([1, 1, 2, 3]);
    expect(lows({ ...KEEP_ALL, bytesMax: 10 }, [5, 5, 5, 20, 1])).toEqual([1, 1, 2, 4, 5]);
    expect(lows({ ...KEEP_ALL, ageMs: 1_000 }, [1, 1, 1, 1], 600)).toEqual([1, 1, 2, 3]);
    expect(lows({ ...KEEP_ALL, countMax: 0, bytesMax: 0 }, [1, 1])).toEqual([1, 2]);
  });

  it("expires after its age", () => {
    expect(new Pen().write(1, { ...KEEP_ALL, ageMs: 999.5 }, 70).header.expiryMs).toBe(START_MS + 1_070);
    expect(new Pen().write(1, { ...KEEP_ALL, ageMs: Number.POSITIVE_INFINITY }).header.expiryMs).toBe(0);
  });

  it("throws at a body that nobody would take", () => {
    const body = new Uint8Array(limits.rumorBodyBytesMax + 1);
    expect(() => new Pen().publish(body)).toThrow(
      `expected a body of at most ${limits.rumorBodyBytesMax} B, got ${body.length} B`,
    );
  });
});
