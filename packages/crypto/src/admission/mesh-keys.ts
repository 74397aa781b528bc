/**
 * Everything that follows from a mesh's name and how it admits: its id, its room at the seed, its keys. Derived by HKDF
 * (RFC 5869), each key for one end. In an open mesh all of it follows from the name: WHOEVER KNOWS THE NAME, THE SEED
 * INCLUDED, CAN JOIN AND READ. In a secret mesh it follows from the secret, and only the room from the name; in a mesh with certificates from its root key and a
 * secret that invitations carry.
 */
import { concat, fields, toHex, utf8 } from "../bytes.ts";
import { hkdfExpand, hkdfExtract, hmac } from "../derive.ts";
import { CryptoError } from "../error.ts";
import { hash } from "../hash.ts";
import { SecretHolder, secretOf } from "../secret-holder.ts";
import { ADMISSION_CERTIFICATE } from "./certificate.ts";
import { parseInvite, type Invite } from "./invite.ts";
import { parseSecret } from "./secret.ts";

export type Admission =
  /** Anyone who knows the name, for a proof of work of `bits` (0 to 30): slows a Sybil, does not stop one. */
  | { readonly kind: "open"; readonly bits?: number | undefined }
  /** Whoever has the secret, as `createSecret` made it. Every holder can make authors. */
  | { readonly kind: "secret"; readonly secret: string | Uint8Array }
  /** Whom the mesh's root key, or a member who may, has invited; by `issueInvite`. With a role, an end, and revocation. */
  | { readonly kind: "certificate"; readonly invite: string | Invite };

export interface MeshOptions {
  /** 1 to 256 bytes of UTF-8. Equal after Unicode normalisation (NFC) is the same mesh. */
  readonly name: string;
  readonly admission: Admission;
}

export interface MeshKeys {
  readonly name: string;
  readonly kind: Admission["kind"];
  /** Difficulty of a ticket; 0 in a secret mesh. Part of the id: another difficulty is another mesh. */
  readonly ticketBits: number;
  /** H(name, policy, commitment to the secret), 32 bytes: the same name under a weaker policy is another mesh. */
  readonly meshId: Uint8Array;
  /** What the seed sees, 32 bytes: from the name alone, so that who has a wrong secret meets the same room. */
  readonly room: Uint8Array;
  /** Seals cards at the seed, 32 bytes. Not enumerable, like the other keys. */
  readonly cardKey: Uint8Array;
  /** Admits authors in a secret mesh, 32 bytes. */
  readonly ticketKey: Uint8Array;
  /** Seals the keys of epochs for a member's own disk, 32 bytes. */
  readonly diskKey: Uint8Array;
  /** The root's public key, 32 bytes, of a mesh with certificates. */
  readonly rootKey: Uint8Array | undefined;
  /** What this peer was invited by, in a mesh with certificates. */
  readonly invite: Invite | undefined;
  /** Keyed hash of a topic's name, 16 bytes as 32 hex digits: what outsiders see instead of it. */
  topicTag(name: string): string;
  /** Seals the bodies of a topic, 32 bytes. */
  topicKey(name: string): Uint8Array;
  /** The same for a replicated map: its tag, what seals its entries, and what its keys' tags are made with (`mapKeyTag`). */
  mapTag(name: string): string;
  mapKey(name: string): Uint8Array;
  mapTagKey(name: string): Uint8Array;
  /** Seals what members say of themselves, 32 bytes. */
  readonly profileKey: Uint8Array;
}

/**
 * Measured by `npm run bench -- --only crypto`: 2^14 tries take some 100 ms with tweetnacl's SHA-512 in a tab of a busy
 * machine, and one in a hundred takes five times that. A million authors cost a core some nine hours: slow, not impossible.
 */
export const TICKET_BITS_DEFAULT = 14;
/** Reason: 2^30 tries are an hour or two of a tab; more is a slip of the keyboard. */
const TICKET_BITS_MAX = 30;
/** Reason: names are shown and hashed; nobody types a longer one. */
const NAME_BYTES_MAX = 256;

/** First byte of a policy, and of a ticket. 2 is that of certificates. */
export const ADMISSION_OPEN = 0;
export const ADMISSION_SECRET = 1;

/** Throws "invalid-argument" for a name or an admission that is none. */
export function deriveMesh({ name: given, admission }: MeshOptions): MeshKeys {
  const name = meshName(given);
  const read = readAdmission(name, admission);
  const root = hkdfExtract(utf8("grapevine mesh root 1"), fields(utf8(name), read.policy, read.input));
  return new DerivedKeys(name, admission.kind, read, root);
}

/** Normalised (NFC). Throws "invalid-argument" for what is no name. */
export function meshName(given: string): string {
  return normalised("a mesh name", given);
}

