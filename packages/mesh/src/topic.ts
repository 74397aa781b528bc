/**
 * One topic of one mesh: what is published here is checked, encoded, sealed and handed to the core; what the core
 * delivers is opened, checked and handed to the listeners and readers, each message once to each.
 */
import { TOPIC_SEAL_BYTES, keyId, openTopic, sealTopic } from "@grapevine/crypto";
import { encodeBase58, type Effect, type LogId, type PeerId, type Rumor } from "@grapevine/protocol";
import { decodeBatch } from "./batch.ts";
import { checked } from "./call.ts";
import { decodeData, encodeData } from "./data.ts";
import { Listeners, report, type ListenOptions } from "./emitter.ts";
import { MeshError, expected } from "./errors.ts";
import { Journal, formatCursor, parseCursor, type Entry, type Order, type Place } from "./journal.ts";
import type { Call, Message, MessagesOptions, Topic, TopicEvents } from "./message.ts";
import { Publisher, messageId } from "./publisher.ts";
import { Reader } from "./reader.ts";
import { checkBySchema, describeIssues } from "./schema.ts";
import type { TopicPlan } from "./topic-options.ts";

/** What a topic needs of its mesh. */
export interface TopicHost {
  readonly peerId: PeerId;
  /** Tells the cursors of this run from those of others. */
  readonly run: string;
  nowMs(): number;
  /** Resolves with the id of the rumor once it is signed, stored and queued. */
  publish(keyId: Uint8Array, body: Uint8Array): Promise<Uint8Array>;
}

/** Rumors that came and were not understood; nobody's fault, so nobody is punished. */
export interface Ignored {
  /** Sealed under a key that this peer does not have for this topic, or public where it should not be. */
  unknownKey: number;
  /** Not sealed or encoded as any version known here does it. */
  undecodable: number;
  /** Messages that do not fit the schema. */
  invalid: number;
}

interface Opened {
  readonly id: string;
  readonly index: number;
  readonly data: unknown;
  readonly timeMs: number;
}

type Deliver = Effect & { readonly kind: "deliver" };

const PUBLIC_KEY_ID = new Uint8Array(8);
const NOTHING: readonly Opened[] = [];

export class MeshTopic<T = unknown, In = T> implements Topic<T, In> {
  readonly name: string;
  readonly plan: TopicPlan;
  readonly ignored: Ignored = { unknownKey: 0, undecodable: 0, invalid: 0 };
  private readonly host: TopicHost;
  private readonly key: Uint8Array | undefined;
  private readonly keyId: Uint8Array;
  private readonly publisher: Publisher;
  private readonly listeners = new Listeners<TopicEvents<T>>();
  private readonly journal = new Journal();
  private readonly readers: Record<Order, Set<Reader<Message<T>>>> = { full: new Set(), live: new Set() };
  /** Rumors whose messages were looked at before: what does not fit is told once. */
  private readonly inspected = new WeakSet<Rumor>();
  private ended: Error | undefined;

