/**
 * Ed25519 by definition (RFC 8032, section 5.1) on whole numbers: slow, not constant in time, and independent of every
 * library that it makes vectors for. Points are affine; nothing here is for keys that matter.
 */
import { createHash } from "node:crypto";

export const P = 2n ** 255n - 19n;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

export const IDENTITY: Point = { x: 0n, y: 1n };

function mod(a: bigint, m: bigint = P): bigint {
  return ((a % m) + m) % m;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
}

function inverse(a: bigint): bigint {
  return power(a, P - 2n);
}

const D = mod(-121665n * inverse(121666n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** The complete law of addition on -x^2 + y^2 = 1 + d x^2 y^2. */
export function add(a: Point, b: Point): Point {
  const twist = mod(D * a.x * b.x * a.y * b.y);
  return {
    x: mod((a.x * b.y + b.x * a.y) * inverse(1n + twist)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - twist)),
  };
}

export function multiply(scalar: bigint, point: Point): Point {
  let result = IDENTITY;
  for (let s = scalar, step = point; s > 0n; s >>= 1n, step = add(step, step)) if (s & 1n) result = add(result, step);
  return result;
}

export function negate(point: Point): Point {
  return { x: mod(-point.x), y: point.y };
}

export function isSame(a: Point, b: Point): boolean {
  return a.x === b.x && a.y === b.y;
}

/** The point with this y and this lowest bit of x, or undefined where the curve has none. */
export function pointWithY(y: bigint, odd: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * SQRT_MINUS_ONE);
  if (mod(x * x) !== square) return undefined;
  return { x: (x & 1n) === odd ? x : mod(-x), y: mod(y) };
}

export const BASE: Point = pointWithY(mod(4n * inverse(5n)), 0n)!;

/** The 8 points whose order divides 8, in steps of one of order 8: torsion[i] has order 8 / gcd(i, 8). */
export const TORSION: readonly Point[] = (() => {
  for (let y = 2n; ; y++) {
    const point = pointWithY(y, 0n);
    const step = point === undefined ? IDENTITY : multiply(L, point);
    if (isSame(multiply(4n, step), IDENTITY)) continue;
    return Array.from({ length: 8 }, (_, i) => multiply(BigInt(i), step));
  }
})();

export function littleEndian(value: bigint, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function encode(point: Point): Uint8Array {
  return littleEndian(point.y | ((point.x & 1n) << 255n));
}

export function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash("sha512");
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
}

/** H(R, A, M) as a number, before it is reduced modulo L. */
export function challenge(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(sha512(r, a, message));
}

export interface Secret {
  readonly scalar: bigint;
  readonly prefix: Uint8Array;
}

export function expand(seed: Uint8Array): Secret {
  const digest = sha512(seed);
  digest[0]! &= 248;
  digest[31]! &= 127;
  digest[31]! |= 64;
  return { scalar: fromLittleEndian(digest.subarray(0, 32)), prefix: digest.subarray(32) };
}

export function signatureBytes(r: Uint8Array, s: bigint): Uint8Array {
  return Uint8Array.of(...r, ...littleEndian(s));
}

export function sign(secret: Secret, message: Uint8Array): Uint8Array {
  const r = mod(fromLittleEndian(sha512(secret.prefix, message)), L);
  const pointR = encode(multiply(r, BASE));
  const k = challenge(pointR, encode(multiply(secret.scalar, BASE)), message);
  return signatureBytes(pointR, mod(r + k * secret.scalar, L));
}
