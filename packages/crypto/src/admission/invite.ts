/**
 * An invitation to a mesh with a root key: everything that somebody needs to join, in one word, or behind the `#` of a
 * link, which browsers keep to themselves. It is a secret: it holds the key that members read the mesh with and, unless
 * it was made for one peer, the key that certifies whoever comes with it.
 */
import { concat, mapKey, utf8 } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { hash } from "../hash.ts";
import { SecretHolder, secretOf } from "../secret-holder.ts";
import { decodeChain, encodeChain, type SignedLink } from "./certificate.ts";

/** What an invitation holds. */
export interface InviteContents {
  /** Name of the mesh. */
  readonly mesh: string;
  /** Public, 32 bytes. */
  readonly root: Uint8Array;
  /** Shared by all members, 32 bytes. */
  readonly meshSecret: Uint8Array;
  /** Signs for whoever comes with it, 32 bytes; undefined when the chain ends with one peer. */
  readonly seed: Uint8Array | undefined;
  readonly links: readonly SignedLink[];
  /** Addresses of seeds, at most 4, of at most 255 bytes. */
  readonly seeds: readonly string[];
}

export const INVITE_PREFIX = "grapevine_invite_";
const VERSION = 1;
export const SEEDS_MAX = 4;
export const SEED_BYTES_MAX = 255;
/** Reason: a ticket and four addresses take 2.4 KiB; more is refused unread. */
const CHARS_MAX = 8_192;
const CHECKSUM_BYTES = 4;

/** Shows the mesh and the seeds only. */
export class Invite extends SecretHolder {
  readonly mesh: string;
  readonly seeds: readonly string[];
  /** The root's public key, 32 bytes. */
  readonly root: Uint8Array;
  /** What the chain says; nothing in it is secret. */
  readonly links: readonly SignedLink[];

  constructor(contents: InviteContents) {
    super(concat(contents.meshSecret, contents.seed ?? new Uint8Array(0)));
    this.mesh = contents.mesh;
    this.seeds = contents.seeds;
    this.root = contents.root;
    this.links = contents.links;
  }

  get meshSecret(): Uint8Array {
    return secretOf(this).slice(0, 32);
  }

  get seed(): Uint8Array | undefined {
    const secret = secretOf(this);
    return secret.length === 64 ? secret.slice(32) : undefined;
  }

  toJSON(): { readonly mesh: string; readonly seeds: readonly string[] } {
    return { mesh: this.mesh, seeds: this.seeds };
  }
}

/** Reads an invitation in one word, or a link that ends in `#` and one. Throws "invalid-argument", never repeating it. */
export function parseInvite(given: string | Invite): Invite {
  if (given instanceof Invite) return given;
  if (typeof given !== "string") throw unexpected(typeof given);
  const text = given.trim();
  const fragment = text.includes("#") ? text.slice(text.lastIndexOf("#") + 1) : text;
  if (!fragment.startsWith(INVITE_PREFIX)) {
    if (fragment.includes(INVITE_PREFIX)) {
      throw unexpected("a link that carries one before its #, where every server on the way reads it: make another");
    }
    throw unexpected(
      `${text.length} other characters; a passphrase will not do, for it is the root's signature that admits`,
    );
  }
  const bytes = fragment.length <= CHARS_MAX ? fromBase64Url(fragment.slice(INVITE_PREFIX.length)) : undefined;
  if (bytes === undefined || bytes.length < CHECKSUM_BYTES) throw unexpected("one that is cut short or garbled");
  const payload = bytes.subarray(0, -CHECKSUM_BYTES);
  if (checksum(payload).some((byte, i) => byte !== bytes[payload.length + i])) {
    throw unexpected("one whose checksum is wrong: it was cut short or garbled");
  }
  const contents = decodeInvite(payload);
  if (contents === undefined) throw unexpected("one of another version");
  return new Invite(contents);
}

/** One word. It IS the secret. */
export function inviteText(invite: Invite): string {
  const { mesh, seeds, root, links, meshSecret, seed } = invite;
  const payload = concat(
    Uint8Array.of(VERSION),
    ...[utf8(mesh), root, meshSecret, seed ?? new Uint8Array(0), encodeChain(links)].map(sized),
    ...seeds.map((address) => sized(utf8(address))),
  );
  return INVITE_PREFIX + toBase64Url(concat(payload, checksum(payload)));
}

/** The invitation behind the `#` of `page`. Throws "invalid-argument" for what is no address of a page. */
export function inviteLink(invite: Invite, page: string): string {
  if (!URL.canParse(page) || !/^https?:$/.test(new URL(page).protocol)) {
    throw new CryptoError("invalid-argument", "expected the address of a page, https://host/path, got something else");
  }
  const url = new URL(page);
  url.hash = inviteText(invite);
  return url.href;
}

/** Behind its length as two bytes. */
function sized(bytes: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

/** What stands before the checksum. Takes any bytes. */
export function decodeInvite(payload: Uint8Array): InviteContents | undefined {
  if (payload[0] !== VERSION) return undefined;
  const parts: Uint8Array[] = [];
  for (let at = 1; at < payload.length;) {
    const length = payload[at]! * 256 + (payload[at + 1] ?? Number.NaN);
    if (!(at + 2 + length <= payload.length)) return undefined;
    parts.push(payload.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const [mesh, root, meshSecret, seed, chain, ...seeds] = parts;
  if (mesh === undefined || root?.length !== 32 || meshSecret?.length !== 32 || chain === undefined) return undefined;
  const links = decodeChain(chain);
  if (links === undefined || (seed?.length !== 0 && seed?.length !== 32) || seeds.length > SEEDS_MAX) return undefined;
  if (seeds.some(({ length }) => length > SEED_BYTES_MAX)) return undefined;
  const decoder = new TextDecoder();
  return {
    mesh: decoder.decode(mesh),
    root,
    meshSecret,
    seed: seed.length === 0 ? undefined : seed,
    links,
    seeds: seeds.map((bytes) => decoder.decode(bytes)),
  };
}

/** Base64 in the alphabet of addresses (RFC 4648, section 5), without padding: what nothing on the way has to escape. */
function toBase64Url(bytes: Uint8Array): string {
  return btoa(mapKey(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function checksum(payload: Uint8Array): Uint8Array {
  return hash(concat(utf8(INVITE_PREFIX), payload)).slice(0, CHECKSUM_BYTES);
}

function unexpected(got: string): CryptoError {
  return new CryptoError("invalid-argument", `expected an invitation, which begins with ${INVITE_PREFIX}, got ${got}`);
}
