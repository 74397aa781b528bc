/**
 * The entries of one map, between what the application reads and what travels: a key becomes its tag, a value a sealed
 * body, and back. A body says its key, for a tag cannot be read; one whose key does not have that tag is no entry.
 */
import { keyId, mapKeyTag, openTopic, sealTopic, tagKeyFrom, type MeshKeys } from "@grapevine/crypto";
import type { Rumor } from "@grapevine/protocol";
import { decodeData, encodeData } from "./data.ts";
import { meshLimits } from "./limits.ts";
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
  readonly keyId: Uint8Array;
  private readonly key: Uint8Array | undefined;
  private readonly tagKey: Uint8Array;

  constructor(keys: MeshKeys, name: string, { access }: MapPlan) {
    this.tag = keys.mapTag(name);
    this.key = access === "public" ? undefined : access === "mesh" ? keys.mapKey(name) : access.key;
    this.tagKey = typeof access === "string" ? keys.mapTagKey(name) : tagKeyFrom(access.key);
    this.keyId = this.key === undefined ? PUBLIC_KEY_ID : keyId(this.key);
  }

  tagOf(key: string): string {
    return mapKeyTag(this.tagKey, key);
  }

  /** Throws `unsupported-data` or `too-large`. `[key]` is a deletion. */
  seal(entry: readonly [key: string, value?: unknown]): Uint8Array {
    const body = encodeData(entry, meshLimits.mapEntryBytesMax);
    return this.key === undefined ? body : sealTopic(this.key, body);
  }

  open({ header, body }: Rumor, tag: string): OpenedEntry {
    if (!this.keyId.every((byte, i) => header.keyId[i] === byte)) return "unknownKey";
    const plain = this.key === undefined ? body : openTopic(this.key, body);
    const entry = plain === undefined ? undefined : decodeData(plain)?.value;
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) return "undecodable";
    const [key, value] = entry as unknown[];
    if (typeof key !== "string" || this.tagOf(key) !== tag) return "undecodable";
    return { key, deleted: entry.length === 1, value };
  }
}
