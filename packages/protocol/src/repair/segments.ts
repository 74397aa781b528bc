/**
 * Segments: consecutive rumors of one log in one frame, which vouch for each other. Each names the one before it by a hash
 * over everything that it says, so whoever believes the newest believes them all: one signature for a whole history, as in
 * Secure Scuttlebutt's feeds and Git's commits. The names are computed here, from the oldest on, and so cannot be wrong:
 * what was altered on the way shows in the id of the newest, and nowhere else.
 */
import { limits } from "../limits.ts";
import type { Hash, Header, Range, Rumor } from "../types.ts";
import type { SegmentEntry, SegmentFrame } from "../wire/frames.ts";
import { oneFurther } from "../wire/onward.ts";
import { RUMOR_VERSION } from "../wire/rumor-codec.ts";
import { rumorIdsOf } from "../wire/statements.ts";
import type { Log } from "./logs.ts";

/** A rumor and its name. */
export interface Named {
  readonly rumor: Rumor;
  readonly id: Uint8Array;
}

/** Counted for a rumor of a segment beside its body. Source: the grammar; what the first 32 bits of a number take. */
const ENTRY_BYTES = 96;

/** The rumors of a segment, oldest first. */
export function unfold({ log, first, prev, entries }: SegmentFrame, hash: Hash, meshId: Uint8Array): Named[] {
  const { author, incarnation, topic } = log;
  const idOf = rumorIdsOf(hash, meshId);
  const named: Named[] = [];
  let before = prev;
  for (const [i, { kind, low, timeMs, counter, expiryMs, keyId, body, signature }] of entries.entries()) {
    const header: Header = {
      version: RUMOR_VERSION,
      author,
      incarnation,
      topic,
      seq: first + i,
      prev: before,
      timeMs,
      counter,
      expiryMs,
      keyId,
      kind,
      low,
    };
    const id = idOf(header, hash(body));
    named.push({ rumor: { header, body, signature }, id });
    before = id;
  }
  return named;
}

/** Held rumors as a segment. They have to stand, and to name each other. */
export function fold(log: Log, [from, to]: Range): SegmentFrame {
  const entries: SegmentEntry[] = [];
  let hops = 0;
  for (let seq = from; seq <= to; seq++) {
    const held = log.held.get(seq)!;
    const { header, body, signature } = held.rumor;
    const { kind, low, timeMs, counter, expiryMs, keyId } = header;
    entries.push({ kind, low, timeMs, counter, expiryMs, keyId, body, signature });
    hops = Math.max(hops, held.hops);
  }
  const { prev } = log.held.get(from)!.rumor.header;
  return { kind: "segment", hops: oneFurther(hops), log: log.id, first: from, prev, entries };
}

/** A run of held rumors cut into pieces of a segment's size, newest first. */
export function* pieces(log: Log, [from, to]: Range): Generator<Range> {
  for (let end = to; end >= from;) {
    let start = end;
    let bytes = sizeOf(log, end);
    while (start > from && end - start + 1 < limits.segmentRumorsMax) {
      bytes += sizeOf(log, start - 1);
      if (bytes > limits.segmentBytes) break;
      start--;
    }
    yield [start, end];
    end = start - 1;
  }
}

function sizeOf(log: Log, seq: number): number {
  return log.held.get(seq)!.rumor.body.length + ENTRY_BYTES;
}
