/**
 * One topic of one mesh: what is published here is checked, encoded, sealed and handed to the core; what the core
 * delivers is opened, checked and handed to the listeners and readers, each message once to each.
 */
import {
  type Delivered,
  type Effect,
  type LogId,
  type PeerId,
  RUMOR_KIND_BULK,
  type Rumor,
  type Validation,
  encodeBase58,
} from "@grapevine/protocol";
import { Assembly } from "./assembly.ts";
import type { Fragment } from "./batch.ts";
import { Bodies } from "./bodies.ts";
import { checked } from "./call.ts";
import { decodeData, encodeData } from "./data.ts";
import type { EpochKeys } from "./epoch-keys.ts";
import { Listeners, report, type ListenOptions } from "./emitter.ts";
import { MeshError, expected } from "./errors.ts";
import {
  ALL,
  Journal,
  bytesOf,
  formatCursor,
  parseCursor,
  type Cursor,
  type Entry,
  type Order,
  type Place,
} from "./journal.ts";
import type { Call, Message, MessagesOptions, Topic, TopicEvents, TopicHistory } from "./message.ts";
import { meshLimits } from "./limits.ts";
import { Publisher, messageId } from "./publisher.ts";
import { Reader } from "./reader.ts";
import { checkBySchema, describeIssues } from "./schema.ts";
import type { Ignored } from "./stats.ts";
import type { TopicPlan } from "./topic-options.ts";
import { type Check, Validators } from "./validators.ts";

/** What a topic needs of its mesh. */
export interface TopicHost {
  /** Is it this peer's, under whatever key? */
  isOwn(author: PeerId): boolean;
  /** Tells the cursors of this run from those of others. */
  readonly run: string;
  nowMs(): number;
  /** Resolves with the id of the rumor once it is signed, stored and queued. */
  publish(keyId: Uint8Array, body: Uint8Array, bulk: boolean): Promise<Uint8Array>;
  /** Where a rumor stood in the full order of an earlier run, if a store says so. */
  placeOf(rumor: Rumor): Delivered | undefined;
  /** Remember where it stands in that of this run. */
  place(rumor: Rumor, position: number): void;
  /** Resolves when the links can take more; undefined when they can now. */
  room(): Promise<void> | undefined;
  /** Ask about this topic's rumors from now on, or no longer. */
  setValidated(on: boolean): void;
}

interface Opened {
  readonly id: string;
  readonly index: number;
  readonly data: unknown;
  readonly timeMs: number;
}

/** A place to read from; with a run, one in an earlier run, behind which all of this run follows. */
interface ReadFrom extends Place {
  readonly run?: string | undefined;
}

type Deliver = Effect & { readonly kind: "deliver" };
type Validate = Effect & { readonly kind: "validate" };

const NOTHING: readonly Opened[] = [];

export class MeshTopic<T = unknown, In = T> implements Topic<T, In> {
  readonly name: string;
  readonly plan: TopicPlan;
  readonly ignored: Ignored = { unknownKey: 0, undecodable: 0, invalid: 0, incomplete: 0 };
  private readonly host: TopicHost;
  private readonly bodies: Bodies;
  private readonly epochs: EpochKeys | undefined;
  private readonly publisher: Publisher;
  private readonly listeners = new Listeners<TopicEvents<T>>();
  private readonly journal = new Journal();
  private readonly validators = new Validators<T>();
  private readonly assemblies: Record<Order, Assembly>;
  /** Last pieces of large messages whose other pieces have not been delivered yet; each asks again at the next piece. */
  private readonly unjudged = new Map<string, () => void>();
  private readonly readers: Record<Order, Set<Reader<Message<T>>>> = { full: new Set(), live: new Set() };
  /** Rumors whose messages were looked at before: what does not fit is told once. */
  private readonly inspected = new WeakSet<Rumor>();
  private ended: Error | undefined;
  private shownHistory: TopicHistory = { rumors: 0, bytes: 0, missing: 0, complete: false };

