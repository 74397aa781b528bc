/** What tests of stores share: rumors that look like real ones, and a hash that costs nothing. */
import {
  type Credential,
  type Hash,
  type KeptRumor,
  type LogId,
  type PeerId,
  peerIdOf,
  rumorId,
} from "@grapevine/protocol";

export const MESH_ID: Uint8Array = new Uint8Array(32).fill(7);
export const TOPIC: string = "0a".repeat(16);
export const NOW_MS = 1_700_000_000_000;

/** Eight words of FNV-1a, each from another start: no cryptography, but it tells bytes apart. */
export const testHash: Hash = (bytes) => {
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  for (let word = 0; word < 8; word++) {
    let state = (0x811c9dc5 ^ (word * 0x9e3779b9)) >>> 0;
    for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
    words.setUint32(4 * word, state ^ (state >>> 15));
  }
  return out;
};

export function peer(number: number): PeerId {
  return peerIdOf(new Uint8Array(32).fill(number));
}

export function logOf(author: number, incarnation = 1): LogId {
  return { author: peer(author), incarnation, topic: TOPIC };
}

export interface Written {
  readonly bodyBytes?: number;
  readonly incarnation?: number;
  readonly low?: number;
  readonly expiryMs?: number;
  readonly timeMs?: number;
}

export function written(author: number, seq: number, options: Written = {}): KeptRumor {
  const { bodyBytes = 20, incarnation = 1, low = 1, expiryMs = 0, timeMs = NOW_MS + seq } = options;
  const body = new Uint8Array(bodyBytes).fill(seq);
  const header = {
    version: 1,
    ...logOf(author, incarnation),
    seq,
    prev: new Uint8Array(32).fill(seq - 1),
    timeMs,
    counter: 0,
    expiryMs,
    keyId: new Uint8Array(8),
    kind: 0,
    low,
  };
  const id = rumorId(testHash, MESH_ID, header, testHash(body));
  return { rumor: { header, body, signature: new Uint8Array(64).fill(author) }, id, hops: 3 };
}

export function credential(number: number): Credential {
  return {
    peer: peer(number),
    incarnation: 1,
    boxKey: new Uint8Array(32).fill(1),
    ticket: new Uint8Array([1, 2, 3]),
    signature: new Uint8Array(64).fill(2),
  };
}
