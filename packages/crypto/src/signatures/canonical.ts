/**
 * The canonical rule: which Ed25519 keys and signatures are looked at at all. Implementations disagree on crafted ones
 * (Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020), and in a mesh where whoever forwards an invalid
 * signature loses its link, one disagreement splits honest peers. What passes this rule and is then verified without
 * the cofactor has one verdict on every platform.
 */
import { fromHex } from "../bytes.ts";

/** p = 2^255 - 19 begins and ends so, little-endian; every byte between is 0xff. */
const P_FIRST = 0xed;
const P_LAST = 0x7f;

/** Order of the base point: 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032, section 5.1). */
const ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

/**
 * The canonical y of the 8 points whose order divides 8: 1, -1, 0, and the two of order 8, whose sum is p. Each stands
 * for both sign bits.
 */
const SMALL_ORDER_Y = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(fromHex);

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
