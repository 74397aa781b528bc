/**
 * One machine's wall clock, as a function of true time: off by a skew, running a little fast or slow, and set forward
 * or back now and then. It reads whole milliseconds, as `Date.now()` does.
 */
export class WallClock {
  /** True time at which the present course began, and what the clock read then. */
  private sinceMs: number;
  private readMs: number;
  /** Wall milliseconds for each true one. */
  private readonly rate: number;

  /** `driftPpm`: parts per million by which it runs fast; quartz stays within 100. */
  constructor(epochMs: number, skewMs = 0, driftPpm = 0, nowMs = 0) {
    this.sinceMs = nowMs;
    this.readMs = epochMs + nowMs + skewMs;
    this.rate = 1 + driftPpm / 1e6;
  }

  read(nowMs: number): number {
    // The tiny addition keeps a timer that was set for a whole millisecond from waking just before it.
    return Math.floor(this.exact(nowMs) + 1e-4);
  }

  /** True time at which the clock will read `wallMs`. */
  when(wallMs: number): number {
    return this.sinceMs + (wallMs - this.readMs) / this.rate;
  }

  /** Somebody, or NTP, sets the clock by this much. */
  jump(byMs: number, nowMs: number): void {
    this.readMs = this.exact(nowMs) + byMs;
    this.sinceMs = nowMs;
  }

  private exact(nowMs: number): number {
    return this.readMs + (nowMs - this.sinceMs) * this.rate;
  }
}
