/**
 * Carries out the core's secret effects (sign, verify, seal, open) and the drivers' own (cards at the seed), with the
 * keys of one peer in one mesh. In line where the platform allows; a driver hands the result back as an input.
 */
import { publicKeyOf, type Hash, type PeerId, type Standing } from "@grapevine/protocol";
import type { MeshKeys } from "./admission/mesh-keys.ts";
import { readTicket } from "./admission/ticket.ts";
import { chain, type Awaitable } from "./awaitable.ts";
import { hash } from "./hash.ts";
import type { Identity } from "./identity/identity.ts";
import { openSealed, openSoon, sealFor, sealSoon, type BoxKeyPair, type Opened } from "./sealing/box.ts";
import { randomBytes } from "./bytes.ts";
import { Keyring } from "./sealing/keyring.ts";
import { openTopic, sealTopic } from "./sealing/topic-seal.ts";
import { sign, verify } from "./signatures/signatures.ts";

export interface VaultOptions {
  readonly identity: Identity;
  readonly box: BoxKeyPair;
  readonly mesh: MeshKeys;
}

/** `standing`: what the ticket says, when one was given and all holds. */
export interface Verdict {
  readonly ok: boolean;
  readonly standing?: Standing | undefined;
}

export interface Vault {
  readonly hash: Hash;
  /** The keys of the mesh's epochs. */
  readonly keyring: Keyring;
  /** Sign, seal and open with these from now on. */
  rekey(next: Pick<VaultOptions, "identity" | "box">): void;
  /** Ed25519 by the identity, 64 bytes. */
  sign(bytes: Uint8Array): Awaitable<Uint8Array>;
  /**
   * Whether `signature` is the one of `author` and, when a ticket is given, that it admits `author` to this mesh. Takes
   * any garbage.
   */
  verify(author: PeerId, bytes: Uint8Array, signature: Uint8Array, ticket?: Uint8Array): Awaitable<Verdict>;
  /** For the holder of an X25519 key. `to`: 32 bytes, else "invalid-argument". */
  seal(to: Uint8Array, bytes: Uint8Array): Awaitable<Uint8Array>;
  /** Takes any bytes. */
  open(bytes: Uint8Array): Awaitable<Opened>;
  /** For every member of the mesh. */
  sealCard(card: Uint8Array): Uint8Array;
  /** Undefined for what no member sealed. */
  openCard(sealed: Uint8Array): Uint8Array | undefined;
}

const REFUSED: Verdict = { ok: false };

export function createVault({ mesh, ...own }: VaultOptions): Vault {
  let { box } = own;
  let { secretKey } = own.identity;
  const { cardKey } = mesh;
  return {
    hash,
    keyring: new Keyring({
      random: randomBytes,
      seal: (to, bytes) => sealFor(box, to, bytes),
      open: (sealed) => openSealed(box, sealed).bytes,
      diskKey: mesh.diskKey,
    }),
    rekey(next): void {
      ({ box } = next);
      ({ secretKey } = next.identity);
    },
    sign: (bytes) => sign(secretKey, bytes),
    verify(author, bytes, signature, ticket) {
      const key = keyOf(author);
      if (key === undefined) return REFUSED;
      if (ticket === undefined) return chain(verify(key, bytes, signature), (ok) => ({ ok }));
      // A ticket costs a hash or two, or a chain that was seen before: ahead of the signature, which costs more.
      return chain(readTicket(mesh, key, ticket), (standing) =>
        standing === undefined ? REFUSED : chain(verify(key, bytes, signature), (ok) => ({ ok, standing })),
      );
    },
    seal: (to, bytes) => sealSoon(box, to, bytes),
    open: (sealed) => openSoon(box, sealed),
    sealCard: (card) => sealTopic(cardKey, card),
    openCard: (sealed) => openTopic(cardKey, sealed),
  };
}

/** Longest base58 of 32 bytes; what is longer is not even decoded. */
const PEER_ID_CHARS_MAX = 44;

/** The core's ids come from keys and are known to be some; whoever else asks gets a verdict all the same. */
function keyOf(author: PeerId): Uint8Array | undefined {
  if (author.length > PEER_ID_CHARS_MAX) return undefined;
  try {
    return publicKeyOf(author);
  } catch {
    return undefined;
  }
}
