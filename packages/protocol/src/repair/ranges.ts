/**
 * Sets of sequence numbers as sorted, disjoint, inclusive ranges: how a peer says what it holds of a log ("1-18; 20;
 * 22-71"). Neighboring ranges are always merged, so that one set has one form.
 */
import type { Range } from "../types.ts";

/** Index of the last range that begins at or before `seq`; -1 when there is none. */
function lastBefore(ranges: readonly Range[], seq: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]![0] <= seq) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Sorted, disjoint, not touching, counted from 1: the only form that a frame may carry. */
export function areCanonical(ranges: readonly Range[]): boolean {
  let end = -1;
  for (const [from, to] of ranges) {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return false;
    if (from < 1 || to < from || from <= end + 1) return false;
    end = to;
  }
  return true;
}

/** Add one number, in place. */
export function insert(ranges: Range[], seq: number): void {
  const at = lastBefore(ranges, seq);
  const before = ranges[at];
  if (before !== undefined && seq <= before[1]) return;
  const after = ranges[at + 1];
  const joinsBefore = before !== undefined && before[1] === seq - 1;
  const joinsAfter = after !== undefined && after[0] === seq + 1;
  if (joinsBefore && joinsAfter) ranges.splice(at, 2, [before[0], after[1]]);
  else if (joinsBefore) ranges[at] = [before[0], seq];
  else if (joinsAfter) ranges[at + 1] = [seq, after[1]];
  else ranges.splice(at + 1, 0, [seq, seq]);
}

/** Add all from one number to another, in place. */
export function insertAll(ranges: Range[], range: Range): void {
  const last = ranges.at(-1);
  // Most grow at an end.
  if (last === undefined || range[0] > last[1] + 1) ranges.push(range);
  else ranges.splice(0, ranges.length, ...union(ranges, [range]));
}

/** Take one number out, in place. */
export function remove(ranges: Range[], seq: number): void {
  const at = lastBefore(ranges, seq);
  const range = ranges[at];
  if (range === undefined || seq > range[1]) return;
  const rest: Range[] = [];
  if (range[0] < seq) rest.push([range[0], seq - 1]);
  if (range[1] > seq) rest.push([seq + 1, range[1]]);
  ranges.splice(at, 1, ...rest);
}

/** Take out everything below `low`, in place. */
export function removeBelow(ranges: Range[], low: number): void {
  let gone = 0;
  while (gone < ranges.length && ranges[gone]![1] < low) gone++;
  ranges.splice(0, gone);
  const first = ranges[0];
  if (first !== undefined && first[0] < low) ranges[0] = [low, first[1]];
}

/** The part from `from` to `to`, both inclusive. */
export function clip(ranges: readonly Range[], from: number, to: number): Range[] {
  const out: Range[] = [];
  for (let at = Math.max(0, lastBefore(ranges, from)); at < ranges.length; at++) {
    const range = ranges[at]!;
    if (range[0] > to) break;
    if (range[1] >= from) out.push([Math.max(range[0], from), Math.min(range[1], to)]);
  }
  return out;
}

/** What is in both. */
export function intersect(a: readonly Range[], b: readonly Range[]): Range[] {
  return a.flatMap(([from, to]) => clip(b, from, to));
}

/** What is in either. */
export function union(a: readonly Range[], b: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const [from, to] of [...a, ...b].toSorted((one, two) => one[0] - two[0])) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1) out[out.length - 1] = [last[0], Math.max(last[1], to)];
    else out.push([from, to]);
  }
  return out;
}

/** What is in `a` and not in `b`. */
export function subtract(a: readonly Range[], b: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const [from, to] of a) {
    let next = from;
    for (const [start, end] of clip(b, from, to)) {
      if (start > next) out.push([next, start - 1]);
      next = end + 1;
    }
    if (next <= to) out.push([next, to]);
  }
  return out;
}

/** The least member at or above `seq`. */
export function firstFrom(ranges: readonly Range[], seq: number): number | undefined {
  const at = lastBefore(ranges, seq);
  const range = ranges[at];
  if (range !== undefined && seq <= range[1]) return seq;
  return ranges[at + 1]?.[0];
}

/** From members in ascending order. */
export function fromMembers(seqs: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === seq - 1) ranges[ranges.length - 1] = [last[0], seq];
    else ranges.push([seq, seq]);
  }
  return ranges;
}

/** How many numbers there are in it. */
export function count(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** Members, the greatest first. Callers bound how many they take. */
export function* descending(ranges: readonly Range[]): Generator<number> {
  for (let at = ranges.length - 1; at >= 0; at--) {
    const [from, to] = ranges[at]!;
    for (let seq = to; seq >= from; seq--) yield seq;
  }
}

/** Members in order. Callers bound how many they take: a range in a frame may be as long as it likes. */
export function* members(ranges: readonly Range[]): Generator<number> {
  for (const [from, to] of ranges) for (let seq = from; seq <= to; seq++) yield seq;
}

/** The member with exactly `below` members below it. */
export function nth(ranges: readonly Range[], below: number): number {
  let left = below;
  for (const [from, to] of ranges) {
    if (left <= to - from) return from + left;
    left -= to - from + 1;
  }
  return (ranges.at(-1)?.[1] ?? 0) + 1;
}
