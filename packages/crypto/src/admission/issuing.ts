/**
 * Making invitations: by the root key, by a member who may invite, by a person's account key for another device. None of
 * it is needed to join, so that a page which does not issue carries none of it.
 */
import { publicKeyOf, ROLE_ADMIN, ROLE_READER, ROLE_WRITER, type PeerId } from "@grapevine/protocol";
import { randomBytes, utf8 } from "../bytes.ts";
import { hkdfExpand, hkdfExtract } from "../derive.ts";
import { CryptoError, expectBytes } from "../error.ts";
import { createIdentity, type Identity } from "../identity/identity.ts";
import { SecretHolder, secretOf } from "../secret-holder.ts";
import { sign } from "../signatures/signatures.ts";
import { decodeToken, encodeToken, type TokenKind } from "../token.ts";
import {
  decodeChain,
  isLinkName,
  LINK_ACCOUNT,
  LINK_INVITATION,
  LINK_NAME_BYTES_MAX,
  LINK_PEER,
  LINKS_MAX,
  linkStatement,
  standingOf,
  type Link,
  type SignedLink,
} from "./certificate.ts";
import { Invite, SEED_BYTES_MAX, SEEDS_MAX, parseInvite } from "./invite.ts";
import { deriveMesh, meshName } from "./mesh-keys.ts";
import { mintTicket } from "./ticket.ts";

export type RoleName = "reader" | "writer" | "admin";

const ROLES: Readonly<Record<RoleName, number>> = { reader: ROLE_READER, writer: ROLE_WRITER, admin: ROLE_ADMIN };

const ROOT_TOKEN: TokenKind = { prefix: "grapevine_root_", expected: "a root key made by exportRoot()" };

/** Whoever holds it decides who is in the mesh, and reads it. Shows its mesh and public key only. */
export class Root extends SecretHolder {
  readonly mesh: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;

  constructor(mesh: string, seed: Uint8Array) {
    super(seed);
    this.mesh = mesh;
    this.publicKey = createIdentity(seed).publicKey;
  }

  get identity(): Identity {
    return createIdentity(secretOf(this));
  }

  /** What members read and are told apart from outsiders by; another for each name. */
  get meshSecret(): Uint8Array {
    return hkdfExpand(hkdfExtract(utf8("grapevine mesh secret 1"), secretOf(this)), utf8(this.mesh), 32);
  }

  /** To join as the root itself, which revokes whom it likes. */
  get invite(): Invite {
    const { mesh, publicKey: root, meshSecret } = this;
    return new Invite({ mesh, root, meshSecret, seed: undefined, links: [], seeds: [] });
  }

  toJSON(): { readonly mesh: string } {
    return { mesh: this.mesh };
  }
}

/** A new root key for a mesh of this name. Throws "invalid-argument" for a name that is none. */
export function createRoot(mesh: string, seed: Uint8Array = randomBytes(32)): Root {
  expectBytes("a seed", seed, 32);
  return new Root(meshName(mesh), seed);
}

/** One word with a checksum; the name of the mesh is kept beside it. It IS the secret. */
export function exportRoot(root: Root): string {
  return encodeToken(ROOT_TOKEN, secretOf(root));
}

/** Throws "invalid-argument" for anything that `exportRoot` did not make. */
export function importRoot(mesh: string, text: string): Root {
  return createRoot(mesh, decodeToken(ROOT_TOKEN, text));
}

/** Who invites. */
export type Issuer =
  | { readonly root: Root }
  /** A member that may invite: its key, and the invitation that it came with. */
  | { readonly invite: string | Invite; readonly identity: Identity }
  /** A person, for a device of theirs: the invitation that they came with, and their account key. */
  | { readonly invite: string | Invite; readonly account: Identity };

export interface InviteOptions {
  /** Default "writer". Nobody hands on more than they have. */
  readonly role?: RoleName | undefined;
  /** When it ends, in milliseconds since 1970; for those admitted by it too. Default never. */
  readonly expiryMs?: number | undefined;
  /** What others see whoever comes by it called: at most 32 bytes. */
  readonly name?: string | undefined;
  /** May whoever comes by it invite others? Default only an admin. */
  readonly mayInvite?: boolean | undefined;
  /** For this peer alone. Default: for whoever holds it, as often as it is used. */
  readonly to?: PeerId | undefined;
  /** Seeds to begin with: at most 4 addresses. */
  readonly seeds?: readonly string[] | undefined;
}

