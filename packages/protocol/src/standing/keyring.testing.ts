/** A modelled keyring: keys are made by counting, and what is given is sealed by saying for whom. */
import { testHash } from "../room.testing.ts";
import type { KeyringAnswer, KeyringAsk } from "../types.ts";
import { toHex } from "../wire/hex.ts";

const NOTHING = new Uint8Array(0);

export class TestKeyring {
  readonly keys = new Map<string, Uint8Array>();
  private readonly boxKey: Uint8Array;
  private made = 0;

  constructor(boxKey: Uint8Array) {
    this.boxKey = boxKey;
  }

  add(key: Uint8Array): string {
    this.keys.set(idOf(key), key);
    return idOf(key);
  }

  answer(ask: KeyringAsk): KeyringAnswer {
    switch (ask.op) {
      case "make":
        return { keyIds: [this.add(testHash(Uint8Array.of(...this.boxKey, this.made++)))], bytes: NOTHING };
      case "prove":
        return { keyIds: [], bytes: this.proof(ask.keyId, ask.bytes) };
      case "give": {
        const { proof } = ask;
        const proved = proof !== undefined && String(this.proof(proof.under, proof.bytes)) === String(proof.mac);
        const keyIds = [...ask.keyIds, ...(proved ? proof.keyIds : [])].filter((id) => this.keys.has(id));
        const keys = keyIds.flatMap((id) => [...this.keys.get(id)!]);
        return { keyIds, bytes: keyIds.length === 0 ? NOTHING : Uint8Array.of(...ask.to, ...keys) };
      }
      case "take": {
        const isOurs = this.boxKey.every((byte, i) => ask.bytes[i] === byte);
        const taken: string[] = [];
        for (let at = 32; isOurs && at + 32 <= ask.bytes.length; at += 32) {
          const key = ask.bytes.slice(at, at + 32);
          if (ask.keyIds.includes(idOf(key))) taken.push(this.add(key));
        }
        return { keyIds: taken, bytes: NOTHING };
      }
      case "drop":
        for (const id of ask.keyIds) this.keys.delete(id);
        return { keyIds: [], bytes: NOTHING };
    }
  }

  private proof(keyId: string, bytes: Uint8Array): Uint8Array {
    const key = this.keys.get(keyId);
    return key === undefined ? NOTHING : testHash(Uint8Array.of(...key, ...bytes));
  }
}

function idOf(key: Uint8Array): string {
  return toHex(testHash(key).subarray(0, 8));
}
