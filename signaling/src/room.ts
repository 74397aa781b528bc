/**
 * One room: who sits in it, and who of them is handed out to others. Whoever was released is still reachable in its
 * seat for a while, but is handed out no more. Drawing costs the size of the draw, not of the room.
 */
import type { Seat } from "@grapevine/protocol/seed";

/** Uniform whole number in [0, bound). */
export type Below = (bound: number) => number;

/** Somebody with a seat. The room writes `place`; everybody else reads. */
export interface Sitter {
  readonly seat: Seat;
  readonly seatedMs: number;
  card: Uint8Array;
  /** Index among those who are handed out; -1 when released. */
  place: number;
}

/** After a mass crash most of a room is gone and has not been missed yet: whoever did not answer comes last. */
export type Doubt<S> = (sitter: S) => boolean;

export class Room<S extends Sitter> {
  private readonly sitters = new Map<Seat, S>();
  /** Those who are handed out; order means nothing, and changes. */
  private readonly offered: S[] = [];
  private readonly below: Below;

  constructor(below: Below) {
    this.below = below;
  }

  /** Everybody, the released included. */
  get size(): number {
    return this.sitters.size;
  }

  get offeredCount(): number {
    return this.offered.length;
  }

  sitter(seat: Seat): S | undefined {
    return this.sitters.get(seat);
  }

  enter(sitter: S): void {
    this.sitters.set(sitter.seat, sitter);
    sitter.place = this.offered.push(sitter) - 1;
  }

  leave(sitter: S): void {
    this.withdraw(sitter);
    this.sitters.delete(sitter.seat);
  }

  /** Hand this one out no more. */
  withdraw(sitter: S): void {
    if (sitter.place < 0) return;
    const last = this.offered.pop()!;
    if (last !== sitter) this.put(last, sitter.place);
    sitter.place = -1;
  }

  /** How many others are handed out. */
  others(than: S): number {
    return this.offered.length - (than.place < 0 ? 0 : 1);
  }

  /**
   * Up to `count` distinct others, in random order: a partial Fisher-Yates shuffle of the one list there is. Those who are
   * in doubt only if there are too few of the others, among `tries` at most.
   */
  draw(count: number, than: S, isDoubtful: Doubt<S> = () => false, tries: number = Number.POSITIVE_INFINITY): S[] {
    const drawn: S[] = [];
    const doubtful: S[] = [];
    for (let at = 0; at < Math.min(this.offered.length, tries) && drawn.length < count; at++) {
      const chosen = this.swap(at, at + this.below(this.offered.length - at));
      if (chosen !== than) (isDoubtful(chosen) ? doubtful : drawn).push(chosen);
    }
    return [...drawn, ...doubtful.slice(0, Math.max(0, count - drawn.length))];
  }

  /** A random one of those seated since `seatedMs` or longer, if a few tries find one. */
  settled(seatedMs: number, except?: S): S | undefined {
    for (let tries = 0; tries < 16 && this.offered.length > 0; tries++) {
      const sitter = this.offered[this.below(this.offered.length)]!;
      if (sitter.seatedMs <= seatedMs && sitter !== except) return sitter;
    }
    return undefined;
  }

  /** Exchange two places; returns who is at the first one then. */
  private swap(a: number, b: number): S {
    const chosen = this.offered[b]!;
    this.put(this.offered[a]!, b);
    this.put(chosen, a);
    return chosen;
  }

  private put(sitter: S, place: number): void {
    this.offered[place] = sitter;
    sitter.place = place;
  }
}