/** An invitation. Rejects with "invalid-argument" for options that are none, and for more than the issuer may hand on. */
export async function issueInvite(issuer: Issuer, options: InviteOptions = {}): Promise<Invite> {
  const { role = "writer", expiryMs = 0, name = "", to, seeds = [] } = options;
  if (!Object.hasOwn(ROLES, role)) throw refused("a role among reader, writer and admin", JSON.stringify(role));
  if (!Number.isSafeInteger(expiryMs) || expiryMs < 0 || expiryMs >= 2 ** 48) throw refused("an expiry", `${expiryMs}`);
  if (!isLinkName(name))
    throw refused(`a name of at most ${LINK_NAME_BYTES_MAX} bytes without control characters`, "another");
  if (seeds.length > SEEDS_MAX || seeds.some((seed) => utf8(seed).length > SEED_BYTES_MAX)) {
    throw refused(`at most ${SEEDS_MAX} seeds of ${SEED_BYTES_MAX} bytes`, `${seeds.length}`);
  }
  const by = await chainOf(issuer);
  const seed = to === undefined ? randomBytes(32) : undefined;
  const subject = to === undefined ? createIdentity(seed).publicKey : subjectOf(to);
  const link: Link = {
    kind: to === undefined ? LINK_INVITATION : LINK_PEER,
    role: ROLES[role],
    mayInvite: options.mayInvite ?? role === "admin",
    expiryMs,
    name,
    subject,
  };
  const links = await extend(by, link);
  const { mesh, root, meshSecret } = by;
  return new Invite({ mesh, root, meshSecret, seed, links, seeds });
}

interface Chain {
  readonly mesh: string;
  readonly root: Uint8Array;
  readonly meshId: Uint8Array;
  readonly meshSecret: Uint8Array;
  readonly links: readonly SignedLink[];
  readonly identity: Identity;
}

/** The links that lead to the issuer, and the key that signs the next. */
async function chainOf(issuer: Issuer): Promise<Chain> {
  if ("root" in issuer) {
    const { invite, identity } = issuer.root;
    return chainFrom(invite, invite.links, identity);
  }
  const invite = parseInvite(issuer.invite);
  if ("identity" in issuer) {
    const keys = deriveMesh({ name: invite.mesh, admission: { kind: "certificate", invite } });
    const ticket = await mintTicket(keys, issuer.identity.publicKey);
    return chainFrom(invite, decodeChain(ticket)!, issuer.identity);
  }
  const { account } = issuer;
  if (invite.seed === undefined) throw refused("an invitation for whoever holds it", "one for a single peer");
  const holder = chainFrom(invite, invite.links, createIdentity(invite.seed));
  const from = invite.links.at(-1)!;
  const link: Link = { ...from, kind: LINK_ACCOUNT, name: "", subject: account.publicKey };
  return { ...holder, links: await extend(holder, link), identity: account };
}

function chainFrom(invite: Invite, links: readonly SignedLink[], identity: Identity): Chain {
  const { mesh, root, meshSecret } = invite;
  const { meshId } = deriveMesh({ name: mesh, admission: { kind: "certificate", invite } });
  return { mesh, root, meshId, meshSecret, links, identity };
}

async function extend(by: Chain, link: Link): Promise<readonly SignedLink[]> {
  const links = [...by.links, link];
  // An invitation and an account lead to somebody in the end.
  const needed = links.length + (link.kind === LINK_PEER ? 0 : 1);
  if (needed > LINKS_MAX) throw refused(`a chain of at most ${LINKS_MAX} signatures`, `${needed}`);
  const end = link.kind === LINK_PEER ? [] : [{ ...link, kind: LINK_PEER, name: "" }];
  const standing = standingOf(by.root, link.subject, [...links, ...end]);
  if (standing === undefined) throw refused("an issuer that may invite", "one that may not");
  if (standing.role < link.role) throw refused("a role that the issuer has", "a greater one");
  if (link.expiryMs !== 0 && standing.expiryMs < link.expiryMs)
    throw refused("to end with the issuer's", "a later end");
  const signature = await sign(by.identity.secretKey, linkStatement(by.meshId, by.identity.publicKey, link));
  return [...by.links, { ...link, signature }];
}

function subjectOf(peer: PeerId): Uint8Array {
  try {
    return publicKeyOf(peer);
  } catch {
    throw refused("the id of a peer", "something else");
  }
}

function refused(what: string, got: string): CryptoError {
  return new CryptoError("invalid-argument", `expected ${what}, got ${got}`);
}
