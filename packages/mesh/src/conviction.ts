/**
 * A conviction as people are shown it: who, for what, and the two statements that prove it, side by side, each with the
 * signature that its maker cannot take back.
 */
import { hash } from "@grapevine/crypto";
import {
  accusedIn,
  encodeBase58,
  explainEvidence,
  rumorId,
  type Descriptor,
  type Evidence,
  type Head,
  type Hop,
  type PeerId,
} from "@grapevine/protocol";
import type { Conviction, Statement } from "./mesh-events.ts";

const OFFENCES = { mint: "double-mint", transfer: "double-transfer", fork: "fork" } as const;

export function convictionOf(evidence: Evidence, self: PeerId, meshId: Uint8Array): Conviction {
  const peer = accusedIn(evidence);
  return Object.freeze({
    peer,
    offence: OFFENCES[evidence.kind],
    explanation: explainEvidence(evidence),
    statements: statementsIn(evidence, meshId),
    own: peer === self,
  });
}

function statementsIn(evidence: Evidence, meshId: Uint8Array): readonly [Statement, Statement] {
  switch (evidence.kind) {
    case "fork":
      return [ofHead(evidence.a, meshId), ofHead(evidence.b, meshId)];
    case "mint":
      return [ofMint(evidence.a), ofMint(evidence.b)];
    case "transfer":
      return [ofHop(evidence.a), ofHop(evidence.b)];
  }
}

function ofHead({ header, bodyHash, signature }: Head, meshId: Uint8Array): Statement {
  const rumor = encodeBase58(rumorId(hash, meshId, header, bodyHash));
  const atMs = new Date(header.timeMs).toISOString();
  const says = `number ${header.seq} of its log, at ${atMs}: contents ${encodeBase58(bodyHash)}`;
  return Object.freeze({ says, signature: encodeBase58(signature), rumor });
}

function ofMint({ slot, boxKey, signature }: Descriptor): Statement {
  const says = `in period ${slot} it is reached under the key ${encodeBase58(boxKey)}`;
  return Object.freeze({ says, signature: encodeBase58(signature), rumor: undefined });
}

function ofHop({ to, signature }: Hop): Statement {
  return Object.freeze({ says: `it belongs to ${to} now`, signature: encodeBase58(signature), rumor: undefined });
}