  /** `key`: seals its bodies; undefined for a public one. */
  constructor(host: TopicHost, name: string, key: Uint8Array | undefined, plan: TopicPlan) {
    this.host = host;
    this.name = name;
    this.key = key;
    this.plan = plan;
    this.keyId = key === undefined ? PUBLIC_KEY_ID : keyId(key);
    const publish = (body: Uint8Array): Promise<Uint8Array> =>
      host.publish(this.keyId, key === undefined ? body : sealTopic(key, body));
    this.publisher = new Publisher({ publish, nowMs: () => host.nowMs() }, key === undefined ? 0 : TOPIC_SEAL_BYTES);
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

  /** What was there before this topic was opened, in the full order. */
  recall(entries: Iterable<Entry>): void {
    for (const entry of entries) this.journal.full.append(entry);
  }

  onDeliver({ rumor, id, stream, hops }: Deliver): void {
    const entry: Entry = { rumor, id, hops };
    const live = stream === "history" ? 0 : this.journal.live.append(entry);
    const full = stream === "live" ? 0 : this.journal.full.append(entry);
    const { listeners, readers } = this;
    const forLive = live > 0 && (readers.live.size > 0 || listeners.has("message"));
    const forFull = full > 0 && readers.full.size > 0;
    if (!forLive && !forFull && !listeners.has("invalid")) return;
    const opened = this.open(entry);
    const bytes = rumor.body.length / opened.length;
    for (const one of opened) {
      if (forLive) {
        const message = this.message(entry, one, "live", live, false);
        for (const reader of readers.live) reader.push(message, bytes);
        listeners.emit("message", message);
      }
      if (forFull) {
        const message = this.message(entry, one, "full", full, stream === "history");
        for (const reader of readers.full) reader.push(message, bytes);
      }
    }
  }

  onGap({ author, incarnation, range: [from, to] }: Effect & { readonly kind: "gap" }): void {
    this.listeners.emit("gap", { author, incarnation, from, to });
  }

  onForget(log: LogId, below: number): void {
    this.journal.forget(log, below);
  }

  /** The mesh was left: what waits to be published rejects with `error`, and readers come to their end. */
  end(error: Error): void {
    this.ended = error;
    this.publisher.end(error);
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
    return encodeData(data, this.publisher.messageBytesMax);
  }

  // --- in -------------------------------------------------------------------------------------------------------

  /** Undefined for "now". */
  private placeOf(from: MessagesOptions["from"]): Place | undefined {
    if (from === "now") return undefined;
    const start: Place = { order: "full", position: 0, index: -1 };
    if (from === "start") return start;
    const cursor = typeof from === "object" && from !== null ? from.cursor : undefined;
    const place = typeof cursor === "string" ? parseCursor(this.host.run, cursor) : undefined;
    if (place === undefined) throw expected('from to be "now", "start" or { cursor } of a message', cursor ?? from);
    return place === "elsewhere" ? start : place;
  }

  /** What lies behind `place` at this call. Opened only as it is read. */
  private read({ order, position, index }: Place): Generator<Message<T>> {
    return this.readAll(this.journal[order].from(position), order, position, index);
  }

  private *readAll(
    found: ReturnType<Journal["full"]["from"]>,
    order: Order,
    behind: number,
    index: number,
  ): Generator<Message<T>> {
    for (const { position, entry } of found) {
      for (const one of this.open(entry)) {
        if (position > behind || one.index > index) yield this.message(entry, one, order, position, true);
      }
    }
  }

  private message(
    entry: Entry,
    { id, index, data, timeMs }: Opened,
    order: Order,
    position: number,
    replayed: boolean,
  ): Message<T> {
    const { author } = entry.rumor.header;
    return {
      id,
      author,
      own: author === this.host.peerId,
      data: data as T,
      timeMs,
      hops: entry.hops,
      replayed,
      cursor: formatCursor(this.host.run, { order, position, index }),
    };
  }

  /** The messages of a rumor that this peer can read and its schema accepts. */
  private open({ rumor, id: rumorId }: Entry): readonly Opened[] {
    const again = this.inspected.has(rumor);
    this.inspected.add(rumor);
    const count = (what: keyof Ignored): void => void (again || this.ignored[what]++);
    const { header, body } = rumor;
    if (!this.keyId.every((byte, i) => header.keyId[i] === byte)) {
      count("unknownKey");
      return NOTHING;
    }
    const plain = this.key === undefined ? body : openTopic(this.key, body);
    const items = plain === undefined ? undefined : decodeBatch(plain);
    if (items === undefined) {
      count("undecodable");
      return NOTHING;
    }
    const opened: Opened[] = [];
    const name = encodeBase58(rumorId);
    for (const [index, { value, ageMs }] of items.entries()) {
      const id = messageId(name, index);
      const decoded = decodeData(value);
      if (decoded === undefined) {
        count("undecodable");
        continue;
      }
      const accepted = this.accept(decoded.value);
      if (accepted.ok) opened.push({ id, index, data: accepted.value, timeMs: header.timeMs - ageMs });
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