interface ReadAdmission {
  readonly policy: Uint8Array;
  readonly input: Uint8Array;
  readonly bits: number;
  readonly invite?: Invite;
}

function readAdmission(name: string, admission: Admission): ReadAdmission {
  if (admission.kind === "certificate") {
    const invite = parseInvite(admission.invite);
    if (meshName(invite.mesh) !== name) {
      throw new CryptoError("invalid-argument", "expected an invitation to the mesh of that name, got one to another");
    }
    const policy = concat(Uint8Array.of(ADMISSION_CERTIFICATE), invite.root);
    return { policy, input: invite.meshSecret, bits: 0, invite };
  }
  if (admission.kind === "secret") {
    return { policy: Uint8Array.of(ADMISSION_SECRET), input: parseSecret(admission.secret), bits: 0 };
  }
  if (admission.kind !== "open") {
    const { kind } = admission as { readonly kind: unknown };
    throw new CryptoError(
      "invalid-argument",
      `expected admission of kind "open", "secret" or "certificate", got ${String(kind)}`,
    );
  }
  const { bits = TICKET_BITS_DEFAULT } = admission;
  if (!Number.isInteger(bits) || bits < 0 || bits > TICKET_BITS_MAX) {
    throw new CryptoError("invalid-argument", `expected 0 to ${TICKET_BITS_MAX} bits of work, got ${String(bits)}`);
  }
  return { policy: Uint8Array.of(ADMISSION_OPEN, bits), input: new Uint8Array(0), bits };
}

/** Holds HKDF's pseudorandom key; the rest is expanded from it. */
class DerivedKeys extends SecretHolder implements MeshKeys {
  readonly name: string;
  readonly kind: Admission["kind"];
  readonly ticketBits: number;
  readonly meshId: Uint8Array;
  readonly room: Uint8Array;

  readonly rootKey: Uint8Array | undefined;
  readonly invite: Invite | undefined;

  constructor(name: string, kind: Admission["kind"], { policy, bits, invite }: ReadAdmission, root: Uint8Array) {
    super(root);
    this.name = name;
    this.kind = kind;
    this.ticketBits = bits;
    this.rootKey = invite?.root;
    this.invite = invite;
    const commitment = expand(root, "commitment");
    this.meshId = hash(concat(utf8("grapevine mesh 1"), fields(utf8(name), policy, commitment)));
    this.room = hash(concat(utf8("grapevine room 1"), utf8(name)));
  }

  get cardKey(): Uint8Array {
    return expand(secretOf(this), "card");
  }

  get ticketKey(): Uint8Array {
    return expand(secretOf(this), "ticket");
  }

  get diskKey(): Uint8Array {
    return expand(secretOf(this), "disk");
  }

  get profileKey(): Uint8Array {
    return expand(secretOf(this), "profile key");
  }

  topicTag(name: string): string {
    const tagKey = expand(secretOf(this), "topic tag");
    return toHex(hmac(tagKey, utf8(normalised("a topic name", name))).subarray(0, 16));
  }

  topicKey(name: string): Uint8Array {
    return expand(secretOf(this), "topic key", utf8(normalised("a topic name", name)));
  }

  mapTag(name: string): string {
    const tagKey = expand(secretOf(this), "map tag");
    return toHex(hmac(tagKey, utf8(normalised("a map's name", name))).subarray(0, 16));
  }

  mapKey(name: string): Uint8Array {
    return expand(secretOf(this), "map key", utf8(normalised("a map's name", name)));
  }

  mapTagKey(name: string): Uint8Array {
    return expand(secretOf(this), "map key tag", utf8(normalised("a map's name", name)));
  }

  toJSON(): { readonly name: string; readonly kind: string; readonly meshId: string } {
    return { name: this.name, kind: this.kind, meshId: toHex(this.meshId) };
  }
}

function expand(root: Uint8Array, end: string, detail: Uint8Array = new Uint8Array(0)): Uint8Array {
  return hkdfExpand(root, fields(utf8(`grapevine ${end} 1`), detail), 32);
}

/** Two people who type the same letters must meet, whatever their keyboards make of an accent. */
function normalised(what: string, name: string): string {
  if (typeof name !== "string") throw new CryptoError("invalid-argument", `expected ${what}, got ${typeof name}`);
  // A lone surrogate has no UTF-8: all of them would become one and the same name.
  if (/\p{Surrogate}/u.test(name)) {
    throw new CryptoError("invalid-argument", `expected ${what} in well-formed Unicode, got a lone surrogate`);
  }
  const text = name.normalize("NFC");
  const length = utf8(text).length;
  if (length === 0 || length > NAME_BYTES_MAX) {
    throw new CryptoError("invalid-argument", `expected ${what} of 1 to ${NAME_BYTES_MAX} bytes, got ${length}`);
  }
  return text;
}
