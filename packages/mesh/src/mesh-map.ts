/**
 * One replicated map of a joined mesh: opens what stands in the core, remembers it as values by their keys, and tells
 * what changes. Which of two entries stands is the core's business.
 */
import type { Effect, MapEntry, PeerId, Rumor } from "@grapevine/protocol";
import { bounded } from "./call.ts";
import type { WriteCommand } from "./commands.ts";
import { Listeners, type ListenOptions, report } from "./emitter.ts";
import { MeshError, expected, leftError } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { MapEntries } from "./map-entries.ts";
import { requireKey, type MapPlan } from "./map-options.ts";
import type { Call } from "./message.ts";
import type { Confirmation, MapEvents, MapIgnored, MapValue, ReplicatedMap, SetOptions } from "./replicated-map.ts";
import { type Issue, checkBySchema, describeIssues } from "./schema.ts";
import type { Witnesses } from "./witnesses.ts";

/** What a map needs of its mesh. */
export interface MapHost {
  readonly peerId: PeerId;
  readonly ready: Promise<void>;
  /** Seal was ours; sign, store and spread. Rejects with `forbidden` or `left`. */
  write(command: Omit<WriteCommand, "kind" | "ref" | "map">): Promise<unknown>;
  /** Resolves when what is written is for members only; undefined when it is now. */
  room(): Promise<void> | undefined;
  /** What stands in the core. */
  entries(): readonly MapEntry[];
  digest(): string;
  readonly witnesses: Witnesses;
}

/** What stands under a key, opened. */
interface Cell extends Omit<MapValue<unknown>, "value"> {
  readonly id: Uint8Array;
  /** Undefined for a deletion, and for what does not fit the schema. */
  readonly value: unknown;
  readonly deleted: boolean;
}

export class MeshMap implements ReplicatedMap {
  readonly name: string;
  readonly plan: MapPlan;
  readonly ready: Promise<void>;
  readonly ignored: MapIgnored = { unknownKey: 0, undecodable: 0, invalid: 0 };
  private readonly host: MapHost;
  private readonly codec: MapEntries;
  private readonly listeners = new Listeners<MapEvents<unknown>>();
  /** By tag: all that stands and can be read. */
  private readonly cells = new Map<string, Cell>();
  /** By key, values only. */
  private readonly present = new Map<string, Cell>();
  /** Own writes that are on their way, the newest of each key. */
  private readonly underWay = new Map<string, { readonly value: unknown }>();
  private left = false;
  /** For a key. */
  private isAwaiting = false;

  constructor(host: MapHost, name: string, codec: MapEntries, plan: MapPlan) {
    this.host = host;
    this.name = name;
    this.codec = codec;
    this.plan = plan;
    this.ready = host.ready;
    // Who does not wait for it need not hear that it never came.
    this.ready.catch(() => {});
    for (const { key, rumor, id } of host.entries()) this.take(key, rumor, id);
  }

