/**
 * The chain of ownership of a descriptor (SecureCyclon, Antonov and Voulgaris 2023): each owner signs the transfer to
 * the next, over everything before it. Here is who owns what, what has to be signed for the next transfer, and which
 * signatures a received descriptor still has to pass.
 */
import type { Descriptor, PeerId } from "../types.ts";
import type { Foundation } from "../room.ts";
import { descriptorBytes, transferBytes } from "../wire/statements.ts";

/** A signature that has to hold. */
export interface Claim {
  readonly author: PeerId;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly ticket: Uint8Array | undefined;
}

export function ownerOf(descriptor: Descriptor): PeerId {
  return descriptor.hops.at(-1)?.to ?? descriptor.creator;
}

/** The owner before the last transfer; undefined when there was none. */
export function giverOf(descriptor: Descriptor): PeerId | undefined {
  if (descriptor.hops.length === 0) return undefined;
  return descriptor.hops.at(-2)?.to ?? descriptor.creator;
}

/** What the owner signs to hand `descriptor` to `to`. */
export function nextTransferBytes(foundation: Foundation, descriptor: Descriptor, to: PeerId): Uint8Array {
  return transferBytes(foundation.config.meshId, descriptor, to, foundation.hash);
}

/**
 * The claims in `descriptor` that are not already vouched for by `known`, an earlier checked descriptor of the same
 * slot: a shared prefix of one chain need not be checked twice.
 */
export function claimsIn(
  foundation: Foundation,
  descriptor: Descriptor,
  known: Descriptor | undefined,
  ticketKnown: boolean,
): Claim[] {
  const { config, hash } = foundation;
  const claims: Claim[] = [];
  const sameMint =
    known !== undefined && known.slot === descriptor.slot && sameSignature(known.signature, descriptor.signature);
  if (!sameMint) {
    claims.push({
      author: descriptor.creator,
      bytes: descriptorBytes(config.meshId, descriptor, hash),
      signature: descriptor.signature,
      ticket: ticketKnown ? undefined : descriptor.ticket,
    });
  }
  let shared = sameMint;
  let owner = descriptor.creator;
  for (let i = 0; i < descriptor.hops.length; i++) {
    const hop = descriptor.hops[i]!;
    const before = known?.hops[i];
    shared = shared && before !== undefined && before.to === hop.to && sameSignature(before.signature, hop.signature);
    if (!shared) {
      const prefix = { ...descriptor, hops: descriptor.hops.slice(0, i) };
      claims.push({
        author: owner,
        bytes: transferBytes(config.meshId, prefix, hop.to, hash),
        signature: hop.signature,
        ticket: undefined,
      });
    }
    owner = hop.to;
  }
  return claims;
}

function sameSignature(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 64; i++) if (a[i] !== b[i]) return false;
  return true;
}
