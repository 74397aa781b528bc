/**
 * What the page needs of a mesh, and no more. The page is written against this, so that it can be laid out and
 * photographed with a pretended mesh; `live.ts` gives it the real one.
 */
import type { Offence } from "../laboratory/offences.ts";
import type { ChatMessage, TopologyClaim } from "./messages.ts";
import type { Settings } from "./settings.ts";

export type PeerId = string;

export type MeshState = "alone" | "connected" | "cut-off" | "paused" | "left";

export interface Message<T> {
  readonly id: string;
  readonly author: PeerId;
  readonly own: boolean;
  readonly data: T;
  /** The author's stamp, in mesh time. */
  readonly timeMs: number;
  readonly hops: number;
  /** From the time before this page was there. */
  readonly replayed: boolean;
}

export interface Topic<T> {
  publish(data: T): Promise<string>;
  messages(options: { from: "now" | "start"; signal: AbortSignal }): AsyncIterable<Message<T>>;
}

export interface Neighbor {
  readonly peer: PeerId;
  /** Why the link stands: called by assignment on a ring, to fill up after a loss, or to join. */
  readonly purpose: string;
  readonly rttMs: number | undefined;
}

export interface SeedStatus {
  readonly url: string;
  readonly connected: boolean;
}

export interface Numbers {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  /** What checks signatures. */
  readonly verification: string | undefined;
  /** Own clock against that of the mesh. */
  readonly clockOffsetMs: number;
}

/** One of two that somebody signed for the same place. */
export interface Statement {
  readonly says: string;
  readonly signature: string;
  /** What the ids of the messages in it begin with. */
  readonly rumor: string | undefined;
}

export interface Conviction {
  readonly peer: PeerId;
  readonly offence: string;
  readonly statements: readonly [Statement, Statement];
  /** It is this page's own key. */
  readonly own: boolean;
}

/** A painted square of the wall. */
export interface Square {
  /** Its key in the map that the pages share (`wall/wall.ts`). */
  readonly key: string;
  /** Who painted it last, or wiped it. */
  readonly author: PeerId;
  readonly own: boolean;
}

/** What all pages paint together. */
export interface Wall {
  /** Undefined for a free one. */
  at(key: string): Square | undefined;
  paint(key: string): Promise<unknown>;
  wipe(key: string): Promise<unknown>;
  /** How many squares are painted. */
  readonly size: number;
  /** The same at two pages exactly when the same stands on their walls. */
  readonly fingerprint: string;
  /** Calls back when a square was painted or wiped. */
  onChange(listener: (square: Square & { readonly painted: boolean }) => void): void;
}

/** Turns this page's own peer malicious. */
export interface Laboratory {
  /** Undefined while it is honest. */
  readonly offence: Offence | undefined;
  cheat(offence: Offence): Promise<void>;
  behave(): void;
  /** The next join is made with a new key. */
  renew(): void;
}

/** One mesh, from joining to leaving. */
export interface Joined {
  readonly name: string;
  readonly peerId: PeerId;
  readonly state: MeshState;
  readonly neighbors: readonly Neighbor[];
  /** Peers known to be there, this one excluded. */
  readonly members: readonly PeerId[];
  readonly seeds: readonly SeedStatus[];
  readonly numbers: Numbers;
  /** Newest first. */
  readonly convictions: readonly Conviction[];
  readonly laboratory: Laboratory;
  readonly chat: Topic<ChatMessage>;
  readonly topology: Topic<TopologyClaim>;
  readonly wall: Wall;
  /** Calls back after anything above may have changed. */
  onChange(listener: () => void): void;
  /** Calls back for each fault in the background. */
  onWarning(listener: (warning: { readonly code: string; readonly message: string }) => void): void;
  /** Calls back when a link was cut because of what came over it, by this page or by the other end. */
  onBlame(listener: (peer: PeerId) => void): void;
  /** Calls back when somebody who did not say goodbye has not been heard of for some time. */
  onSilence(listener: (peer: PeerId) => void): void;
  pause(): void;
  resume(): Promise<void>;
  leave(): Promise<void>;
}

export type Join = (settings: Settings, signal: AbortSignal) => Promise<Joined>;
