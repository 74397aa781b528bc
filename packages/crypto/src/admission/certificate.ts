/**
 * The certificates of a mesh with a root key: a chain of at most four links, each signed by the subject of the one
 * before, the first by the root (in the manner of SPKI, RFC 2693: a right is handed on, never a name looked up). Rights
 * only shrink along a chain: role and expiry are the least of all links, and who may not invite cannot sign one.
 *
 *   ticket: 2 || count (1) || link *                        no link at all: the root key itself
 *   link:   rights (1) || expiry (6) || name length (1) || name || subject (32) || signature (64)
 *   rights: kind + 4 * role + 16 if it may invite
 *   signed: domain || mesh id || issuer || the link without its signature
 */
import { peerIdOf, ROLE_ADMIN, ROLE_ROOT, type PeerId, type Standing } from "@grapevine/protocol";
import { chain, type Awaitable } from "../awaitable.ts";
import { concat, mapKey, utf8 } from "../bytes.ts";
import { hash } from "../hash.ts";
import { Lru } from "../lru.ts";
import { verify } from "../signatures/signatures.ts";

/** First byte of the policy, and of a ticket. */
export const ADMISSION_CERTIFICATE = 2;

/** What a link's subject is: a peer; a key that whoever holds the invitation signs one link with; a person's key. */
export const LINK_PEER = 0;
export const LINK_INVITATION = 1;
export const LINK_ACCOUNT = 2;

/** Reason: root, invitation, account, device; each costs a newcomer's neighbors one verification. */
export const LINKS_MAX = 4;
/** Reason: four names and the rest of a chain fit a ticket (`ticketBytesMax`) twice. */
export const LINK_NAME_BYTES_MAX = 32;
const LINK_HEAD_BYTES = 8;
const SIGNATURE_BYTES = 64;
const RIGHTS_MAX = 31;

/** Reason: 0.5 KiB each; the links of a mesh's members and of those who invited them. */
const CHECKED_MAX = 4096;

export interface Link {
  readonly kind: number;
  /** 0 reader, 1 writer, 2 admin. */
  readonly role: number;
  readonly mayInvite: boolean;
  /** Milliseconds since 1970; 0 for never. */
  readonly expiryMs: number;
  /** What its issuer calls the subject; at most 32 bytes of UTF-8, empty for none. */
  readonly name: string;
  /** Public key, 32 bytes. */
  readonly subject: Uint8Array;
}

export interface SignedLink extends Link {
  readonly signature: Uint8Array;
}

/** What must show nothing but itself: no control characters, nothing that is not seen, or turns the direction of writing. */
const NAME_BAD = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/u;

export function isLinkName(name: string): boolean {
  return utf8(name).length <= LINK_NAME_BYTES_MAX && !NAME_BAD.test(name) && !/\p{Surrogate}/u.test(name);
}

/** Everything of a link but its signature. */
function linkBytes(link: Link): Uint8Array {
  const name = utf8(link.name);
  const bytes = new Uint8Array(LINK_HEAD_BYTES + name.length + 32);
  bytes[0] = link.kind + 4 * link.role + (link.mayInvite ? 16 : 0);
  const view = new DataView(bytes.buffer);
  view.setUint16(1, Math.floor(link.expiryMs / 2 ** 32));
  view.setUint32(3, link.expiryMs % 2 ** 32);
  bytes[7] = name.length;
  bytes.set(name, LINK_HEAD_BYTES);
  bytes.set(link.subject, LINK_HEAD_BYTES + name.length);
  return bytes;
}

/** What the issuer of a link signs. */
export function linkStatement(meshId: Uint8Array, issuer: Uint8Array, link: Link): Uint8Array {
  return concat(utf8("grapevine certificate 1\0"), meshId, issuer, linkBytes(link));
}

export function encodeChain(links: readonly SignedLink[]): Uint8Array {
  const parts = links.flatMap((link) => [linkBytes(link), link.signature]);
  return concat(Uint8Array.of(ADMISSION_CERTIFICATE, links.length), ...parts);
}

/** Undefined for any bytes that `encodeChain` did not make. */
export function decodeChain(ticket: Uint8Array): readonly SignedLink[] | undefined {
  const count = ticket[1];
  if (ticket[0] !== ADMISSION_CERTIFICATE || count === undefined || count > LINKS_MAX) return undefined;
  const links: SignedLink[] = [];
  let at = 2;
  while (links.length < count) {
    const link = decodeLink(ticket, at);
    if (link === undefined) return undefined;
    links.push(link);
    at += LINK_HEAD_BYTES + ticket[at + 7]! + 32 + SIGNATURE_BYTES;
  }
  return at === ticket.length ? links : undefined;
}

