/**
 * One repair between two shipped rooms, over a link that takes one step of time for whatever is on it. Signatures hold,
 * and cost nothing; everything but the rumors themselves is counted as it is on the wire.
 */
import {
  decodeFrame,
  type Effect,
  encodeFrame,
  type Frame,
  type LinkId,
  type Moment,
  type Rumors,
} from "@grapevine/protocol";

export interface Repaired {
  /** Of all frames but the rumors, both ways. */
  readonly bytes: number;
  /** Until rumors come after the last word. */
  readonly roundTrips: number;
  /** Time that both took, but for taking in rumors; on this machine. */
  readonly cpuMs: number;
}

const LINK: LinkId = 1;
/** While nothing is said and something is lacking still, time goes on in these steps; so often at most. */
const PACE_MS = 5;
const IDLE_MAX = 4_000;
/** Both begin by themselves within this time of meeting. */
const BEGIN_MS = 50;

/** The first of the two asks. `clockMs`: a clock for what it costs; nothing depends on it. */
export function repair(ends: readonly [Rumors, Rumors], meeting: Moment, clockMs: () => number): Repaired {
  let now = later(meeting, BEGIN_MS);
  const queues: [Uint8Array[], Uint8Array[]] = [[], []];
  const effects: [Effect[], Effect[]] = [[], []];
  let [bytes, cpuMs, steps, spoken, ref] = [0, 0, 0, 0, 0];
  const out = ([0, 1] as const).map((side) => ({
    frame: (_: LinkId, frame: Frame): void => {
      const encoded = encodeFrame(frame);
      if (frame.kind !== "rumor" && frame.kind !== "segment") bytes += encoded.length;
      queues[1 - side]!.push(encoded);
    },
    effect: (effect: Effect): void => void effects[side].push(effect),
    ref: (): number => ++ref,
  }));
  const timed = (run: () => void): void => {
    const startMs = clockMs();
    run();
    cpuMs += clockMs() - startMs;
  };
  // What a good signature brings on may have others checked: a few at a time, before anything is sent.
  const verify = (side: 0 | 1): void => {
    while (effects[side].length > 0) {
      const effect = effects[side].shift()!;
      if (effect.kind === "verify") ends[side].onVerified(effect.ref, true, now, out[side]!);
    }
  };
  // The lower id begins; here the first does, whichever it is.
  ends[0].onLinkUp(LINK, "~", meeting);
  ends[1].onLinkUp(LINK, "", meeting);
  timed(() => ends[0].onDeadline(now, out[0]!));
  for (let idle = 0; idle < IDLE_MAX;) {
    if (queues.every((queue) => queue.length === 0)) {
      if (ends[0].digest().join() === ends[1].digest().join()) break;
      // A link takes rumors at its own pace.
      idle++;
      now = later(now, PACE_MS);
      for (const side of [0, 1] as const) {
        ends[side].onDeadline(now, out[side]!);
        verify(side);
      }
      continue;
    }
    steps++;
    const arrived = queues.map((queue) => queue.splice(0));
    for (const side of [0, 1] as const) {
      for (const one of arrived[side]!) {
        const decoded = decodeFrame(one);
        if (!decoded.ok || decoded.frame === undefined) throw new Error("a frame that does not decode");
        const { frame } = decoded;
        const run = (): unknown => ends[side].onFrame(LINK, frame as never, now, out[side]!);
        if (frame.kind === "rumor" || frame.kind === "segment") run();
        else {
          spoken = steps;
          timed(run);
        }
        verify(side);
      }
    }
  }
  // The first of the rumors come a step after the last word.
  return { bytes, roundTrips: Math.ceil(Math.min(steps, spoken + 1) / 2), cpuMs };
}

function later({ nowMs, meshMs }: Moment, ms: number): Moment {
  return { nowMs: nowMs + ms, meshMs: meshMs + ms };
}
