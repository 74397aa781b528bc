/**
 * What admits an author to a mesh, bound to its key and carried with it: in an open mesh a proof of work (Dwork and Naor
 * 1992; Back's Hashcash 2002), in a secret mesh a MAC under a key that only its members have.
 *
 *   open:   0 || nonce (8), such that H(domain || mesh id || public key || nonce) begins with `ticketBits` zero bits
 *   secret: 1 || HMAC(ticket key, domain || mesh id || public key), cut to 32 bytes
 *   certificate: 2 || a chain of signatures from the root key to the public key; see certificate.ts
 */
import { MEMBER, peerIdOf, type Standing } from "@grapevine/protocol";
import { platform } from "#platform";
import type { Awaitable } from "../awaitable.ts";
import { concat, equalConstantTime, randomBytes, utf8 } from "../bytes.ts";
import { hmac } from "../derive.ts";
import { CryptoError, expectBytes } from "../error.ts";
import { hash } from "../hash.ts";
import { createIdentity } from "../identity/identity.ts";
import { sign } from "../signatures/signatures.ts";
import { LINK_PEER, checkChain, encodeChain, linkStatement, standingOf, type Link } from "./certificate.ts";
import type { Invite } from "./invite.ts";
import { ADMISSION_OPEN, ADMISSION_SECRET, type MeshKeys } from "./mesh-keys.ts";

const NONCE_BYTES = 8;
const MAC_BYTES = 32;

/** Tries between two turns of the event loop. Reason: 2 to 5 ms, so that a page still draws while it mints. */
const TRIES_PER_TURN = 1024;

/**
 * A ticket for this key. In an open mesh that takes 2^ticketBits tries on average, in turns; `signal` ends it, and then
 * it rejects with the signal's reason. `publicKey`: 32 bytes, else "invalid-argument".
 */
export async function mintTicket(
  mesh: MeshKeys,
  publicKey: Uint8Array,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  expectBytes("a public key", publicKey, 32);
  signal?.throwIfAborted();
  if (mesh.invite !== undefined) return certify(mesh.meshId, mesh.invite, publicKey);
  if (mesh.kind === "secret") return concat(Uint8Array.of(ADMISSION_SECRET), mac(mesh, publicKey));
  const claim = workClaim(mesh, publicKey, randomBytes(NONCE_BYTES));
  const counter = new DataView(claim.buffer, claim.length - 4);
  for (let tries = 1; !hasZeroBits(hash(claim), mesh.ticketBits); tries++) {
    if (tries % TRIES_PER_TURN === 0) {
      signal?.throwIfAborted();
      await platform.turn();
    }
    // The first half of the nonce stays random, so that two who mint at once do not search the same nonces.
    counter.setUint32(0, counter.getUint32(0) + 1);
  }
  return concat(Uint8Array.of(ADMISSION_OPEN), claim.subarray(claim.length - NONCE_BYTES));
}

/**
 * What `ticket` admits the holder of this key to; undefined for nothing. Takes any bytes. That of an expired certificate
 * is what it was: time is for the reader to look at.
 */
export function readTicket(mesh: MeshKeys, publicKey: Uint8Array, ticket: Uint8Array): Awaitable<Standing | undefined> {
  if (mesh.rootKey !== undefined) return checkChain(mesh.meshId, mesh.rootKey, publicKey, ticket);
  return checkTicket(mesh, publicKey, ticket) ? MEMBER : undefined;
}

/** Whether `ticket` admits the holder of this key to a mesh without certificates. Takes any bytes. */
export function checkTicket(mesh: MeshKeys, publicKey: Uint8Array, ticket: Uint8Array): boolean {
  if (publicKey.length !== 32 || mesh.rootKey !== undefined) return false;
  const proof = ticket.subarray(1);
  if (mesh.kind === "secret") {
    return (
      ticket[0] === ADMISSION_SECRET && proof.length === MAC_BYTES && equalConstantTime(proof, mac(mesh, publicKey))
    );
  }
  return (
    ticket[0] === ADMISSION_OPEN &&
    proof.length === NONCE_BYTES &&
    hasZeroBits(hash(workClaim(mesh, publicKey, proof)), mesh.ticketBits)
  );
}

/** The invitation's own chain if it leads to this key, else one link more, signed by the key that it carries. */
async function certify(meshId: Uint8Array, invite: Invite, publicKey: Uint8Array): Promise<Uint8Array> {
  const { links, seed, root } = invite;
  const last = links.at(-1);
  if (last === undefined || seed === undefined) {
    const ticket = encodeChain(links);
    if (standingOf(root, publicKey, links) !== undefined) return ticket;
    const whom = peerIdOf(last?.subject ?? root);
    throw new CryptoError("invalid-argument", `expected the key that the invitation is for, ${whom}, got another`);
  }
  const issuer = createIdentity(seed);
  const link: Link = { ...last, kind: LINK_PEER, name: "", subject: publicKey };
  const signature = await sign(issuer.secretKey, linkStatement(meshId, issuer.publicKey, link));
  return encodeChain([...links, { ...link, signature }]);
}

/** 89 bytes: one block of SHA-512. */
function workClaim(mesh: MeshKeys, publicKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concat(utf8("grapevine work 1"), mesh.meshId, publicKey, nonce);
}

function mac(mesh: MeshKeys, publicKey: Uint8Array): Uint8Array {
  return hmac(mesh.ticketKey, concat(utf8("grapevine ticket 1"), mesh.meshId, publicKey)).slice(0, MAC_BYTES);
}

function hasZeroBits(digest: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (digest[i] !== 0) return false;
  return digest[whole]! >> (8 - (bits & 7)) === 0;
}
