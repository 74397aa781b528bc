/**
 * Range-based set reconciliation (Meyer 2023; the protocol of negentropy): two ends compare fingerprints of ranges of
 * their sorted sets. A range that differs is split in sixteen, or, when it is short, its short ids are listed; the other
 * end answers a list with what the lister lacks. A message covers everything in spans, newest first. When it would grow
 * over its budget the rest of the set goes into one last fingerprint, and is gone into later: so any budget makes headway.
 *
 * A hostile end can make us list what we hold, in messages of the size that we chose, one for each of its own; it learns
 * short ids under its salt, and nothing follows from what it says but offers and questions.
 */
import type { Bound, Item, ItemSet } from "./item-set.ts";
import { shortKey } from "./item-set.ts";

/** What is said of the items between the end of the span before and `end`. */
export interface Span {
  /** Undefined in the last span of a message that goes to the very end. */
  readonly end: Bound | undefined;
  readonly says:
    /** Nothing more: both have the same, or know what differs. */
    | { readonly kind: "done" }
    /** The sum of my short ids here. */
    | { readonly kind: "print"; readonly high: number; readonly low: number }
    /** All of my short ids here. */
    | { readonly kind: "ids"; readonly ids: Uint32Array }
    /** Those that you lack of your list; I know what you have that I lack. */
    | { readonly kind: "lacks"; readonly ids: Uint32Array };
}

export interface Answer<T> {
  /** To be sent back; empty when there is nothing left to say. */
  readonly spans: readonly Span[];
  /** Ours, that the other end lacks. */
  readonly offers: readonly T[];
  /** Short ids of what it has and we lack: high word, low word, and so on. */
  readonly lacking: readonly number[];
}

export interface RangeOptions {
  /** Bytes of one message, roughly. */
  readonly bytesMax: number;
  /** Parts into which a range is split. Source: negentropy. */
  readonly branching: number;
  /** A range of no more items is listed. Guess: as long as a split's fingerprints. */
  readonly leafMax: number;
}

const DEFAULTS: RangeOptions = { bytesMax: 32_768, branching: 16, leafMax: 24 };
/** A bound, a kind and a count. */
const SPAN_BYTES = 8;
/** Room for the last fingerprint. */
const SLACK_BYTES = 32;

export class RangeReconciler<T extends Item> {
  private readonly set: ItemSet<T>;
  private readonly options: RangeOptions;

  constructor(set: ItemSet<T>, options: Partial<RangeOptions> = {}) {
    this.set = set;
    this.options = { ...DEFAULTS, ...options };
  }

  /** The first message of a session. */
  open(): readonly Span[] {
    return this.detail(0, this.set.size, undefined);
  }

  answer(spans: readonly Span[]): Answer<T> {
    const { set } = this;
    const out: Span[] = [];
    const offers: T[] = [];
    const lacking: number[] = [];
    let from = 0;
    let left = this.options.bytesMax - SLACK_BYTES;
    /** Where the budget ended. */
    let rest: number | undefined;
    for (const { end, says } of spans) {
      const to = Math.max(from, set.placeOf(end));
      if (says.kind === "lacks") this.addLacking(says.ids, lacking);
      if (rest === undefined) {
        if (says.kind === "ids") {
          const places = this.unlisted(says.ids, from, to);
          const some = places.slice(0, Math.max(0, Math.floor((left - SPAN_BYTES) / 8)));
          for (const at of some) offers.push(set.items[at]!);
          this.addLacking(says.ids, lacking);
          if (some.length === places.length) left -= push(out, [this.lacks(some, end)]);
          else if (some.length === 0) rest = from;
          else {
            rest = places[some.length]!;
            left -= push(out, [this.lacks(some, set.boundAt(rest))]);
          }
        } else {
          const reply = this.reply(says, from, to, end);
          if (sizeOf(reply) > left && out.some(({ says: { kind } }) => kind !== "done")) rest = from;
          else left -= push(out, reply);
        }
      }
      from = to;
    }
    if (rest !== undefined) out.push({ end: undefined, says: { kind: "print", ...set.print(rest, set.size) } });
    else if (out.at(-1)?.says.kind === "done") out.pop();
    return { spans: out, offers, lacking };
  }

  private reply(says: Span["says"], from: number, to: number, end: Bound | undefined): readonly Span[] {
    if (says.kind === "print") {
      const ours = this.set.print(from, to);
      if (ours.high !== says.high || ours.low !== says.low) return this.detail(from, to, end);
    }
    return [{ end, says: { kind: "done" } }];
  }

  private lacks(places: readonly number[], end: Bound | undefined): Span {
    if (places.length === 0) return { end, says: { kind: "done" } };
    const ids = Uint32Array.from(places.flatMap((at) => [this.set.highs[at]!, this.set.lows[at]!]));
    return { end, says: { kind: "lacks", ids } };
  }

  /** A range that differs, closer: a list, or fingerprints of its parts. */
  private detail(from: number, to: number, end: Bound | undefined): readonly Span[] {
    const { set } = this;
    const { branching, leafMax } = this.options;
    const count = to - from;
    if (count <= leafMax) return [{ end, says: { kind: "ids", ids: set.shortIds(from, to) } }];
    return Array.from({ length: branching }, (_, part) => {
      const start = from + Math.floor((count * part) / branching);
      const stop = from + Math.floor((count * (part + 1)) / branching);
      return {
        end: part === branching - 1 ? end : set.boundAt(stop),
        says: { kind: "print", ...set.print(start, stop) },
      };
    });
  }

  /** Places of ours that stand in a range and not in their list of it. */
  private unlisted(theirs: Uint32Array, from: number, to: number): number[] {
    const listed = new Set<number>();
    for (let i = 0; i < theirs.length; i += 2) listed.add(shortKey(theirs[i]!, theirs[i + 1]!));
    const places: number[] = [];
    for (let at = from; at < to; at++) {
      if (!listed.has(shortKey(this.set.highs[at]!, this.set.lows[at]!))) places.push(at);
    }
    return places;
  }

  private addLacking(ids: Uint32Array, lacking: number[]): void {
    for (let i = 0; i < ids.length; i += 2) {
      if (this.set.find(ids[i]!, ids[i + 1]!) === undefined) lacking.push(ids[i]!, ids[i + 1]!);
    }
  }
}

/** Two spans of which nothing is left to say are one. Returns the bytes that they take. */
function push(out: Span[], spans: readonly Span[]): number {
  for (const span of spans) {
    if (span.says.kind === "done" && out.at(-1)?.says.kind === "done") out.pop();
    out.push(span);
  }
  return sizeOf(spans);
}

function sizeOf(spans: readonly Span[]): number {
  let bytes = 0;
  for (const { says } of spans)
    bytes += SPAN_BYTES + (says.kind === "print" ? 8 : 0) + ("ids" in says ? 4 * says.ids.length : 0);
  return bytes;
}
