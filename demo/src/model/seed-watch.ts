/**
 * The story of the seed, for people: it is needed to find the first neighbor, and then no more. What happens while it
 * is gone is counted, for that is the point.
 */
import type { SeedStatus } from "./face.ts";

export type SeedStory =
  | { readonly kind: "none" }
  | { readonly kind: "up"; readonly urls: readonly string[] }
  | { readonly kind: "gone"; readonly urls: readonly string[]; readonly forMs: number; readonly messages: number }
  /** No seed, and no link either. */
  | { readonly kind: "missed"; readonly urls: readonly string[] };

export class SeedWatch {
  private goneMs: number | undefined;
  private messages = 0;

  /** A message of the chat came or went. */
  message(): void {
    if (this.goneMs !== undefined) this.messages++;
  }

  /** What there is to tell now. */
  story(seeds: readonly SeedStatus[], links: number, nowMs: number): SeedStory {
    if (seeds.length === 0) return { kind: "none" };
    const up = seeds.filter(({ connected }) => connected).map(({ url }) => url);
    if (up.length > 0) {
      this.goneMs = undefined;
      this.messages = 0;
      return { kind: "up", urls: up };
    }
    this.goneMs ??= nowMs;
    const urls = seeds.map(({ url }) => url);
    if (links === 0) return { kind: "missed", urls };
    return { kind: "gone", urls, forMs: nowMs - this.goneMs, messages: this.messages };
  }
}
