/**
 * How fast a process or page connects, whichever engine asks. At most five dials work at once, because more lose connections in wrtc; creating a
 * connection takes a token from a bucket, because Chromium counts closed ones against its 500 a page until they are
 * collected; and after a constructor failed, none is tried for a while.
 *
 * A place is held for work that is ours, gathering candidates or connecting, and never while waiting for the other
 * side's signal: two engines full of offers to each other would otherwise wait for each other until all time out.
 */
import type { Clock } from "./clock.ts";
import { linkLimits } from "./limits.ts";

export interface GateOptions {
  readonly dialsMax: number;
  /** A place is given up after this time at the latest. */
  readonly dialMs: number;
  readonly createBurst: number;
  readonly createPeriodMs: number;
}

/** A place at the gate, or in the line before it. */
export interface Place {
  /** Give it up; later calls do nothing. */
  leave(): void;
}

interface Waiting {
  readonly enter: () => void;
  readonly place: Place;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #clock: Clock;
  #dialing = 0;
  /** Connections begun go first: others wait for them, and their work so far would be lost to a time-out. */
  #connecting: Waiting[] = [];
  #creating: Waiting[] = [];
  #tokens: number;
  #countedMs: number;
  #backOffMs: number = linkLimits.backOffMsMin;
  #closedUntilMs = -Infinity;
  #cancelTimer: (() => void) | undefined;

  constructor(options: GateOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#tokens = options.createBurst;
    this.#countedMs = clock.nowMs();
  }

  get dialing(): number {
    return this.#dialing;
  }

  get waiting(): number {
    return this.#connecting.length + this.#creating.length;
  }

  /** Connections that could be created now. */
  get creatable(): number {
    this.#count();
    return this.#clock.nowMs() < this.#closedUntilMs ? 0 : Math.floor(this.#tokens);
  }

  /**
   * Run when there is a place, perhaps in this very call; "create" takes a token as well. The place is held until
   * `leave`, which also takes one out of the line.
   */
  enter(kind: "create" | "connect", run: (place: Place) => void): Place {
    let state: "waiting" | "inside" | "left" = "waiting";
    let cancelTimer = (): void => {};
    const place: Place = {
      leave: () => {
        cancelTimer();
        const was = state;
        state = "left";
        if (was === "inside") {
          this.#dialing--;
          this.#admit();
        } else if (was === "waiting") {
          this.#connecting = this.#connecting.filter((other) => other.place !== place);
          this.#creating = this.#creating.filter((other) => other.place !== place);
          if (this.#creating.length === 0) this.#cancelWait();
        }
      },
    };
    const enter = (): void => {
      state = "inside";
      this.#dialing++;
      cancelTimer = this.#clock.after(this.#options.dialMs, () => place.leave());
      run(place);
    };
    (kind === "create" ? this.#creating : this.#connecting).push({ enter, place });
    this.#admit();
    return place;
  }

  /** A connection was created: the platform is willing. */
  succeeded(): void {
    this.#backOffMs = linkLimits.backOffMsMin;
  }

  /** The platform refused to create one. */
  failed(): void {
    this.#closedUntilMs = this.#clock.nowMs() + this.#backOffMs;
    this.#backOffMs = Math.min(linkLimits.backOffMsMax, this.#backOffMs * 2);
  }

  #admit(): void {
    while (this.#dialing < this.#options.dialsMax) {
      const next = this.#connecting.shift() ?? this.#nextToCreate();
      if (next === undefined) return;
      next.enter();
    }
  }

  #nextToCreate(): Waiting | undefined {
    if (this.#creating.length === 0) return undefined;
    this.#count();
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#closedUntilMs && this.#tokens >= 1) {
      this.#tokens--;
      return this.#creating.shift();
    }
    const untilTokenMs = (1 - this.#tokens) * this.#options.createPeriodMs;
    const waitMs = Math.max(this.#closedUntilMs - nowMs, untilTokenMs, 1);
    this.#cancelWait();
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = undefined;
      this.#admit();
    });
    return undefined;
  }

  #cancelWait(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #count(): void {
    const nowMs = this.#clock.nowMs();
    const minted = (nowMs - this.#countedMs) / this.#options.createPeriodMs;
    this.#tokens = Math.min(this.#options.createBurst, this.#tokens + minted);
    this.#countedMs = nowMs;
  }
}
