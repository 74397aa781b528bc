/**
 * Large values on their way in: pieces that travel as rumors of one log, one behind the other, with small messages
 * between them. A value takes the place of its last piece in the order. Its pieces are rumors that are held anyway, so what is
 * kept here is little: for each log at most one value, and the first piece of the next one ends it.
 */
import type { LogId, Rumor } from "@grapevine/protocol";
import type { Fragment } from "./batch.ts";
import type { Entry } from "./journal.ts";
import { meshLimits } from "./limits.ts";

interface Partial {
  readonly first: Entry;
  readonly parts: Rumor[];
  readonly bytesTotal: number;
  bytes: number;
}

/** What a piece brought. */
export interface Assembled {
  /** Id of the value's first rumor, which names the value. */
  readonly id: Uint8Array;
  readonly bytes: number;
  readonly bytesTotal: number;
  /** The whole value, when this was its last piece. */
  readonly whole: Entry | undefined;
}

export class Assembly {
  private readonly partials = new Map<string, Partial>();
  private readonly onDropped: () => void;

  /** `onDropped` is called for each value that will never be complete, and each piece whose value's beginning is not here. */
  constructor(onDropped: () => void) {
    this.onDropped = onDropped;
  }

  /** Values begun and not complete. */
  get size(): number {
    return this.partials.size;
  }

  /** What the value would be with this piece, if it is the last one and all before it came; changes nothing. */
  completed(entry: Entry, fragment: Fragment): Entry | undefined {
    const partial = this.partials.get(keyOf(entry.rumor.header));
    if (partial === undefined) return isWhole(fragment) ? { ...entry, parts: [entry.rumor] } : undefined;
    return follows(partial, fragment) && isLast(fragment) ? wholeOf(partial, entry.rumor) : undefined;
  }

  /** The next piece of its log, in the order of the log. Undefined when it belongs to nothing that is here. */
  add(entry: Entry, fragment: Fragment): Assembled | undefined {
    const key = keyOf(entry.rumor.header);
    let partial = this.partials.get(key);
    if (partial === undefined || !follows(partial, fragment)) {
      if (partial !== undefined) this.drop(key);
      if (fragment.offset !== 0) {
        this.onDropped();
        return undefined;
      }
      partial = { first: entry, parts: [], bytesTotal: fragment.bytesTotal, bytes: 0 };
      this.partials.set(key, partial);
      if (this.partials.size > meshLimits.assembliesMax) this.drop(this.partials.keys().next().value!);
    }
    partial.bytes += fragment.piece.length;
    const { bytes, bytesTotal } = partial;
    if (bytes === bytesTotal) this.partials.delete(key);
    const whole = bytes === bytesTotal ? wholeOf(partial, entry.rumor) : undefined;
    partial.parts.push(entry.rumor);
    return { id: partial.first.id, bytes, bytesTotal, whole };
  }

  /** Everything of this log below `below` is gone. */
  forget(log: LogId, below: number): void {
    const key = keyOf(log);
    const partial = this.partials.get(key);
    if (partial !== undefined && partial.first.rumor.header.seq < below) this.drop(key);
  }

  private drop(key: string): void {
    if (this.partials.delete(key)) this.onDropped();
  }
}

function follows({ bytes, bytesTotal }: Partial, { offset, bytesTotal: its }: Fragment): boolean {
  return offset > 0 && offset === bytes && bytesTotal === its;
}

function isLast({ offset, piece, bytesTotal }: Fragment): boolean {
  return offset + piece.length === bytesTotal;
}

function isWhole(fragment: Fragment): boolean {
  return fragment.offset === 0 && isLast(fragment);
}

function wholeOf({ first, parts }: Partial, last: Rumor): Entry {
  return { rumor: last, id: first.id, hops: first.hops, parts: [...parts, last] };
}

function keyOf({ author, incarnation }: Pick<LogId, "author" | "incarnation">): string {
  return `${author}/${incarnation}`;
}
