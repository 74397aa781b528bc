/**
 * One channel in one direction: ordered and reliable. What packet loss does to such a channel is delay: a lost packet
 * comes again after about a second, then doubling, and everything behind it waits (head-of-line blocking).
 */
import type { Random } from "@grapevine/protocol";
import { type NetworkOptions, packetBytesMax } from "./options.ts";

/** Packets that have to arrive behind a lost one before it is missed. Source: RFC 4960, three gap reports. */
const FOLLOWERS = 3;

/** How much later because of loss, and how often the timer ran out for it. */
export interface Delay {
  readonly delayMs: number;
  readonly timeouts: number;
}

const NONE: Delay = { delayMs: 0, timeouts: 0 };

/** A message: frames that left together. */
export interface Parcel {
  readonly frames: readonly Uint8Array[];
  /** On the wire, with all headers. */
  readonly bytes: number;
  readonly departsMs: number;
}

/** A parcel under way. */
export interface Flight {
  readonly parcel: Parcel;
  readonly lane: Lane;
  /** When all of it is there, as far as is known: what follows it may have it repeated sooner. */
  arrivesMs: number;
  /** Of what it lost, repeated by the timer only: messages behind it that came through since. */
  followers: number;
}

export class Lane {
  /** Sent and not yet received, in bytes. */
  unacknowledgedBytes = 0;
  /** In the order in which they are handed over: one that is late holds up all behind it. */
  readonly flights: Flight[] = [];
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
export function retransmission(bytes: number, roundTripMs: number, random: Random, options: NetworkOptions): Delay {
  const { loss } = options;
  if (loss === 0) return NONE;
  const packets = Math.ceil(bytes / packetBytesMax);
  const last = Math.min(packets, FOLLOWERS);
  const others = packets - last;
  const chance = random.float();
  if ((1 - loss) ** packets >= chance) return NONE;
  let timeouts = 0;
  while (timeouts < 16 && (1 - loss ** (timeouts + 1)) ** last * (1 - loss ** (timeouts + 2)) ** others < chance) {
    timeouts++;
  }
  return { delayMs: roundTripMs + backOffMs(timeouts, options), timeouts };
}

/**
 * A message leaves while others of its link are late: they share one association, so three messages that come through
 * behind a lost packet have it repeated at once (fast retransmit again, as dcSCTP does for what is lost a second time). On a
 * busy link no packet waits for the timer.
 */
export function follow(late: Flight[], arrivesMs: number, roundTripMs: number, random: Random, loss: number): Flight[] {
  const sooner: Flight[] = [];
  for (const flight of [...late]) {
    if (flight.arrivesMs <= arrivesMs) late.splice(late.indexOf(flight), 1);
    else if (++flight.followers >= FOLLOWERS) {
      flight.followers = 0;
      if (random.float() < loss || arrivesMs + roundTripMs >= flight.arrivesMs) continue;
      flight.arrivesMs = arrivesMs + roundTripMs;
      late.splice(late.indexOf(flight), 1);
      sooner.push(flight);
    }
  }
  return sooner;
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
