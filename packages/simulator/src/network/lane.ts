/**
 * One channel in one direction: ordered and reliable. What packet loss does to such a channel is delay: a lost packet
 * comes again after about a second, then doubling, and everything behind it waits (head-of-line blocking).
 */
import type { Random } from "@grapevine/protocol";
import { type NetworkOptions, packetBytesMax } from "./options.ts";

/** Packets that have to arrive behind a lost one before it is missed. Source: RFC 4960, three gap reports. */
const FOLLOWERS = 3;

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
 * decides. A packet that three others follow is missed at once and sent again within a round trip (fast retransmit, RFC
 * 4960 section 7.2.4); the last three, and whatever is lost again, wait for the timer. So the number of time-outs is
 * at most j with probability (1 - loss^(j+1))^last * (1 - loss^(j+2))^others, and is drawn here by inversion.
 */
export function retransmissionMs(bytes: number, roundTripMs: number, random: Random, options: NetworkOptions): number {
  const { loss } = options;
  if (loss === 0) return 0;
  const packets = Math.ceil(bytes / packetBytesMax);
  const last = Math.min(packets, FOLLOWERS);
  const others = packets - last;
  const chance = random.float();
  if ((1 - loss) ** packets >= chance) return 0;
  let timeouts = 0;
  while (timeouts < 16 && (1 - loss ** (timeouts + 1)) ** last * (1 - loss ** (timeouts + 2)) ** others < chance) {
    timeouts++;
  }
  return roundTripMs + backOffMs(timeouts, options);
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
