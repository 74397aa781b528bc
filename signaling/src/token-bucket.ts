/**
 * A token bucket (Tanenbaum, Computer Networks): the right to pass is refilled at a steady rate, up to a burst. What has
 * already arrived cannot be refused, so it is charged in full and the bucket may fall into debt: the answer says how
 * long to read nothing.
 */
import type { Rate } from "./limits.ts";

export class TokenBucket {
  private readonly rate: Rate;
  private tokens: number;
  private filledMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.rate = rate;
    this.tokens = rate.burst;
    this.filledMs = nowMs;
  }

  /** Take `amount` if it is there. */
  take(amount: number, nowMs: number): boolean {
    this.fill(nowMs);
    if (this.tokens < amount) return false;
    this.tokens -= amount;
    return true;
  }

  /** Take `amount` in any case, into debt of at most one burst. Returns the milliseconds until the debt is paid. */
  charge(amount: number, nowMs: number): number {
    this.fill(nowMs);
    this.tokens = Math.max(this.tokens - amount, -this.rate.burst);
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens * 1000) / this.rate.perSecond);
  }

  /** Its debt is as large as it can be: twice the burst was taken. */
  get spent(): boolean {
    return this.tokens <= -this.rate.burst;
  }

  /** Nothing is missing, so that a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    this.fill(nowMs);
    return this.tokens >= this.rate.burst;
  }

  private fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.filledMs);
    this.filledMs = nowMs;
    this.tokens = Math.min(this.rate.burst, this.tokens + (passedMs * this.rate.perSecond) / 1000);
  }
}
