/** What the core computes its own way, computed here the way PROTOCOL.md says it: places on rings, fingerprints. */
import { ascii, hash, hex, type Person } from "./signers.ts";

/** What places a pair of peers on a ring, by definition. */
export function ringVector(meshId: Uint8Array, caller: Person, callee: Person, ring: number, epoch: number): object {
  const place = Buffer.alloc(7);
  place.writeUInt8(ring);
  place.writeUIntBE(epoch, 1, 6);
  const input = Buffer.concat([ascii("\x10grapevine ring 1"), meshId, place, caller.publicKey, callee.publicKey]);
  const value = Buffer.from(hash(input)).readUIntBE(0, 6) / 2 ** 48;
  return { caller: caller.peer, callee: callee.peer, ring, epoch, value };
}

/** MurmurHash3, x86, 32 bits, by definition. */
function murmur3(seed: number, words: readonly number[]): number {
  const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  let h = seed;
  for (const word of words) {
    h ^= Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    h = (Math.imul(rotated(h, 13), 5) + 0xe6546b64) | 0;
  }
  h ^= 4 * words.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** What a round compares, by definition. */
export function fingerprintVector(round: number, logs: readonly { key: string; ids: readonly Uint8Array[] }[]): object {
  const halves = [~round >>> 0, round].map((seed) => {
    let sum = 0;
    for (const { key, ids } of logs) {
      const tag = Buffer.from(hash(ascii(key)));
      const lanes = [0, 4, 8, 12].map((at) => ids.reduce((sum, id) => sum + Buffer.from(id).readUInt32LE(at), 0) | 0);
      sum = (sum + murmur3(seed, [0, 4, 8, 12].map((at) => tag.readUInt32BE(at)).concat([...lanes]))) >>> 0;
    }
    return sum;
  });
  const fingerprint = Buffer.alloc(8);
  for (const [i, half] of halves.entries()) fingerprint.writeUInt32BE(half, 4 * i);
  return { round, logs: logs.map(({ key, ids }) => ({ key, ids: ids.map(hex) })), fingerprint: hex(fingerprint) };
}