  on<K extends keyof MapEvents<unknown>>(
    event: K,
    listener: (e: MapEvents<unknown>[K]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.listeners.on(event, listener, options);
  }

  // --- reading ----------------------------------------------------------------------------------------------------

  get size(): number {
    return this.present.size;
  }

  get(key: string): unknown {
    return this.present.get(key)?.value;
  }

  has(key: string): boolean {
    return this.present.has(key);
  }

  entry(key: string): MapValue<unknown> | undefined {
    const cell = this.present.get(key);
    if (cell === undefined) return undefined;
    const { value, author, own, timeMs } = cell;
    return Object.freeze({ key, value, author, own, timeMs });
  }

  *keys(): IterableIterator<string> {
    yield* [...this.present.keys()].toSorted();
  }

  *values(): IterableIterator<unknown> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): IterableIterator<[string, unknown]> {
    for (const key of this.keys()) {
      const cell = this.present.get(key);
      if (cell !== undefined) yield [key, cell.value];
    }
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  digest(): string {
    return this.host.digest();
  }

  // --- writing ----------------------------------------------------------------------------------------------------

  async set(key: string, value: unknown, options: SetOptions<unknown> = {}): Promise<boolean> {
    requireKey(key);
    if (value === undefined) throw expected("a value; delete(key) takes one away", value);
    const checked = this.checked(value);
    return this.write([key, value], checked, this.plan.expireAfterMs, options);
  }

  async delete(key: string, options: SetOptions<unknown> = {}): Promise<boolean> {
    requireKey(key);
    if (this.current(key) === undefined) return false;
    return this.write([key], undefined, meshLimits.mapDeletionMs, options);
  }

  /** `value`: what is read when it stands. */
  private async write(
    entry: readonly [key: string, value?: unknown],
    value: unknown,
    lifeMs: number,
    { if: precondition, ...call }: SetOptions<unknown>,
  ): Promise<boolean> {
    if (this.left) throw leftError();
    const [key] = entry;
    if (precondition !== undefined && typeof precondition !== "function")
      throw expected("if to be a function", precondition);
    if (precondition?.(this.current(key)) === false) return false;
    const plain = this.codec.encode(entry);
    const mine = { value };
    this.underWay.set(key, mine);
    const end = (): void => {
      if (this.underWay.get(key) === mine) this.underWay.delete(key);
    };
    await bounded<unknown>(call, undefined, (resolve, reject) => {
      const write = (): Promise<unknown> =>
        this.host.write({ key: this.codec.tagOf(key), ...this.codec.seal(plain), lifeMs });
      const room = this.host.room();
      (room === undefined ? write() : room.then(write)).then(resolve, reject);
      // It is signed by now, perhaps, and cannot be called back.
      return () => {};
    }).finally(end);
    return true;
  }

  private current(key: string): unknown {
    const underWay = this.underWay.get(key);
    return underWay === undefined ? this.get(key) : underWay.value;
  }

  /** Throws `invalid-data`. */
  private checked(value: unknown): unknown {
    if (this.plan.schema === undefined) return value;
    const checked = checkBySchema(this.plan.schema, value);
    if (checked.ok) return checked.value;
    throw new MeshError("invalid-data", `expected data that fits the schema, got: ${describeIssues(checked.issues)}`, {
      cause: checked.issues,
    });
  }

  // --- what stands ------------------------------------------------------------------------------------------------

  async confirmed(key: string, options: Call & { quorum?: number } = {}): Promise<Confirmation<unknown>> {
    requireKey(key);
    if (this.left) throw leftError();
    const tag = this.codec.tagOf(key);
    const value = this.get(key);
    const answers = await this.host.witnesses.ask(this.codec.tag, tag, options);
    return Object.freeze({ value, ...answers });
  }

  onEntry({ key: tag, rumor, id }: Effect & { readonly kind: "entry" }): void {
    const before = this.cells.get(tag);
    if (before !== undefined && id !== undefined && same(before.id, id)) return;
    this.drop(tag);
    const after = rumor === undefined || id === undefined ? undefined : this.take(tag, rumor, id);
    const [value, previous] = [after?.value, before?.value];
    if (value === undefined && previous === undefined) return;
    // Something older, or nothing, stands again: what stood has ended, or was withdrawn.
    const ended = after === undefined || (before !== undefined && after.timeMs < before.timeMs);
    const { key, author, own, timeMs } = ended && before !== undefined ? before : after!;
    const kind = ended ? "ended" : after.deleted ? "deleted" : "set";
    this.listeners.emit("change", Object.freeze({ key, value, previous, kind, author, own, timeMs }));
  }

  /** The mesh was left: what was heard can still be read. */
  end(): void {
    this.left = true;
    this.listeners.clear();
  }

  private drop(tag: string): void {
    const cell = this.cells.get(tag);
    this.cells.delete(tag);
    if (cell !== undefined) this.present.delete(cell.key);
  }

  /** Open what stands under a tag, and remember it. Undefined for what cannot be read. */
  private take(tag: string, rumor: Rumor, id: Uint8Array): Cell | undefined {
    const opened = this.codec.open(rumor, tag);
    if (typeof opened === "string") {
      this.ignored[opened]++;
      if (opened === "unknownKey") this.awaitKey();
      return undefined;
    }
    const { key, deleted } = opened;
    const { author, timeMs } = rumor.header;
    const value = deleted ? undefined : this.accept(key, author, opened.value);
    const cell: Cell = { key, value, deleted, author, own: author === this.host.peerId, timeMs, id };
    this.cells.set(tag, cell);
    if (value !== undefined) this.present.set(key, cell);
    return cell;
  }

  /** Keys change, and the one that was lacking may be on its way: what cannot be read is tried again when one has come. */
  private awaitKey(): void {
    if (this.isAwaiting || this.left) return;
    const next = this.codec.nextKey();
    if (next !== undefined) void this.retry(next);
  }

  private async retry(next: Promise<void>): Promise<void> {
    this.isAwaiting = true;
    await next;
    this.isAwaiting = false;
    const map = this.codec.tag;
    for (const { key, rumor, id } of this.left ? [] : this.host.entries()) {
      if (!this.cells.has(key)) this.onEntry({ kind: "entry", map, key, rumor, id });
    }
  }

  private accept(key: string, author: PeerId, value: unknown): unknown {
    const { schema } = this.plan;
    if (schema === undefined) return value;
    let issues: readonly Issue[] = [{ message: "the schema failed" }];
    try {
      const checked = checkBySchema(schema, value);
      if (checked.ok) return checked.value;
      ({ issues } = checked);
    } catch (error) {
      // A schema that fails is the application's own mistake: seen, and the other values are read all the same.
      report(error);
    }
    this.ignored.invalid++;
    this.listeners.emit("invalid", { key, author, issues });
    return undefined;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
