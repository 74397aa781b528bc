/**
 * What one link was asked for and has not brought yet, want by want. Links keep their order, and answers that of their
 * wants: so what comes tells as well what will not come any more.
 */
import { limits } from "../limits.ts";
import type { Range } from "../types.ts";
import { count, subtract } from "./ranges.ts";

/** Rumors of one log, asked for in one want. */
export interface Part {
  readonly key: string;
  /** What of it has not come. */
  ranges: readonly Range[];
  /** The newest number of each range, as it was asked for: there answers begin anew. */
  readonly tops: readonly number[];
}

/** One want under way, its logs in the order in which they are answered, each from its newest on. */
export interface Asked {
  readonly parts: Part[];
  readonly rumors: number;
  /** What the answer has cost so far. */
  bytes: number;
  dueMs: number;
}

/** How many rumors of a want are still awaited. */
export function awaited({ parts }: Asked): number {
  return parts.reduce((sum, { ranges }) => sum + count(ranges), 0);
}

/** Does any of these wants ask for some of it? */
export function asksFor(wants: readonly Asked[], key: string, [from, to]: Range): boolean {
  return wants.some(({ parts }) =>
    parts.some((part) => part.key === key && part.ranges.some(([start, end]) => from <= end && to >= start)),
  );
}

/** Is this where an answer begins, or further up? Then whoever sends it has checked the signature. */
export function isTop(wants: readonly Asked[], key: string, [from, to]: Range): boolean {
  return wants.some(({ parts }) =>
    parts.some((part) => part.key === key && part.tops.some((top) => top >= from && top <= to)),
  );
}

/**
 * Rumors came that answer one of these wants. Wants before it are over, and are taken out, and so is this one when the other
 * side stops here. Returns what was passed over: it is not there.
 */
export function settle(
  wants: Asked[],
  key: string,
  [from, to]: Range,
  cost: number,
): { readonly passed: readonly Part[]; readonly ended: number } {
  const at = wants.findIndex((asked) => asksFor([asked], key, [from, to]));
  const passed: Part[] = [];
  let ended = 0;
  for (const before of wants.splice(0, at)) {
    passed.push(...before.parts);
    ended++;
  }
  const asked = wants[0]!;
  asked.bytes += cost;
  while (asked.parts[0]!.key !== key) passed.push(asked.parts.shift()!);
  const part = asked.parts[0]!;
  const above = part.ranges.flatMap(([start, end]): Range[] => (end > to ? [[Math.max(start, to + 1), end]] : []));
  if (above.length > 0) passed.push({ ...part, ranges: above });
  part.ranges = subtract(part.ranges, [[from, Number.MAX_SAFE_INTEGER]]);
  if (part.ranges.length === 0) asked.parts.shift();
  if (asked.parts.length === 0 || asked.bytes >= limits.repairBytesMax) {
    wants.shift();
    ended++;
  }
  return { passed, ended };
}
