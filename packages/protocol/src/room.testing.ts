/**
 * What tests of single rooms share: a foundation with a weak but well-mixed hash, and a tray that records.
 */
import type { Tuning } from "./config.ts";
import { DEFAULT_TUNING } from "./config.ts";
import type { Effect, PeerEvent, TrafficClass } from "./effect.ts";
import { Random } from "./random.ts";
import type { Foundation, Moment, Outbox } from "./room.ts";
import type { Hash, LinkId, PeerId } from "./types.ts";
import type { Frame } from "./wire/frames.ts";
import { encodeBase58 } from "./wire/base58.ts";

/** Eight rounds of murmur-like mixing into 32 bytes: fast, deterministic, and no security at all. */
export const testHash: Hash = (bytes) => {
  const words = new Uint32Array(8).map((_, i) => Math.imul(i + 1, 0x9e3779b1));
  for (let i = 0; i < bytes.length; i++) {
    const at = i & 7;
    let word = words[at]! ^ bytes[i]!;
    word = Math.imul(word ^ (word >>> 15), 0x85ebca6b) + words[(at + 7) & 7]!;
    words[at] = (word << 13) | (word >>> 19);
  }
  for (let round = 0; round < 16; round++) {
    const at = round & 7;
    let word = words[at]! + words[(at + 3) & 7]! + bytes.length;
    word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
    words[at] = Math.imul(word ^ (word >>> 15), 0x846ca68b);
  }
  return new Uint8Array(words.buffer.slice(0));
};

/** A valid peer id, different for each number; lower numbers have lower ids. */
export function peerId(number: number): PeerId {
  const key = new Uint8Array(32).fill(1);
  key[0] = 100;
  key[1] = number >> 8;
  key[2] = number & 0xff;
  return encodeBase58(key);
}

export function makeFoundation(self = peerId(0), tuning: Partial<Tuning> = {}, seed = 1): Foundation {
  return {
    self,
    config: {
      meshId: new Uint8Array(32).fill(7),
      incarnation: 1_000_000,
      boxKey: new Uint8Array(32).fill(3),
      ticket: new Uint8Array([1]),
      lastMintSlot: -1,
      tuning: { ...DEFAULT_TUNING, ...tuning },
    },
    random: new Random(new Uint8Array(16).fill(seed)),
    hash: testHash,
  };
}

export class Tray implements Outbox {
  readonly frames: { link: LinkId; frame: Frame; traffic: TrafficClass }[] = [];
  readonly effects: Effect[] = [];
  private nextRef = 1;

  frame(link: LinkId, frame: Frame, traffic: TrafficClass): void {
    this.frames.push({ link, frame, traffic });
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  ref(): number {
    return this.nextRef++;
  }

  get events(): PeerEvent[] {
    return this.effects.flatMap((effect) => (effect.kind === "emit" ? [effect.event] : []));
  }
}

export function at(nowMs: number): Moment {
  return { nowMs, meshMs: nowMs };
}
