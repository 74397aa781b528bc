/** A well-mixed hash of four whole numbers into [0, 1): MurmurHash3's steps and finaliser (Austin Appleby, public domain). */
export function hash4(a: number, b: number, c: number, d: number): number {
  let h = a | 0;
  h = step(h, b);
  h = step(h, c);
  h = step(h, d);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> 0) / 0x1_0000_0000;
}

function step(h: number, k: number): number {
  k = Math.imul(k, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  h ^= k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
