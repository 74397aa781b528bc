/**
 * The entries of one map, between what the application reads and what travels: a key becomes its tag, a value a sealed
 * body, and back. A body says its key, for a tag cannot be read; one whose key does not have that tag is no entry.
 */
import { keyId, mapKeyTag, openTopic, sealTopic, tagKeyFrom, type MeshKeys } from "@grapevine/crypto";
import type { Rumor } from "@grapevine/protocol";
import { decodeData, encodeData } from "./data.ts";
import { meshLimits } from "./limits.ts";
import type { EpochKeys, MeshEpochs } from "./epoch-keys.ts";
import type { MapPlan } from "./map-options.ts";

/** What an entry says. */
export type OpenedEntry =
  | { readonly key: string; readonly deleted: boolean; readonly value: unknown }
  | "unknownKey"
  | "undecodable";

const PUBLIC_KEY_ID = new Uint8Array(8);

export class MapEntries {
  /** Of the map. */
  readonly tag: string;
  /** Of the key that the map has always, or has before the first epoch. */
  private readonly keyId: Uint8Array;
  // Private to the language itself: no console or JSON that is shown a mesh shows what seals it.
  readonly #key: Uint8Array | undefined;
  private readonly epochs: EpochKeys | undefined;
  readonly #tagKey: Uint8Array;

  /** `epochs`: where the keys of what all members read change. */
  constructor(keys: MeshKeys, name: string, { access }: MapPlan, epochs: MeshEpochs | undefined) {
    this.tag = keys.mapTag(name);
    this.epochs = access === "mesh" ? epochs?.ofTopic(`map ${this.tag}`) : undefined;
    this.#key = access === "public" ? undefined : access === "mesh" ? keys.mapKey(name) : access.key;
    this.#tagKey = typeof access === "string" ? keys.mapTagKey(name) : tagKeyFrom(access.key);
    this.keyId = this.#key === undefined ? PUBLIC_KEY_ID : keyId(this.#key);
  }

  tagOf(key: string): string {
    return mapKeyTag(this.#tagKey, key);
  }

  /** Throws `unsupported-data` or `too-large`. `[key]` is a deletion. */
  encode(entry: readonly [key: string, value?: unknown]): Uint8Array {
    return encodeData(entry, meshLimits.mapEntryBytesMax);
  }

  seal(plain: Uint8Array): { readonly keyId: Uint8Array; readonly body: Uint8Array } {
    if (this.#key === undefined) return { keyId: this.keyId, body: plain };
    const { keyId, key } = this.epochs?.writing() ?? { keyId: this.keyId, key: this.#key };
    return { keyId, body: sealTopic(key, plain) };
  }

  /** Resolves when a key has come that was not there; undefined when none can. */
  nextKey(): Promise<void> | undefined {
    return this.epochs?.next();
  }

  open({ header, body }: Rumor, tag: string): OpenedEntry {
    const isAlways = this.keyId.every((byte, i) => header.keyId[i] === byte);
    const sealedWith = isAlways ? this.#key : this.epochs?.keyOf(header.keyId);
    if (!isAlways && sealedWith === undefined) return "unknownKey";
    const plain = sealedWith === undefined ? body : openTopic(sealedWith, body);
    const entry = plain === undefined ? undefined : decodeData(plain)?.value;
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) return "undecodable";
    const [key, value] = entry as unknown[];
    if (typeof key !== "string" || this.tagOf(key) !== tag) return "undecodable";
    return { key, deleted: entry.length === 1, value };
  }
}