function decodeLink(bytes: Uint8Array, at: number): SignedLink | undefined {
  if (bytes.length < at + LINK_HEAD_BYTES) return undefined;
  const rights = bytes[at]!;
  const kind = rights & 3;
  const role = (rights >> 2) & 3;
  const nameBytes = bytes[at + 7]!;
  const subjectAt = at + LINK_HEAD_BYTES + nameBytes;
  const signatureAt = subjectAt + 32;
  if (rights > RIGHTS_MAX || kind > LINK_ACCOUNT || role > ROLE_ADMIN) return undefined;
  if (nameBytes > LINK_NAME_BYTES_MAX || bytes.length < signatureAt + SIGNATURE_BYTES) return undefined;
  const name = decodeName(bytes.subarray(at + LINK_HEAD_BYTES, subjectAt));
  if (name === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return {
    kind,
    role,
    mayInvite: rights >= 16,
    expiryMs: view.getUint16(1) * 2 ** 32 + view.getUint32(3),
    name,
    subject: bytes.slice(subjectAt, signatureAt),
    signature: bytes.slice(signatureAt, signatureAt + SIGNATURE_BYTES),
  };
}

function decodeName(bytes: Uint8Array): string | undefined {
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return isLinkName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** May the subject of `by` (undefined: the root) sign this link at all? `mayInvite`: by all links so far. */
function maySign(by: Link | undefined, mayInvite: boolean, link: Link): boolean {
  switch (by?.kind) {
    case undefined:
      return true;
    case LINK_INVITATION:
      // Whoever came by an invitation does not choose what it is called, and hands no invitation on but its own.
      return link.kind !== LINK_INVITATION && link.name === "";
    case LINK_ACCOUNT:
      return link.kind === LINK_PEER || (link.kind === LINK_INVITATION && mayInvite);
    default:
      return mayInvite;
  }
}

/**
 * What a chain says of the holder of `key`, its signatures aside; undefined when it says nothing. Time is not looked at:
 * an expired chain has the same standing everywhere, and who reads it decides.
 */
export function standingOf(root: Uint8Array, key: Uint8Array, links: readonly Link[]): Standing | undefined {
  let role = ROLE_ROOT;
  let expiryMs = 0;
  let mayInvite = true;
  let name = "";
  let account: PeerId | undefined;
  const keys: PeerId[] = [];
  let by: Link | undefined;
  for (const link of links) {
    if (!maySign(by, mayInvite, link)) return undefined;
    role = Math.min(role, link.role);
    mayInvite &&= link.mayInvite;
    if (link.expiryMs !== 0) expiryMs = expiryMs === 0 ? link.expiryMs : Math.min(expiryMs, link.expiryMs);
    if (link.name !== "") ({ name } = link);
    keys.push(peerIdOf(link.subject));
    if (link.kind === LINK_ACCOUNT) account = keys.at(-1);
    by = link;
  }
  if (by !== undefined && by.kind !== LINK_PEER) return undefined;
  const subject = by?.subject ?? root;
  if (key.length !== 32 || subject.some((byte, i) => byte !== key[i])) return undefined;
  return { role, expiryMs, keys, name, account };
}

/** Links whose signatures held: most members share those of whoever invited them. By hash of statement and signature. */
const checked = new Lru<string, true>(CHECKED_MAX);

/** What `ticket` says of the holder of `key` in the mesh of this root; undefined when it does not hold. Takes any bytes. */
export function checkChain(
  meshId: Uint8Array,
  root: Uint8Array,
  key: Uint8Array,
  ticket: Uint8Array,
): Awaitable<Standing | undefined> {
  const links = decodeChain(ticket);
  const standing = links === undefined ? undefined : standingOf(root, key, links);
  if (links === undefined || standing === undefined) return undefined;
  // From the root on, so that who has nothing of the root costs one verification.
  const from = (at: number): Awaitable<Standing | undefined> => {
    const link = links[at];
    if (link === undefined) return standing;
    const issuer = at === 0 ? root : links[at - 1]!.subject;
    const statement = linkStatement(meshId, issuer, link);
    const name = mapKey(hash(concat(statement, link.signature)));
    if (checked.get(name)) return from(at + 1);
    return chain(verify(issuer, statement, link.signature), (ok) => {
      if (!ok) return undefined;
      checked.set(name, true);
      return from(at + 1);
    });
  };
  return from(0);
}
