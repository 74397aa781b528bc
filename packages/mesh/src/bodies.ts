/**
 * The bodies of one topic's rumors: sealed under its key, or in clear; each a batch of messages or a piece of a large one.
 */
import { keyId, openTopic, sealTopic } from "@grapevine/crypto";
import { RUMOR_KIND_BULK, type Rumor } from "@grapevine/protocol";
import { type Fragment, decodeBatch, decodeFragment } from "./batch.ts";
import type { EpochKeys } from "./epoch-keys.ts";
import type { Entry } from "./journal.ts";

/** One message, not decoded yet. */
export interface Item {
  readonly value: Uint8Array;
  /** When it was published. */
  readonly timeMs: number;
}

const PUBLIC_KEY_ID = new Uint8Array(8);

export class Bodies {
  /** Of the key that the topic has always, or has before the first epoch. */
  readonly keyId: Uint8Array;
  // Private to the language itself: no console or JSON that is shown a mesh shows what seals it.
  readonly #key: Uint8Array | undefined;
  private readonly epochs: EpochKeys | undefined;

  /** `key`: undefined for a public topic. `epochs`: where keys change. */
  constructor(key: Uint8Array | undefined, epochs?: EpochKeys) {
    this.#key = key;
    this.keyId = key === undefined ? PUBLIC_KEY_ID : keyId(key);
    this.epochs = epochs;
  }

  seal(body: Uint8Array): { readonly keyId: Uint8Array; readonly body: Uint8Array } {
    if (this.#key === undefined) return { keyId: this.keyId, body };
    const { keyId, key } = this.epochs?.writing() ?? { keyId: this.keyId, key: this.#key };
    return { keyId, body: sealTopic(key, body) };
  }

  isUnderOurKey({ header }: Rumor): boolean {
    return this.isAlways(header.keyId) || this.epochs?.keyOf(header.keyId) !== undefined;
  }

  /** Undefined for what is no piece of a large message, or cannot be read here. */
  fragmentOf(rumor: Rumor): Fragment | undefined {
    if (rumor.header.kind !== RUMOR_KIND_BULK || !this.isUnderOurKey(rumor)) return undefined;
    const plain = this.plainOf(rumor);
    return plain === undefined ? undefined : decodeFragment(plain);
  }

  /** Undefined when it is not what an author of these messages writes. */
  itemsOf({ rumor, parts }: Entry): readonly Item[] | undefined {
    if (parts === undefined) {
      const plain = this.plainOf(rumor);
      const { timeMs } = rumor.header;
      const items = plain === undefined ? undefined : decodeBatch(plain);
      return items?.map(({ value, ageMs }) => ({ value, timeMs: timeMs - ageMs }));
    }
    const fragments = parts.map((part) => this.fragmentOf(part)!);
    const value = new Uint8Array(fragments[0]!.bytesTotal);
    for (const { piece, offset } of fragments) value.set(piece, offset);
    return [{ value, timeMs: parts[0]!.header.timeMs - fragments[0]!.ageMs }];
  }

  private plainOf({ header, body }: Rumor): Uint8Array | undefined {
    if (this.#key === undefined) return body;
    const key = this.isAlways(header.keyId) ? this.#key : this.epochs?.keyOf(header.keyId);
    return key === undefined ? undefined : openTopic(key, body);
  }

  private isAlways(id: Uint8Array): boolean {
    return this.keyId.every((byte, i) => id[i] === byte);
  }
}
