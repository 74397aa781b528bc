/**
 * The bodies of one topic's rumors: sealed under its key, or in clear; each a batch of messages or a piece of a large one.
 */
import { keyId, openTopic, sealTopic } from "@grapevine/crypto";
import { RUMOR_KIND_BULK, type Rumor } from "@grapevine/protocol";
import { type Fragment, decodeBatch, decodeFragment } from "./batch.ts";
import type { Entry } from "./journal.ts";

/** One message, not decoded yet. */
export interface Item {
  readonly value: Uint8Array;
  /** When it was published. */
  readonly timeMs: number;
}

const PUBLIC_KEY_ID = new Uint8Array(8);

export class Bodies {
  readonly keyId: Uint8Array;
  private readonly key: Uint8Array | undefined;

  /** Undefined for a public topic. */
  constructor(key: Uint8Array | undefined) {
    this.key = key;
    this.keyId = key === undefined ? PUBLIC_KEY_ID : keyId(key);
  }

  seal(body: Uint8Array): Uint8Array {
    return this.key === undefined ? body : sealTopic(this.key, body);
  }

  isUnderOurKey({ header }: Rumor): boolean {
    return this.keyId.every((byte, i) => header.keyId[i] === byte);
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

  private plainOf({ body }: Rumor): Uint8Array | undefined {
    return this.key === undefined ? body : openTopic(this.key, body);
  }
}
