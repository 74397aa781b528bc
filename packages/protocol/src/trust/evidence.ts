/**
 * Evidence has one form: two different statements signed by one key for one slot. For rumors a slot is a number in a log;
 * of two ids signed for it one is a lie (equivocation). For descriptors there are two kinds of slot: the mint slot (one descriptor of a creator in each, SecureCyclon's frequency rule) and the transfer (one next
 * owner for each hop of a chain, its cloning rule). Evidence certifies itself: whoever has it can check it alone, and
 * nobody can make it against a key that kept the rules.
 */
import type { Evidence, Header, PeerId } from "../types.ts";
import { RUMOR_KIND_PROFILE, RUMOR_KIND_STATE } from "../types.ts";
import type { Foundation } from "../room.ts";
import type { Claim } from "../sampling/chains.ts";
import { descriptorBytes, rumorBytes, rumorId, transferStatement } from "../wire/statements.ts";
import { equalBytes } from "./admission.ts";

export function accusedIn(evidence: Evidence): PeerId {
  switch (evidence.kind) {
    case "mint":
      return evidence.a.creator;
    case "transfer":
      return evidence.owner;
    case "fork":
      return evidence.a.header.author;
  }
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
  if (evidence.kind === "fork") {
    const { a, b } = evidence;
    if (!isOneSlot(a.header, b.header)) return undefined;
    const [idA, idB] = [a, b].map(({ header, bodyHash }) => rumorId(hash, meshId, header, bodyHash)) as [
      Uint8Array,
      Uint8Array,
    ];
    if (equalBytes(idA, idB)) return undefined;
    const { author } = a.header;
    return [
      { author, bytes: rumorBytes(idA), signature: a.signature, ticket: undefined },
      { author, bytes: rumorBytes(idB), signature: b.signature, ticket: undefined },
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

function isOneSlot(a: Header, b: Header): boolean {
  return a.author === b.author && a.incarnation === b.incarnation && a.topic === b.topic && a.seq === b.seq;
}

const KINDS: Readonly<Record<number, readonly [what: string, where: string]>> = {
  [RUMOR_KIND_STATE]: ["entries", "map"],
  [RUMOR_KIND_PROFILE]: ["profiles", "run"],
};

/** What a conviction rests on, in a sentence for people. */
export function explainEvidence(evidence: Evidence): string {
  switch (evidence.kind) {
    case "mint":
      return `It signed two different advertisements of itself in one period (slot ${evidence.a.slot}), where one is allowed.`;
    case "transfer":
      return "It gave one and the same advertisement to two peers, where it may be handed on once.";
    case "fork": {
      const { kind, seq } = evidence.a.header;
      const [what, where] = KINDS[kind] ?? ["rumors", "log"];
      return `It signed two different ${what} as number ${seq} of one ${where}, telling some peers this and others that.`;
    }
  }
}
