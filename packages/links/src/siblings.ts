/**
 * Tabs of one origin introduce each other when no seed answers: a page that is reloaded or opened after the seed died
 * still finds its mesh, as long as the same browser has another tab in it. They speak over a BroadcastChannel (HTML
 * standard, 9.6), in the words of a seed: seats, sealed cards, relayed signals. Like a seed a sibling is trusted with
 * nothing: a card that does not open, or a signal that no member sealed, is dropped by whoever reads it.
 */
import { toHex } from "@grapevine/protocol";
import type { SeatedPeer } from "@grapevine/protocol/seed";
import { seedLimits } from "@grapevine/protocol/seed";
import { type Clock, platformClock } from "./clock.ts";
import type { SeedClient, SeedClientEvents } from "./seed-client-contract.ts";
import { seedClientLimits } from "./seed-client-limits.ts";

/** The number under which siblings stand where seeds do; no list of seeds is so long. */
export const SIBLINGS = 1_000;

/** What is used of a BroadcastChannel: what one posts, all others of the name hear. */
export interface Broadcast {
  post(message: SiblingMessage): void;
  close(): void;
}

export type OpenBroadcast = (name: string, onMessage: (message: unknown) => void) => Broadcast;

/** Without `to`, for everyone. */
export type SiblingMessage =
  | { readonly kind: "here"; readonly from: string; readonly to?: string; readonly card: Uint8Array }
  | { readonly kind: "signal"; readonly from: string; readonly to: string; readonly bytes: Uint8Array }
  | { readonly kind: "gone"; readonly from: string };

export interface SiblingsOptions {
  /** Hash of the mesh's name, 32 bytes. */
  readonly room: Uint8Array;
  readonly events: Pick<SeedClientEvents, "onUp" | "onDown" | "onPeers" | "onSignal" | "onGone">;
  readonly open: OpenBroadcast;
  readonly clock?: Clock;
}

/** The siblings of a page, to be asked like a seed. Answers others from the first `announce` on, and asks while `needed`. */
export class Siblings implements Pick<SeedClient, "announce" | "ask" | "send" | "pause" | "resume" | "close"> {
  readonly #events: SiblingsOptions["events"];
  readonly #open: OpenBroadcast;
  readonly #clock: Clock;
  readonly #name: string;
  /** Chosen anew for each page: nobody needs to know it again. */
  readonly #seat: string = toHex(crypto.getRandomValues(new Uint8Array(8)));
  /** Oldest first. */
  readonly #seats = new Map<string, Uint8Array>();
  #channel: Broadcast | undefined;
  #card: Uint8Array | undefined;
  #needed = false;
  #told = false;
  #cancelTelling: (() => void) | undefined;

  constructor({ room, events, open, clock = platformClock }: SiblingsOptions) {
    this.#events = events;
    this.#open = open;
    this.#clock = clock;
    this.#name = `grapevine:${toHex(room)}`;
  }

  announce(card: Uint8Array): void {
    this.#card = card;
    this.resume();
  }

  /** Whether no seed answers: only then do siblings stand in. */
  need(needed: boolean): void {
    if (needed === this.#needed) return;
    this.#needed = needed;
    if (needed) this.#call();
    else this.#tellDown();
  }

  /** Who has gone without a word does not answer again. */
  ask(): void {
    this.#seats.clear();
    this.#call();
  }

  send(_seed: number, seat: string, bytes: Uint8Array): void {
    if (bytes.length <= seedLimits.signalBytesMax) this.#post({ kind: "signal", from: this.#seat, to: seat, bytes });
  }

  pause(): void {
    this.#post({ kind: "gone", from: this.#seat });
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
    this.#channel?.close();
    this.#channel = undefined;
    this.#seats.clear();
    this.#needed = false;
    this.#tellDown();
  }

  resume(): void {
    if (this.#card === undefined) return;
    this.#channel ??= this.#open(this.#name, (message) => this.#onMessage(message));
  }

  close(): void {
    this.#told = false;
    this.pause();
    this.#card = undefined;
  }

  #call(): void {
    if (this.#card !== undefined) this.#post({ kind: "here", from: this.#seat, card: this.#card });
  }

  #post(message: SiblingMessage): void {
    this.#channel?.post(message);
  }

  #onMessage(message: unknown): void {
    if (!isSiblingMessage(message) || message.from === this.#seat) return;
    const { from } = message;
    switch (message.kind) {
      case "here":
        if (message.to !== undefined && message.to !== this.#seat) return;
        this.#seats.delete(from);
        this.#seats.set(from, message.card);
        if (this.#seats.size > seedClientLimits.siblingsMax) this.#seats.delete(this.#seats.keys().next().value!);
        if (message.to === undefined && this.#card !== undefined) {
          this.#post({ kind: "here", from: this.#seat, to: from, card: this.#card });
        }
        return this.#tellSoon();
      case "signal":
        if (message.to === this.#seat) this.#events.onSignal(SIBLINGS, from, message.bytes);
        return;
      case "gone":
        if (this.#seats.delete(from)) this.#events.onGone(SIBLINGS, from);
    }
  }

  #tellDown(): void {
    if (!this.#told) return;
    this.#told = false;
    this.#events.onDown(SIBLINGS);
  }

  /** All who answer a call do so within milliseconds: they are told of together. */
  #tellSoon(): void {
    if (!this.#needed) return;
    this.#cancelTelling ??= this.#clock.after(seedClientLimits.siblingsMs, () => {
      this.#cancelTelling = undefined;
      if (!this.#needed || this.#seats.size === 0) return;
      if (!this.#told) {
        this.#told = true;
        this.#events.onUp(SIBLINGS);
      }
      const peers: SeatedPeer[] = [...this.#seats].map(([seat, card]) => ({ seat, card }));
      this.#events.onPeers(SIBLINGS, peers.length, peers.slice(-seedLimits.peersMax));
    });
  }
}

/** Other versions of the page, and whatever else its origin serves, may speak on the channel. */
function isSiblingMessage(value: unknown): value is SiblingMessage {
  if (typeof value !== "object" || value === null) return false;
  const { kind, from, to, card, bytes } = value as Partial<Record<string, unknown>>;
  if (!isSeat(from) || !(to === undefined || isSeat(to))) return false;
  if (kind === "here") return card instanceof Uint8Array && card.length <= seedLimits.cardBytesMax;
  if (kind === "signal") return isSeat(to) && bytes instanceof Uint8Array && bytes.length <= seedLimits.signalBytesMax;
  return kind === "gone";
}

function isSeat(value: unknown): value is string {
  return typeof value === "string" && value.length === 16;
}
