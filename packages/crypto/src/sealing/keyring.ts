/**
 * The keys of a mesh's epochs: random ones of 32 bytes, of which each topic derives its own (HKDF, RFC 5869). They never
 * leave this room but sealed: for the X25519 key of one incarnation of a member, or for the own disk under a key that
 * follows from the mesh's secret. An epoch is named by a hash of its key, so that whoever is given one can tell what it is.
 */
import type { KeyringAnswer, KeyringAsk } from "@grapevine/protocol";
import { concat, equalConstantTime, fields, toHex, utf8 } from "../bytes.ts";
import { hkdfExpand, hkdfExtract, hmac } from "../derive.ts";
import { keyId, openTopic, sealTopic } from "./topic-seal.ts";

/** What the ring does not do itself. */
export interface KeyringParts {
  random(length: number): Uint8Array;
  /** Seal for the holder of an X25519 key. */
  seal(to: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Undefined for what was not sealed for this peer. */
  open(sealed: Uint8Array): Uint8Array | undefined;
  /** 32 bytes: seals keys for the own disk. */
  readonly diskKey: Uint8Array;
}

const KEY_BYTES = 32;
const PROOF_BYTES = 32;
/** Before keys that are given: what opens is told from anything else that is ever sealed for a peer. */
const GIVEN: Uint8Array = utf8("grapevine keys 1\0");
const NOTHING = new Uint8Array(0);

export class Keyring {
  // Private to the language itself: no log, clone or console that is shown a ring shows its keys.
  readonly #keys = new Map<string, Uint8Array>();
  readonly #parts: KeyringParts;

  constructor(parts: KeyringParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Does what the core asks. Takes any bytes of others. */
  answer(ask: KeyringAsk): KeyringAnswer {
    switch (ask.op) {
      case "make":
        return { keyIds: [this.#add(this.#parts.random(KEY_BYTES))], bytes: NOTHING };
      case "prove": {
        const key = this.#key(ask.keyId);
        return { keyIds: [], bytes: key === undefined ? NOTHING : proof(key, ask.bytes) };
      }
      case "give": {
        const { keyIds, proof: shown, to } = ask;
        const key = shown === undefined ? undefined : this.#key(shown.under);
        const proved = key !== undefined && equalConstantTime(proof(key, shown!.bytes), shown!.mac);
        const all = [...keyIds, ...(proved ? shown!.keyIds : [])];
        const given = all.filter((id) => this.#keys.has(id));
        const keys = given.map((id) => this.#key(id)!);
        return { keyIds: given, bytes: given.length === 0 ? NOTHING : this.#parts.seal(to, concat(GIVEN, ...keys)) };
      }
      case "take":
        return { keyIds: this.#take(ask.bytes, new Set(ask.keyIds)), bytes: NOTHING };
      case "drop":
        for (const id of ask.keyIds) this.#keys.delete(id);
        return { keyIds: [], bytes: NOTHING };
    }
  }

  /** Seals the bodies of one topic in one epoch, 32 bytes; undefined without that epoch's key. */
  topicKey(id: string, topic: string): Uint8Array | undefined {
    const key = this.#key(id);
    if (key === undefined) return undefined;
    const root = hkdfExtract(utf8("grapevine epoch 1"), key);
    return hkdfExpand(root, fields(utf8("grapevine topic key 1"), utf8(topic.normalize("NFC"))), KEY_BYTES);
  }

  /** A key as the own disk may have it. */
  wrapped(id: string): Uint8Array | undefined {
    const key = this.#key(id);
    return key === undefined ? undefined : sealTopic(this.#parts.diskKey, key);
  }

  /** What `wrapped` made, in this run or an earlier one: the key's id, or undefined when it is no such thing. */
  unwrap(wrapped: Uint8Array): string | undefined {
    const key = openTopic(this.#parts.diskKey, wrapped);
    return key?.length === KEY_BYTES ? this.#add(key) : undefined;
  }

  #key(id: string): Uint8Array | undefined {
    return this.#keys.get(id);
  }

  #add(key: Uint8Array): string {
    const id = toHex(keyId(key));
    this.#keys.set(id, key);
    return id;
  }

  /** Keys that nobody asked for are not kept, so nobody fills this memory. */
  #take(sealed: Uint8Array, wanted: ReadonlySet<string>): string[] {
    const opened = this.#parts.open(sealed);
    if (opened === undefined || !GIVEN.every((byte, i) => opened[i] === byte)) return [];
    const taken: string[] = [];
    for (let at = GIVEN.length; at + KEY_BYTES <= opened.length; at += KEY_BYTES) {
      const key = opened.slice(at, at + KEY_BYTES);
      if (wanted.has(toHex(keyId(key)))) taken.push(this.#add(key));
    }
    return taken;
  }
}

function proof(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(hkdfExtract(utf8("grapevine epoch proof 1"), key), bytes).slice(0, PROOF_BYTES);
}
