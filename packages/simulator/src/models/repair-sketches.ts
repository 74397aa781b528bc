/**
 * Ways to compare two sets of rumors, for comparison with what is shipped. `ranges`: all logs are told, each way. `rbsr`:
 * ranges of rumors by stamp (Meyer 2023), as the shipped reconciler of sets does it. `iblt`: rateless IBLT (Yang et al.
 * 2024), whose length follows from a first short piece. `merkle`: a hash tree with sixteen branches over 32-byte ids, as
 * in Dynamo (DeCandia et al. 2007). Each ends with a want of what is lacking, and counts it.
 */
import { encodeFrame, type Frame, type KeptRumor, limits, type LogHave, type Rumors, toHex } from "@grapevine/protocol";
import {
  type CodedSymbols,
  decodeSymbols,
  encodeSymbols,
  ItemSet,
  RangeReconciler,
  type Span,
  symbolsFor,
} from "@grapevine/protocol/models";
import type { Repaired } from "./repair-rooms.ts";

const ROUND = 0x1234_5678;
const SALT = { high: 0, low: ROUND };

/** Counts what goes over the link, message by message, from one end and the other in turn. */
class Wire {
  bytes = 0;
  /** Messages in turn. */
  steps = 0;

  say(...frames: readonly Frame[]): void {
    this.steps++;
    for (const frame of frames) this.bytes += encodeFrame(frame).length;
  }

  get end(): Pick<Repaired, "bytes" | "roundTrips"> {
    // The rumors are the last step.
    return { bytes: this.bytes, roundTrips: Math.ceil((this.steps + (this.steps > 1 ? 1 : 0)) / 2) };
  }
}

type Sketch = (ours: readonly KeptRumor[], theirs: readonly KeptRumor[], rooms: readonly [Rumors, Rumors]) => Wire;

function digest(wire: Wire): void {
  wire.say({ kind: "digest", round: ROUND, beforeMs: 0, logs: 1000, fingerprint: new Uint8Array(8) });
}

function logsOf(room: Rumors): readonly LogHave[] {
  return [...room.state.logs.logs.values()].map(({ id, low, ranges }) => ({ log: id, low, ranges }));
}

const ranges: Sketch = (ours, theirs, [a, b]) => {
  const wire = new Wire();
  digest(wire);
  if (ours.length === theirs.length) return wire;
  const pages = (all: readonly LogHave[]): Frame[] =>
    inPages(all, ({ length }) => length).map((logs) => ({ kind: "have", round: ROUND, covers: { kind: "all" }, logs }));
  wire.say(...pages(logsOf(b)));
  const wants = logsOf(b).flatMap(({ log, ranges: all }) => {
    const key =
      typeof log === "number" ? "" : `${log.author}/${log.topic}/${String(log.incarnation).padStart(16, "0")}`;
    const held = a.state.logs.logs.get(key)?.held;
    const lacking: [number, number][] = [];
    for (const [from, to] of all) {
      for (let seq = from; seq <= to; seq++) {
        if (held?.has(seq) === true) continue;
        const last = lacking.at(-1);
        if (last?.[1] === seq - 1) last[1] = seq;
        else lacking.push([seq, seq]);
      }
    }
    return lacking.length === 0 ? [] : [{ log, ranges: lacking }];
  });
  const asked = inPages(wants, ({ length }) => length).map((some): Frame => ({ kind: "want", round: 0, wants: some }));
  wire.say(...pages(logsOf(a)), ...asked);
  return wire;
};

const rbsr: Sketch = (ours, theirs) => {
  const wire = new Wire();
  const ends = [ours, theirs].map((rumors) => {
    const set = new ItemSet(
      rumors.map(({ rumor, id }) => ({ order: rumor.header.timeMs, id })),
      SALT,
    );
    return { set, reconciler: new RangeReconciler(set, { bytesMax: limits.frameBytesMax }) };
  });
  const { high, low } = ends[0]!.set.print(0, ours.length);
  wire.say({ kind: "mapDigest", round: ROUND, spans: [{ end: undefined, says: { kind: "print", high, low } }] });
  const same = ends[1]!.set.print(0, theirs.length);
  if (same.high === high && same.low === low) return wire;
  let spans: readonly Span[] = ends[1]!.reconciler.open();
  const lacking: number[] = [];
  for (let turn = 0; spans.length > 0; turn = 1 - turn) {
    wire.say({ kind: "mapDigest", round: ROUND, spans });
    const answer = ends[turn]!.reconciler.answer(spans);
    if (turn === 0) lacking.push(...answer.lacking);
    spans = answer.spans;
  }
  // It travels with the last answer.
  wire.steps--;
  wire.say(...idsOf(lacking));
  return wire;
};

/** Symbols of the first piece. Guess: enough for a few dozen differences, and to estimate any. */
const FIRST = 64;

