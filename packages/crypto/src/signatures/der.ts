/** What the platforms want around a raw Ed25519 key: the fixed DER prefixes of RFC 8410 (PKCS #8 and SubjectPublicKeyInfo). */
import { concat } from "../bytes.ts";

// SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING of 32 } }
const PKCS8 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32, no unused bits }
const SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0);

/** `seed`: the first 32 bytes of a tweetnacl secret key. */
export function pkcs8(seed: Uint8Array): Uint8Array {
  return concat(PKCS8, seed);
}

export function spki(publicKey: Uint8Array): Uint8Array {
  return concat(SPKI, publicKey);
}
