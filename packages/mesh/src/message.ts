/** What a topic's subscribers are told, and what its users may ask: the shapes of the public face. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { PeerId, Validation } from "@grapevine/protocol";
import type { Emitter } from "./emitter.ts";
import type { Issue } from "./schema.ts";

/** One message as it was published, checked by its author's signature and, where there is one, by the schema. */
export interface Message<T> {
  /** The same at every member: base58 of its rumor's id, a dot, and its place among those that were sent together. */
  readonly id: string;
  readonly author: PeerId;
  /** True for what this very peer published. */
  readonly own: boolean;
  readonly data: T;
  /** When it was published, in milliseconds of mesh time; the author's word. */
  readonly timeMs: number;
  /** Links that its first copy crossed; 0 for own ones. A hint. */
  readonly hops: number;
  /** True for what was there before, or came so late that newer ones of its author had been delivered. */
  readonly replayed: boolean;
  /** Resumes behind this message, by `messages({ from: { cursor } })`: while this peer lives, and with a store after that. */
  readonly cursor: string;
}

/** Rumors of one author that could not be had in time; delivery went on behind them. */
export interface Gap {
  readonly author: PeerId;
  /** Start time of the run of the author's peer that wrote them. */
  readonly incarnation: number;
  /** First and last of the missing rumors of this run, counted from 1. Each held one message or more. */
  readonly from: number;
  readonly to: number;
}

/** A message that does not fit this application's schema. It was passed on all the same. */
export interface Invalid {
  readonly id: string;
  readonly author: PeerId;
  readonly issues: readonly Issue[];
}

/** How far a large message has come, at receivers and at its author. */
export interface Progress {
  /** The id that the message will have. */
  readonly id: string;
  /** Of its encoded form. */
  readonly bytes: number;
  readonly bytesTotal: number;
}

/**
 * `accept`: deliver it and pass it on. `reject` and `ignore`: do neither; a rejection is counted as one, while what is
 * ignored is held against nobody.
 */
export type Verdict = Validation;

export interface Call {
  /** Aborting rejects with its reason. */
  signal?: AbortSignal;
  /** Milliseconds, above 0; rejects with `timeout`. */
  timeoutMs?: number;
}

/** What this peer keeps of its own messages in a topic, and asks others to keep; the least of the three counts. */
export interface Retention {
  /** Newest rumors that are kept; each holds one message, or what was published in one go. Default 1 000. */
  countMax?: number;
  /** Bytes that are kept, counted from the newest back. Default 4 MiB. */
  bytesMax?: number;
  /** Age in milliseconds beyond which nobody hands it on; 0 for any age. Default 24 hours. */
  ageMs?: number;
}

export interface TopicOptions {
  /**
   * Who can read: `mesh` every member (the default), `public` also whoever merely relays it, `{ key }` who has these 32
   * bytes. All who use a topic must agree; what is sealed otherwise is ignored and counted.
   */
  access?: "mesh" | "public" | { readonly key: Uint8Array };
  /** Any Standard Schema that validates synchronously. Its input is what travels, its output what is delivered. */
  schema?: StandardSchemaV1;
  retention?: Retention;
}

/** How much of what is retained of a topic is here, as of the last `history` event. */
export interface TopicHistory {
  /** Rumors held, each of one message or of what was published in one go. */
  readonly rumors: number;
  /** Bytes of their bodies, as they are sealed. */
  readonly bytes: number;
  /** Rumors that neighbors say they have and that are not here yet. It rises when another one tells of more. */
  readonly missing: number;
  /**
   * Nothing is known to be missing, and a neighbor was found to hold just what is held here; false before that, and while
   * there is no neighbor. It takes a round, some seconds, after the last rumor came. Nobody can promise more: who is away may
   * have written something.
   */
  readonly complete: boolean;
}

export interface TopicEvents<T> {
  /** More of what is retained has come, or is known to be missing; up to ten times a second, and when it is complete. */
  history: TopicHistory;
  message: Message<T>;
  gap: Gap;
  invalid: Invalid;
  /** A piece of a message that is too large for one rumor came; before its `message`. */
  progress: Progress;
}

export interface MessagesOptions {
  /**
   * `now` (the default): what comes from here on. `start`: first all that is still retained, in each author's order,
   * then on, without a gap or a repeat. `{ cursor }`: on from behind the message that had this cursor. One of an earlier
   * run needs a store that kept that run's history, else it begins at the start: ids may repeat, but nothing is missed.
   */
  from?: "now" | "start" | { readonly cursor: string };
  signal?: AbortSignal;
}

export interface Topic<T = unknown, In = T> extends AsyncIterable<Message<T>>, Emitter<TopicEvents<T>> {
  readonly name: string;
  /** How far its history has come. */
  readonly history: TopicHistory;
  /**
   * Resolves with the message's id once it is signed, stored and queued; not when it is received. Rejects with
   * `unsupported-data`, `invalid-data` (schema), `too-large` (more than 1 MiB, or than the topic's retention holds), `invalid-argument`, `timeout`, `left`.
   */
  publish(data: In, options?: Call): Promise<string>;
  /** The same for many, which travel together as far as they fit. All of them, or none when one is refused. */
  publishMany(items: readonly In[], options?: Call): Promise<readonly string[]>;
  /**
   * Have `check` say of every message of others that comes from now on whether it is delivered and passed on; with
   * several checks all have to accept. Messages that travelled in one rumor stand or fall together. A check that throws,
   * or takes longer than 5 s, counts as `ignore`. What this peer publishes itself is not checked. Returns a function
   * that removes the check.
   */
  validate(check: (message: Message<T>) => Verdict | Promise<Verdict>): () => void;
  /**
   * A reader of its own pace, which begins at this call. One that falls too far behind ends with `subscriber-too-slow`;
   * the cursor of the last message read resumes. Ends when the mesh is left.
   */
  messages(options?: MessagesOptions): AsyncIterableIterator<Message<T>>;
}