  /** `key`: seals its bodies, before the first of the mesh's `epochs` if they do; undefined for a public one. */
  constructor(host: TopicHost, name: string, key: Uint8Array | undefined, plan: TopicPlan, epochs?: EpochKeys) {
    this.host = host;
    this.epochs = epochs;
    this.name = name;
    this.bodies = new Bodies(key, epochs);
    this.plan = plan;
    const publish = (plain: Uint8Array, bulk: boolean): Promise<Uint8Array> => {
      const { keyId, body } = this.bodies.seal(plain);
      return host.publish(keyId, body, bulk);
    };
    this.publisher = new Publisher({ publish, nowMs: () => host.nowMs(), room: () => host.room() });
    const onDropped = (): void => void this.ignored.incomplete++;
    this.assemblies = { full: new Assembly(onDropped), live: new Assembly(onDropped) };
  }

  get history(): TopicHistory {
    return this.shownHistory;
  }

  on<K extends keyof TopicEvents<T>>(
    event: K,
    listener: (e: TopicEvents<T>[K]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.listeners.on(event, listener, options);
  }

  async publish(data: In, options?: Call): Promise<string> {
    const [id] = await this.publisher.publish([this.encode(data)], options);
    return id!;
  }

  async publishMany(items: readonly In[], options?: Call): Promise<readonly string[]> {
    if (!Array.isArray(items)) throw expected("a list of messages", items);
    return this.publisher.publish(
      items.map((item: In) => this.encode(item)),
      options,
    );
  }

  validate(check: Check<T>): () => void {
    if (this.ended !== undefined) throw this.ended;
    const remove = this.validators.add(check);
    if (this.validators.size === 1) this.host.setValidated(true);
    return () => {
      const { size } = this.validators;
      remove();
      if (size > 0 && this.validators.size === 0) this.host.setValidated(false);
    };
  }

  messages(options: MessagesOptions = {}): AsyncIterableIterator<Message<T>> {
    if (this.ended !== undefined) throw this.ended;
    const { from = "now", ...call } = options;
    const { signal } = checked(call);
    const place = this.placeOf(from);
    const readers = this.readers[place?.order ?? "live"];
    const onAbort = (): void => reader.fail(signal?.reason);
    const reader = new Reader<Message<T>>(place === undefined ? undefined : this.read(place), () => {
      readers.delete(reader);
      signal?.removeEventListener("abort", onAbort);
    });
    readers.add(reader);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    return reader;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message<T>> {
    return this.messages();
  }

  // --- the mesh's side ------------------------------------------------------------------------------------------

  /** What was there before this topic was opened, in the full order: first what earlier runs delivered, as they did. */
  recall(entries: Iterable<Entry>): void {
    const past: { readonly at: Delivered; readonly entry: Entry }[] = [];
    for (const piece of entries) {
      const entry = this.assembled(piece, this.bodies.fragmentOf(piece.rumor), "full");
      if (entry === undefined) continue;
      const at = this.host.placeOf(entry.rumor);
      if (at === undefined) this.appendFull(entry);
      else past.push({ at, entry });
    }
    this.journal.past.set(past);
  }

  onDeliver({ rumor, id, stream, hops }: Deliver): void {
    const { journal } = this;
    const piece: Entry = { rumor, id, hops };
    const fragment = this.bodies.fragmentOf(rumor);
    const toFull = stream === "live" ? undefined : this.assembled(piece, fragment, "full");
    const toLive = stream === "history" ? undefined : this.assembled(piece, fragment, "live");
    if (fragment !== undefined) this.unjudged.get(keyOf(rumor))?.();
    const entry = toLive ?? toFull;
    if (entry === undefined) return;
    const full = toFull === undefined ? 0 : this.appendFull(toFull);
    const live = toLive === undefined ? 0 : journal.live.append(toLive, journal.full.last, full > 0);
    const { listeners, readers } = this;
    const forLive = live > 0 && (readers.live.size > 0 || listeners.has("message"));
    const forFull = full > 0 && readers.full.size > 0;
    if (!forLive && !forFull && !listeners.has("invalid")) return;
    const opened = this.open(entry);
    const bytes = bytesOf(entry) / opened.length;
    for (const one of opened) {
      if (forLive) {
        const message = this.message(entry, one, this.liveCursor(live, one.index, journal.full.last, full > 0), false);
        for (const reader of readers.live) reader.push(message, bytes);
        listeners.emit("message", message);
      }
      if (forFull) {
        const message = this.message(entry, one, fullCursor(this.host.run, full, one.index), stream === "history");
        const again = (): Iterator<Message<T>> => this.read({ order: "full", position: full, index: one.index - 1 });
        for (const reader of readers.full) reader.push(message, bytes, stream === "history" ? again : undefined);
      }
    }
  }

  /** `held`: undefined when nothing is new of that. */
  onHistory(held: Omit<TopicHistory, "complete"> | undefined, allComplete: boolean): void {
    const before = this.shownHistory;
    const { rumors, bytes, missing } = held ?? before;
    const complete = allComplete && missing === 0;
    const { rumors: had, missing: lacked } = before;
    if (rumors === had && bytes === before.bytes && missing === lacked && complete === before.complete) return;
    this.shownHistory = { rumors, bytes, missing, complete };
    this.listeners.emit("history", this.shownHistory);
  }

  onGap({ author, incarnation, range: [from, to] }: Effect & { readonly kind: "gap" }): void {
    this.listeners.emit("gap", { author, incarnation, from, to });
  }

  onForget(log: LogId, below: number): void {
    this.journal.forget(log, below);
    this.assemblies.full.forget(log, below);
    this.assemblies.live.forget(log, below);
  }

  onVisible(effect: Effect & { readonly kind: "persist" | "withdraw" }): void {
    if (effect.kind === "withdraw") this.journal.withdraw(effect, effect.from);
    else this.journal.show(effect.rumor);
  }

  /** The id of the key that it has before the first epoch, where keys change. */
  get keyBeforeEpochs(): Uint8Array | undefined {
    return this.epochs === undefined ? undefined : this.bodies.keyId;
  }

  /**
   * The validators' word on a rumor. What cannot be read here, or is no message, is for others to judge; but one whose key
   * may be on its way is not let through unseen.
   */
  onValidate(effect: Validate): Validation | Promise<Validation> {
    if (this.validators.size === 0) return "accept";
    const { epochs } = this;
    if (epochs === undefined || this.bodies.isUnderOurKey(effect.rumor)) return this.validateNow(effect);
    return epochs.next().then(() => this.onValidate(effect));
  }

  private validateNow({ rumor, id, hops }: Validate): Validation | Promise<Validation> {
    const entry: Entry = { rumor, id, hops };
    if (rumor.header.kind !== RUMOR_KIND_BULK) return this.judge(entry);
    const fragment = this.bodies.fragmentOf(rumor);
    if (fragment === undefined || fragment.offset + fragment.piece.length < fragment.bytesTotal) return "accept";
    // A large message is judged when it is whole, by its last piece: without it the others are nothing.
    const whole = (): Entry | undefined =>
      this.assemblies.live.completed(entry, fragment) ?? this.assemblies.full.completed(entry, fragment);
    const now = whole();
    return now === undefined ? this.judgeLater(keyOf(rumor), whole) : this.judge(now);
  }

  /** The mesh was left: what waits to be published rejects with `error`, and readers come to their end. */
  end(error: Error): void {
    this.ended = error;
    this.publisher.end(error);
    this.validators.clear();
    this.unjudged.clear();
    for (const readers of [this.readers.live, this.readers.full]) for (const reader of readers) reader.end();
    this.listeners.clear();
  }

  // --- out ------------------------------------------------------------------------------------------------------

  private encode(data: In): Uint8Array {
    const { schema } = this.plan;
    if (schema !== undefined) {
      const checkedData = checkBySchema(schema, data);
      if (!checkedData.ok) {
        const { issues } = checkedData;
        throw new MeshError("invalid-data", `expected data that fits the schema, got: ${describeIssues(issues)}`, {
          cause: issues,
        });
      }
    }
    const value = encodeData(data, meshLimits.messageBytesMax);
    const { bytesMax, countMax } = this.plan.retention;
    const pieces = Math.ceil(value.length / meshLimits.fragmentBytes);
    if (value.length > meshLimits.batchBytes && (value.length > bytesMax || pieces > countMax)) {
      throw new MeshError(
        "too-large",
        `expected a message that the topic's retention of ${bytesMax} bytes and ${countMax} rumors can hold, got ` +
          `${value.length} bytes in ${pieces} rumors: nobody would ever have it whole`,
      );
    }
    return value;
  }

  // --- in -------------------------------------------------------------------------------------------------------

  /** Undefined for "now". */
  private placeOf(from: MessagesOptions["from"]): ReadFrom | undefined {
    if (from === "now") return undefined;
    const start: ReadFrom = { order: "full", position: 0, index: -1, run: "0" };
    if (from === "start") return start;
    const cursor = typeof from === "object" && from !== null ? from.cursor : undefined;
    const parsed = typeof cursor === "string" ? parseCursor(cursor) : undefined;
    if (parsed === undefined) throw expected('from to be "now", "start" or { cursor } of a message', cursor ?? from);
    if (parsed.run === this.host.run) return parsed.place;
    return this.journal.past.knows(parsed.run) ? { ...parsed.full, run: parsed.run } : start;
  }

  /** What lies behind `place` at this call. Opened only as it is read. */
  private read(place: ReadFrom): Generator<Message<T>> {
    const { order, position, index, run } = place;
    if (order === "live") return this.readLive(this.journal.live.from(position), place);
    const before = run === undefined ? [] : this.journal.past.from({ incarnation: runNumber(run), position });
    // What this run delivered, whole or from a place in it.
    const [from, behind] = run === undefined ? [position, place] : [0, { position: 0, index: -1 }];
    return this.readFull(before, { position, index, run }, this.journal.full.from(from), behind);
  }

  private *readFull(
    past: ReturnType<Journal["past"]["from"]> | readonly never[],
    pastBehind: Omit<ReadFrom, "order">,
    kept: ReturnType<Journal["full"]["from"]>,
    behind: Pick<Place, "position" | "index">,
  ): Generator<Message<T>> {
    for (const { at, entry } of past) {
      const run = at.incarnation.toString(36);
      const isThere = run === pastBehind.run && at.position === pastBehind.position;
      for (const one of this.open(entry)) {
        if (isThere && one.index <= pastBehind.index) continue;
        yield this.message(entry, one, fullCursor(run, at.position, one.index), true);
      }
    }
    for (const { position, entry } of kept) {
      for (const one of this.open(entry)) {
        if (position === behind.position && one.index <= behind.index) continue;
        yield this.message(entry, one, fullCursor(this.host.run, position, one.index), true);
      }
    }
  }

  private *readLive(
    kept: ReturnType<Journal["live"]["from"]>,
    behind: Pick<Place, "position" | "index">,
  ): Generator<Message<T>> {
    for (const { position, entry, full, both } of kept) {
      for (const one of this.open(entry)) {
        if (position === behind.position && one.index <= behind.index) continue;
        yield this.message(entry, one, this.liveCursor(position, one.index, full, both), true);
      }
    }
  }

  /** At the end of the full order, and remembered there. */
  private appendFull(entry: Entry): number {
    const position = this.journal.full.append(entry);
    this.host.place(entry.rumor, position);
    return position;
  }

  private liveCursor(position: number, index: number, full: number, both: boolean): Cursor {
    return {
      run: this.host.run,
      place: { order: "live", position, index },
      full: { order: "full", position: full, index: both ? index : ALL },
    };
  }

  private message(entry: Entry, { id, data, timeMs }: Opened, cursor: Cursor, replayed: boolean): Message<T> {
    const { author } = entry.rumor.header;
    return {
      id,
      author,
      own: this.host.isOwn(author),
      data: data as T,
      timeMs,
      hops: entry.hops,
      replayed,
      cursor: formatCursor(cursor),
    };
  }

  private judge(entry: Entry): Validation | Promise<Validation> {
    // Resumes behind what was delivered so far: with the message itself, if it is accepted.
    const { live, full } = this.journal;
    const cursor = this.liveCursor(live.last, ALL, full.last, true);
    const messages = this.open(entry, true).map((one) => this.message(entry, one, cursor, false));
    return this.validators.judge(messages);
  }

  private judgeLater(key: string, whole: () => Entry | undefined): Promise<Validation> {
    // An earlier one that still waits will never be whole: its author has begun another.
    this.unjudged.delete(key);
    return new Promise((resolve) => {
      this.unjudged.set(key, () => {
        const entry = whole();
        if (entry === undefined) return;
        this.unjudged.delete(key);
        resolve(this.judge(entry));
      });
      if (this.unjudged.size > meshLimits.assembliesMax) this.unjudged.delete(this.unjudged.keys().next().value!);
    });
  }

  /** What a rumor is the last of: itself, or the large message that it completes, or nothing yet. */
  private assembled(entry: Entry, fragment: Fragment | undefined, order: Order): Entry | undefined {
    if (fragment === undefined) return entry;
    const assembled = this.assemblies[order].add(entry, fragment);
    if (assembled === undefined) return undefined;
    const { id, bytes, bytesTotal, whole } = assembled;
    if (order === "live") {
      this.listeners.emit("progress", { id: messageId(encodeBase58(id), 0), bytes, bytesTotal });
    }
    return whole;
  }

  /** The messages of a rumor that this peer can read and its schema accepts; `quiet`: nothing is counted or told of it yet. */
  private open(entry: Entry, quiet = false): readonly Opened[] {
    const { rumor, id: rumorId } = entry;
    const again = quiet || this.inspected.has(rumor);
    if (!quiet) this.inspected.add(rumor);
    const count = (what: keyof Ignored): void => void (again || this.ignored[what]++);
    const { header } = rumor;
    if (!this.bodies.isUnderOurKey(rumor)) {
      count("unknownKey");
      return NOTHING;
    }
    const items = this.bodies.itemsOf(entry);
    if (items === undefined) {
      count("undecodable");
      return NOTHING;
    }
    const opened: Opened[] = [];
    const name = encodeBase58(rumorId);
    for (const [index, { value, timeMs }] of items.entries()) {
      const id = messageId(name, index);
      const decoded = decodeData(value);
      if (decoded === undefined) {
        count("undecodable");
        continue;
      }
      const accepted = this.accept(decoded.value);
      if (accepted.ok) opened.push({ id, index, data: accepted.value, timeMs });
      else if (!again) {
        this.ignored.invalid++;
        this.listeners.emit("invalid", { id, author: header.author, issues: accepted.issues });
      }
    }
    return opened;
  }

  private accept(value: unknown): ReturnType<typeof checkBySchema> {
    const { schema } = this.plan;
    if (schema === undefined) return { ok: true, value };
    try {
      return checkBySchema(schema, value);
    } catch (error) {
      // A schema that fails is the application's own mistake: seen, and no message is lost to the next one.
      report(error);
      return { ok: false, issues: [{ message: "the schema failed" }] };
    }
  }
}

function fullCursor(run: string, position: number, index: number): Cursor {
  const place: Place = { order: "full", position, index };
  return { run, place, full: place };
}

function runNumber(run: string): number {
  return Number.parseInt(run, 36);
}

function keyOf({ header: { author, incarnation } }: Rumor): string {
  return `${author}/${incarnation}`;
}

/** The topic that a withdrawal, or what comes back, belongs to. */
export function tagOf(effect: Effect & { readonly kind: "persist" | "withdraw" }): string {
  return effect.kind === "persist" ? effect.rumor.header.topic : effect.topic;
}
