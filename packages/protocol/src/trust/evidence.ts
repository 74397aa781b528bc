/**
 * Evidence has one form: two different statements signed by one key for one slot. For descriptors there are two kinds of
 * slot: the mint slot (one descriptor of a creator in each, SecureCyclon's frequency rule) and the transfer (one next
 * owner for each hop of a chain, its cloning rule). Evidence certifies itself: whoever has it can check it alone, and
 * nobody can make it against a key that kept the rules.
 */
import type { Evidence, PeerId } from "../types.ts";
import type { Foundation } from "../room.ts";
import type { Claim } from "../sampling/chains.ts";
import { descriptorBytes, transferStatement } from "../wire/statements.ts";
import { equalBytes } from "./admission.ts";

export function accusedIn(evidence: Evidence): PeerId {
  return evidence.kind === "mint" ? evidence.a.creator : evidence.owner;
}

/** The two claims that must hold, or undefined when they are no two statements for one slot. */
export function claimsOf(foundation: Foundation, evidence: Evidence): readonly [Claim, Claim] | undefined {
  const { hash, config } = foundation;
  const { meshId } = config;
  if (evidence.kind === "mint") {
    const { a, b } = evidence;
    const bytes = [descriptorBytes(meshId, a, hash), descriptorBytes(meshId, b, hash)] as const;
    if (a.creator !== b.creator || a.slot !== b.slot || equalBytes(bytes[0], bytes[1])) return undefined;
    return [
      { author: a.creator, bytes: bytes[0], signature: a.signature, ticket: undefined },
      { author: b.creator, bytes: bytes[1], signature: b.signature, ticket: undefined },
    ];
  }
  const { owner, index, digest, a, b } = evidence;
  if (a.to === b.to) return undefined;
  const claim = ({ to, signature }: typeof a): Claim => ({
    author: owner,
    bytes: transferStatement(meshId, index, digest, to),
    signature,
    ticket: undefined,
  });
  return [claim(a), claim(b)];
}
