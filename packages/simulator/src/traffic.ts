/** What a node sends, counted as it leaves the core: frames and bytes by kind, without the headers of the network. */
import { decodeFrame, type Effect } from "@grapevine/protocol";

export interface Tally {
  frames: number;
  bytes: number;
}

export type Traffic = Map<string, Tally>;

/** Names of frame kinds by their first byte, learned from the frames themselves. */
const names: (string | undefined)[] = [];

export function countSent(traffic: Traffic, effect: Extract<Effect, { kind: "send" }>): void {
  const number = effect.bytes[0]!;
  let name = names[number];
  if (name === undefined) {
    const decoded = decodeFrame(effect.bytes);
    name = decoded.ok && decoded.frame !== undefined ? decoded.frame.kind : `kind ${number}`;
    names[number] = name;
  }
  let tally = traffic.get(name);
  if (tally === undefined) {
    tally = { frames: 0, bytes: 0 };
    traffic.set(name, tally);
  }
  tally.frames++;
  tally.bytes += effect.bytes.length;
}

/** Frames and bytes by kind, over several nodes. */
export function totalOf(traffics: Iterable<Traffic>): Map<string, Tally> {
  const total = new Map<string, Tally>();
  for (const traffic of traffics) {
    for (const [name, { frames, bytes }] of traffic) {
      const sum = total.get(name) ?? { frames: 0, bytes: 0 };
      total.set(name, { frames: sum.frames + frames, bytes: sum.bytes + bytes });
    }
  }
  return total;
}
