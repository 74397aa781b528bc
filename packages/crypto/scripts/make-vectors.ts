/**
 * Writes vectors/ed25519.json and the few of them that every start-up checks (src/signatures/self-test-vectors.ts): for
 * each class on which implementations of Ed25519 disagree, signatures that some accept and some refuse, with the one
 * verdict that Grapevine gives. Made by definition on whole numbers (edwards.ts); the same bytes at every run.
 *
 *   npx tsx packages/crypto/scripts/make-vectors.ts
 */
import { writeFileSync } from "node:fs";
import {
  add,
  BASE,
  challenge,
  encode,
  expand,
  fromLittleEndian,
  IDENTITY,
  isSame,
  L,
  littleEndian,
  multiply,
  negate,
  P,
  type Point,
  pointWithY,
  sha512,
  sign,
  signatureBytes,
  TORSION,
} from "./edwards.ts";

interface Vector {
  readonly class: string;
  readonly note: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

const vectors: Vector[] = [];
const atStart: Vector[] = [];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function put(
  name: string,
  valid: boolean,
  note: string,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  checkedAtStart = false,
): void {
  const vector = {
    class: name,
    note,
    publicKey: hex(publicKey),
    message: hex(message),
    signature: hex(signature),
    valid,
  };
  vectors.push(vector);
  if (checkedAtStart) atStart.push(vector);
}

/** Chance that is the same at every run. */
function scalarOf(label: string): bigint {
  return fromLittleEndian(sha512(text(`grapevine vectors ${label}`))) % L;
}

function mod8(value: bigint): number {
  return Number(value % 8n);
}

/** The first short message that makes `fits` true. */
function search<T>(label: string, attempt: (message: Uint8Array) => T | undefined): { message: Uint8Array; found: T } {
  for (let i = 0; i < 10_000; i++) {
    const message = text(`${i}`);
    const found = attempt(message);
    if (found !== undefined) return { message, found };
  }
  throw new Error(`no message found for ${label}`);
}

/** Both encodings of a y that may be p or more: with the sign bit and without. */
function encodingsOfY(y: bigint): readonly Uint8Array[] {
  return [littleEndian(y), littleEndian(y | (1n << 255n))];
}

// --- valid everywhere -----------------------------------------------------------------------------------------------

// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
const rfc = [
  ["TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", ""],
  ["TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72"],
  ["TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82"],
  ["TEST SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", hex(sha512(text("abc")))],
] as const;
for (const [name, seed, message] of rfc) {
  const secret = expand(Buffer.from(seed, "hex"));
  const bytes = Buffer.from(message, "hex");
  const publicKey = encode(multiply(secret.scalar, BASE));
  put("rfc-8032", true, name, publicKey, bytes, sign(secret, bytes), name === "TEST 3");
}

const honest = expand(sha512(text("grapevine vectors honest")).subarray(0, 32));
const honestA = multiply(honest.scalar, BASE);
const honestKey = encode(honestA);
for (const length of [0, 1, 47, 48, 63, 64, 65, 111, 112, 128, 1023]) {
  const message = Uint8Array.from({ length }, (_, i) => i & 0xff);
  put("honest", true, `message of ${length} bytes`, honestKey, message, sign(honest, message));
}

// --- plainly wrong --------------------------------------------------------------------------------------------------

const plain = text("plain");
const plainSignature = sign(honest, plain);
for (const bit of [0, 100, 254, 255, 256, 300, 400, 504, 511]) {
  const signature = plainSignature.slice();
  signature[bit >> 3]! ^= 1 << (bit & 7);
  put("flipped-signature", false, `bit ${bit}`, honestKey, plain, signature, bit === 300);
}
for (const bit of [0, 7, 128, 254, 255]) {
  const publicKey = honestKey.slice();
  publicKey[bit >> 3]! ^= 1 << (bit & 7);
  put("flipped-key", false, `bit ${bit}`, publicKey, plain, plainSignature);
}
put("other-message", false, "signed for another", honestKey, text("plaim"), plainSignature);
put("zero", false, "S = 0 and an honest R", honestKey, plain, signatureBytes(plainSignature.subarray(0, 32), 0n));
for (const length of [0, 32, 63])
  put("wrong-length", false, `${length}`, honestKey, plain, plainSignature.slice(0, length));
put("wrong-length", false, "65", honestKey, plain, Uint8Array.of(...plainSignature, 0));
put("wrong-length", false, "key of 31", honestKey.slice(0, 31), plain, plainSignature);
put("wrong-length", false, "key of 33", Uint8Array.of(...honestKey, 0), plain, plainSignature);
put("wrong-length", false, "no key", new Uint8Array(0), plain, plainSignature);

// --- S >= L: who does not check accepts S + nL ----------------------------------------------------------------------

const plainS = fromLittleEndian(plainSignature.subarray(32));
const plainR = plainSignature.subarray(0, 32);
for (let n = 1n; plainS + n * L < 2n ** 256n; n++) {
  put("s-not-reduced", false, `S + ${n}L`, honestKey, plain, signatureBytes(plainR, plainS + n * L), n === 1n);
}
put("s-not-reduced", false, "S = L", honestKey, plain, signatureBytes(plainR, L));
put("s-not-reduced", false, "S = L - 1, and wrong", honestKey, plain, signatureBytes(plainR, L - 1n));
put("s-not-reduced", false, "S = 2^256 - 1", honestKey, plain, signatureBytes(plainR, 2n ** 256n - 1n));

// --- small order: such a key signs anything, such an R commits to nothing -------------------------------------------

/** Every encoding that some decoder takes for one of the 8 points: canonical, x = 0 with a sign, y of p and p + 1. */
const smallEncodings: {
  readonly bytes: Uint8Array;
  readonly point: Point;
  readonly note: string;
  readonly canonical: boolean;
}[] = [];
for (const [i, point] of TORSION.entries()) {
  const order = 8 / [8, 1, 2, 1, 4, 1, 2, 1][i]!;
  smallEncodings.push({ bytes: encode(point), point, note: `order ${order}, point ${i}`, canonical: true });
  if (point.x === 0n) {
    const bytes = littleEndian(point.y | (1n << 255n));
    smallEncodings.push({ bytes, point, note: `order ${order}, x = -0`, canonical: true });
  }
}
for (const y of [P, P + 1n]) {
  for (const [sign, bytes] of encodingsOfY(y).entries()) {
    const point = pointWithY(y - P, BigInt(sign)) ?? IDENTITY;
    smallEncodings.push({ bytes, point, note: `y = p + ${y - P}, sign ${sign}`, canonical: false });
  }
}

for (const { bytes, point, note, canonical } of smallEncodings) {
  const keyClass = canonical ? "small-order-a" : "non-canonical-a";
  const pointClass = canonical ? "small-order-r" : "non-canonical-r";
  // The key has no secret, and yet S B = R + k A for an R of full order ...
  const r = scalarOf(`small A ${note}`);
  const full = search(`small A ${note}`, (message) => {
    for (const torsion of TORSION) {
      const pointR = encode(add(multiply(r, BASE), torsion));
      const k = challenge(pointR, bytes, message) % L;
      if (isSame(add(torsion, multiply(k, point)), IDENTITY)) return pointR;
    }
    return undefined;
  });
  put(keyClass, false, `A ${note}; R of full order`, bytes, full.message, signatureBytes(full.found, r));
  // ... and for S = 0 with an R of small order.
  const both = search(`small A and R ${note}`, (message) => {
    for (const torsion of TORSION) {
      const k = challenge(encode(torsion), bytes, message) % L;
      if (isSame(add(torsion, multiply(k, point)), IDENTITY)) return encode(torsion);
    }
    return undefined;
  });
  const atStartToo = isSame(point, IDENTITY) && (bytes[31]! & 0x80) === 0;
  put(keyClass, false, `A ${note}; R small; S = 0`, bytes, both.message, signatureBytes(both.found, 0n), atStartToo);
  // R small with a key of full order (plus torsion where the sum must vanish): S = k a.
  const small = search(`small R ${note}`, (message) => {
    for (const torsion of TORSION) {
      const key = encode(add(honestA, torsion));
      const k = challenge(bytes, key, message) % L;
      if (isSame(add(point, multiply(k, torsion)), IDENTITY)) return { key, s: (k * honest.scalar) % L };
    }
    return undefined;
  });
  put(pointClass, false, `R ${note}`, small.found.key, small.message, signatureBytes(bytes, small.found.s), atStartToo);
}

// --- y >= p beyond the small points: nobody can sign for these, but decoders differ ---------------------------------

for (let y = 2n; y < 19n; y++) {
  if (pointWithY(y, 0n) === undefined) continue;
  for (const bytes of encodingsOfY(P + y)) {
    put("non-canonical-a", false, `y = p + ${y}, of full order`, bytes, plain, plainSignature);
    put("non-canonical-r", false, `y = p + ${y}, of full order`, honestKey, plain, signatureBytes(bytes, plainS));
  }
}

// --- not on the curve -----------------------------------------------------------------------------------------------

const offCurve: Uint8Array[] = [];
for (let y = 2n; offCurve.length < 4; y++) if (pointWithY(y, 0n) === undefined) offCurve.push(...encodingsOfY(y));
for (const [i, bytes] of offCurve.entries()) {
  put("off-curve-a", false, `sign ${i & 1}`, bytes, plain, plainSignature, i === 0);
  put("off-curve-r", false, `sign ${i & 1}`, honestKey, plain, signatureBytes(bytes, plainS));
}

// --- mixed order: canonical, of full order, with a part of small order ----------------------------------------------
// Without the cofactor S B = R + k A must hold exactly; with it the torsion disappears and all of these would pass.

for (const torsion of [4, 2, 1]) {
  const order = 8 / torsion;
  const key = encode(add(honestA, TORSION[torsion]!));
  const r = scalarOf(`mixed ${torsion}`);
  const pointR = multiply(r, BASE);
  const encodedR = encode(pointR);
  const s = (k: bigint): bigint => (r + (k % L) * honest.scalar) % L;
  /** Torsion that k A brings: k mod 8 steps of it, by the k that is reduced modulo L, and by the one that is not. */
  const fits = (label: string, point: Uint8Array, wanted: (reduced: number, whole: number) => boolean) =>
    search(label, (message) => {
      const k = challenge(point, key, message);
      return wanted(mod8((k % L) * BigInt(torsion)), mod8(k * BigInt(torsion))) ? k : undefined;
    });
  const first = order === 8;

  const vanishes = fits(
    `mixed A, k A without torsion, ${order}`,
    encodedR,
    (reduced, whole) => reduced === 0 && whole === 0,
  );
  put(
    "mixed-a",
    true,
    `torsion ${order}, k A has none`,
    key,
    vanishes.message,
    signatureBytes(encodedR, s(vanishes.found)),
    first,
  );
  const stays = fits(`mixed A, k A with torsion, ${order}`, encodedR, (reduced, whole) => reduced !== 0 && whole !== 0);
  put(
    "mixed-a",
    false,
    `torsion ${order}, k A has some`,
    key,
    stays.message,
    signatureBytes(encodedR, s(stays.found)),
    first,
  );
  const onlyReduced = fits(`mixed A, reduced k, ${order}`, encodedR, (reduced, whole) => reduced === 0 && whole !== 0);
  put(
    "mixed-a-reduction",
    true,
    `torsion ${order}, none once k is reduced modulo L`,
    key,
    onlyReduced.message,
    signatureBytes(encodedR, s(onlyReduced.found)),
    first,
  );
  const onlyWhole = fits(`mixed A, whole k, ${order}`, encodedR, (reduced, whole) => reduced !== 0 && whole === 0);
  put(
    "mixed-a-reduction",
    false,
    `torsion ${order}, none only while k is not reduced modulo L`,
    key,
    onlyWhole.message,
    signatureBytes(encodedR, s(onlyWhole.found)),
    first,
  );

  const mixedR = encode(add(pointR, TORSION[torsion]!));
  const message = text(`mixed R ${order}`);
  put(
    "mixed-r",
    false,
    `torsion ${order}`,
    honestKey,
    message,
    signatureBytes(mixedR, s(challenge(mixedR, honestKey, message))),
    first,
  );

  const cancels = fits(`mixed A and R, cancelling, ${order}`, mixedR, (reduced) => (reduced + torsion) % 8 === 0);
  put("mixed-both", true, `torsion ${order}, cancels`, key, cancels.message, signatureBytes(mixedR, s(cancels.found)));
  const remains = fits(`mixed A and R, remaining, ${order}`, mixedR, (reduced) => (reduced + torsion) % 8 !== 0);
  put("mixed-both", false, `torsion ${order}, remains`, key, remains.message, signatureBytes(mixedR, s(remains.found)));

  const negated = encode(negate(add(pointR, TORSION[torsion]!)));
  put(
    "mixed-both",
    false,
    `torsion ${order}, R negated`,
    key,
    cancels.message,
    signatureBytes(negated, s(cancels.found)),
  );
}

// --- out ------------------------------------------------------------------------------------------------------------

const about =
  "Ed25519: one verdict for every class on which implementations disagree. Hex. Made by scripts/make-vectors.ts.";
writeFileSync(
  new URL("../vectors/ed25519.json", import.meta.url),
  `${JSON.stringify({ about, vectors }, undefined, 2)}\n`,
);

const entries = atStart.map(
  (v) =>
    `  // ${v.class}: ${v.note}\n  [\n    "${v.publicKey}",\n    "${v.message}",\n    "${v.signature}",\n    ${v.valid},\n  ],\n`,
);
writeFileSync(
  new URL("../src/signatures/self-test-vectors.ts", import.meta.url),
  `/** Those of vectors/ed25519.json that a backend must get right before it is used. Made by scripts/make-vectors.ts. */

/** Public key, message, signature (hex), and whether it is valid. */
export type SelfTestVector = readonly [publicKey: string, message: string, signature: string, valid: boolean];

export const selfTestVectors: readonly SelfTestVector[] = [
${entries.join("")}];
`,
);
process.stdout.write(`${vectors.length} vectors, ${atStart.length} of them checked at start-up\n`);
