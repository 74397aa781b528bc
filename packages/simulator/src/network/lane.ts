/**
 * One channel in one direction: ordered and reliable. What packet loss does to such a channel is delay: a lost packet
 * comes again after about a second, then doubling, and everything behind it waits (head-of-line blocking).
 */
import type { Random } from "@grapevine/protocol";
import { type NetworkOptions, packetBytesMax } from "./options.ts";

/** A message: frames that left together. */
export interface Parcel {
  readonly frames: readonly Uint8Array[];
  /** On the wire, with all headers. */
  readonly bytes: number;
  readonly departsMs: number;
}

export class Lane {
  /** Sent and not yet received, in bytes. */
  unacknowledgedBytes = 0;
  /** Nothing that is sent later arrives earlier. */
  lastArrivalMs = 0;
  /** What a blackout holds up, in order. */
  stalled: Parcel[] = [];
  stalledSinceMs = 0;
}

/**
 * How much later a message arrives because of loss. Its packets are retransmitted side by side, so the unluckiest one
 * decides: the number of its losses is distributed as (1 - loss^(k+1))^packets, drawn here by inversion.
 */
export function retransmissionMs(bytes: number, random: Random, options: NetworkOptions): number {
  const { loss } = options;
  if (loss === 0) return 0;
  const packets = Math.ceil(bytes / packetBytesMax);
  const chance = random.float();
  let losses = 0;
  while (losses < 16 && (1 - loss ** (losses + 1)) ** packets < chance) losses++;
  return backOffMs(losses, options);
}

/** After an outage a lane moves again at the first retransmission that gets through. */
export function resumptionMs(outageMs: number, options: NetworkOptions): number {
  let tries = 1;
  while (backOffMs(tries, options) < outageMs) tries++;
  return backOffMs(tries, options) - outageMs;
}

function backOffMs(tries: number, options: NetworkOptions): number {
  let sumMs = 0;
  for (let i = 0; i < tries; i++) sumMs += Math.min(options.retransmitMs * 2 ** i, options.retransmitMsMax);
  return sumMs;
}