const iblt: Sketch = (ours, theirs) => {
  const wire = new Wire();
  digest(wire);
  if (ours.length === theirs.length) return wire;
  const [a, b] = [ours, theirs].map(
    (rumors) =>
      new ItemSet(
        rumors.map(({ id }) => ({ order: 0, id })),
        SALT,
      ),
  );
  const say = (symbols: CodedSymbols): void =>
    wire.say({ kind: "reconcile", round: ROUND, part: { step: "symbols", symbols } });
  const first = encodeSymbols(b!, FIRST);
  say(first);
  let found = decodeSymbols(a!, first);
  if (found.complete) {
    wire.say(...idsOf(found.theirs));
    return wire;
  }
  for (let count = symbolsFor(estimate(encodeSymbols(a!, FIRST), first)); !found.complete; count *= 2) {
    const symbols = encodeSymbols(a!, count);
    for (let at = 0; at < count; at += limits.symbolsMax) say(cut(symbols, at, at + limits.symbolsMax));
    wire.steps -= Math.ceil(count / limits.symbolsMax) - 1;
    found = decodeSymbols(b!, symbols);
  }
  // Whoever decoded offers what the other lacks, and is asked for it.
  wire.say(...idsOf(found.ours));
  wire.say(...idsOf(found.ours));
  return wire;
};

/** Differences, from the counts of the first symbols: their variance is what items that are on one side only add. */
function estimate(ours: CodedSymbols, theirs: CodedSymbols): number {
  const offset = theirs.size - ours.size;
  let [sum, weight] = [0, 0];
  for (let i = 1; i < theirs.counts.length; i++) {
    const share = 1 / (1 + i / 2);
    const off = theirs.counts[i]! - ours.counts[i]! - offset * share;
    sum += off ** 2;
    weight += share * (1 - share);
  }
  return Math.max(Math.abs(offset), Math.ceil(sum / weight));
}

function cut({ size, counts, highs, lows, checks }: CodedSymbols, from: number, to: number): CodedSymbols {
  return {
    size,
    counts: counts.slice(from, to),
    highs: highs.slice(from, to),
    lows: lows.slice(from, to),
    checks: checks.slice(from, to),
  };
}

function idsOf(ids: readonly number[]): readonly Frame[] {
  return inPages(ids, ({ length }) => length / 2).map((some) => ({
    kind: "mapWant",
    round: ROUND,
    ids: Uint32Array.from(some),
  }));
}

function inPages<T>(all: readonly T[], count: (page: readonly T[]) => number): T[][] {
  const pages: T[][] = [];
  const each = count([...all.slice(0, 2)]) === 1 ? 2 * PAGE : PAGE;
  for (let at = 0; at < all.length; at += each) pages.push(all.slice(at, at + each));
  return pages;
}

/** Entries of one page. Source: what the frames take. */
const PAGE = 400;

/** Bytes of an id and of a hash in the tree, of a node's place, and of ids in a leaf at most. */
const ID_BYTES = 32;
const PLACE_BYTES = 4;
const LEAF_MAX = 16;
const BRANCHES = 16;

const merkle: Sketch = (ours, theirs) => {
  const wire = new Wire();
  const [a, b] = [ours, theirs].map((rumors) => rumors.map(({ id }) => toHex(id)).toSorted());
  const mine = new Set(a);
  wire.steps++;
  wire.bytes += ID_BYTES;
  if (ours.length === theirs.length) return wire;
  // Level by level: the children's hashes of each node that differs; a leaf's ids.
  let nodes = [""];
  let lacking = 0;
  while (nodes.length > 0) {
    wire.steps++;
    const next: string[] = [];
    for (const node of nodes) {
      const held = under(b!, node);
      if (held.length <= LEAF_MAX) {
        wire.bytes += PLACE_BYTES + held.length * ID_BYTES;
        lacking += held.filter((id) => !mine.has(id)).length;
        continue;
      }
      wire.bytes += PLACE_BYTES + BRANCHES * ID_BYTES;
      for (const digit of "0123456789abcdef") {
        const child = node + digit;
        const [one, two] = [under(a!, child), under(b!, child)];
        if (one.length !== two.length || one.some((id, i) => id !== two[i])) next.push(child);
      }
    }
    nodes = next;
    // Which of them differ is said in turn.
    if (nodes.length > 0) {
      wire.steps++;
      wire.bytes += nodes.length * PLACE_BYTES;
    }
  }
  wire.steps++;
  wire.bytes += lacking * ID_BYTES;
  return wire;
};

/** The ids with this prefix, of sorted ones. */
function under(sorted: readonly string[], prefix: string): readonly string[] {
  const place = (text: string): number => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (sorted[middle]! < text) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  return sorted.slice(place(prefix), place(`${prefix}~`));
}

type Scheme = "ranges" | "rbsr" | "iblt" | "merkle";

const SKETCHES: Readonly<Record<Scheme, Sketch>> = { ranges, rbsr, iblt, merkle };

export function sketch(scheme: Scheme, clockMs: () => number, ...sides: Parameters<Sketch>): Repaired {
  const startMs = clockMs();
  const wire = SKETCHES[scheme](...sides);
  return { ...wire.end, cpuMs: clockMs() - startMs };
}
