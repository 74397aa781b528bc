/**
 * A hybrid logical clock (Kulkarni et al. 2014): stamps follow mesh time, never go back, and come after every stamp
 * that was seen, so that an answer is stamped later than what it answers, while a stamp stays close to real time.
 */
import { limits } from "../limits.ts";

export interface Stamp {
  readonly timeMs: number;
  readonly counter: number;
}

export interface ClockState {
  timeMs: number;
  counter: number;
}

/** Beyond this the next stamp takes the next millisecond. Guess: nobody writes so many rumors in one. */
export const COUNTER_MAX = 65_535;
/**
 * How far stamps of others may pull the clock ahead of mesh time. Half of what makes a stamp parked: a liar may cost
 * the clock its closeness to real time, never its rumors their passage.
 */
const AHEAD_MS: number = limits.skewMs / 2;

/** The next own stamp. */
export function tick(clock: ClockState, meshTimeMs: number): Stamp {
  const meshMs = Math.floor(meshTimeMs);
  // A clock that was far wrong, and was set right since, goes back after all: everybody would park its stamps.
  const wrong = clock.timeMs > meshMs + limits.skewMs;
  if (meshMs > clock.timeMs || wrong) {
    clock.timeMs = meshMs;
    clock.counter = 0;
  } else if (clock.counter >= COUNTER_MAX) {
    clock.timeMs++;
    clock.counter = 0;
  } else clock.counter++;
  return { timeMs: clock.timeMs, counter: clock.counter };
}

/** The next own stamp that also comes after `last`: of two writes to one key the later one must win. */
export function tickAfter(clock: ClockState, meshTimeMs: number, last: Stamp | undefined): Stamp {
  const stamp = tick(clock, meshTimeMs);
  if (last === undefined || stamp.timeMs > last.timeMs) return stamp;
  if (stamp.timeMs === last.timeMs && stamp.counter > last.counter) return stamp;
  // The clock itself is not pulled: `last` may lie ahead of mesh time, as far as stamps may.
  const { timeMs, counter } = last;
  return counter >= COUNTER_MAX ? { timeMs: timeMs + 1, counter: 0 } : { timeMs, counter: counter + 1 };
}

/** A verified rumor has this stamp. */
export function witness(clock: ClockState, stamp: Stamp, meshMs: number): void {
  if (stamp.timeMs > meshMs + AHEAD_MS || stamp.timeMs < clock.timeMs) return;
  if (stamp.timeMs > clock.timeMs) clock.counter = 0;
  clock.timeMs = stamp.timeMs;
  clock.counter = Math.max(clock.counter, Math.min(stamp.counter, COUNTER_MAX));
}
