/**
 * The canonical rule: which Ed25519 keys and signatures are looked at at all. Implementations disagree on crafted ones
 * (Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020), and in a mesh where whoever forwards an invalid
 * signature loses its link, one disagreement splits honest peers. What passes this rule and is then verified without
 * the cofactor has one verdict on every platform.
 */

/** p = 2^255 - 19 begins and ends so, little-endian; every byte between is 0xff. */
const P_FIRST = 0xed;
const P_LAST = 0x7f;

/** Order of the base point: 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032, section 5.1). */
export const ORDER: Uint8Array = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10],
);

/**
 * The canonical y of the 8 points whose order divides 8: 1, -1, 0, and the two of order 8, whose sum is p. Each stands
 * for both sign bits.
 */
export const SMALL_ORDER_Y: readonly Uint8Array[] = [
  Uint8Array.of(1, ...Array<number>(31).fill(0)),
  Uint8Array.of(0xec, ...Array<number>(30).fill(0xff), 0x7f),
  new Uint8Array(32),
  Uint8Array.of(
    ...[0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0],
    ...[0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
  ),
  Uint8Array.of(
    ...[0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f],
    ...[0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a],
  ),
];

/**
 * Whether a 32-byte public key A and a 64-byte signature R || S are of the one form that Grapevine looks at: S < L, A
 * and R encoded with y < p, neither of them one of the 8 small-order points. Says nothing of whether A or R lie on the
 * curve or the signature is right; takes any bytes.
 */
export function isCanonical(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === 32 &&
    signature.length === 64 &&
    isCanonicalPoint(publicKey, 0) &&
    isCanonicalPoint(signature, 0) &&
    isBelowOrder(signature, 32)
  );
}

/** S < L. Other S that are equal modulo L would pass where this is not checked, and give one content two signatures. */
function isBelowOrder(bytes: Uint8Array, at: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = bytes[at + i]! - ORDER[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function isCanonicalPoint(bytes: Uint8Array, at: number): boolean {
  return isBelowP(bytes, at) && !SMALL_ORDER_Y.some((y) => hasY(bytes, at, y));
}

function isBelowP(bytes: Uint8Array, at: number): boolean {
  if ((bytes[at + 31]! & 0x7f) !== P_LAST) return true;
  for (let i = 30; i > 0; i--) if (bytes[at + i] !== 0xff) return true;
  return bytes[at]! < P_FIRST;
}

function hasY(bytes: Uint8Array, at: number, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (bytes[at + i] !== y[i]) return false;
  return (bytes[at + 31]! & 0x7f) === y[31];
}
