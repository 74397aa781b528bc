/**
 * Signatures of rumors that were believed for what came after them, checked when they have to stand for themselves: before
 * one is passed on without those that name it, or stands as evidence against its author. Each is checked once.
 */
import { limits } from "../limits.ts";
import type { PeerId, Ref, Rumor } from "../types.ts";
import type { Outbox } from "../room.ts";
import { rumorBytes } from "../wire/statements.ts";
import type { Check } from "../spreading/checking.ts";
import type { Log, Logs } from "./logs.ts";

interface Trial {
  readonly key: string;
  readonly seq: number;
  readonly signature: Uint8Array;
  /** Others for its slot, whose own signatures are good. */
  readonly rivals: Check[];
}

export interface ProofsState {
  readonly trials: Map<Ref, Trial>;
  /** Signatures that were checked, and those of them that were bad. */
  checked: number;
  flawed: number;
}

export class Proofs {
  readonly state: ProofsState;

  constructor(state: ProofsState = { trials: new Map(), checked: 0, flawed: 0 }) {
    this.state = state;
  }

  /** Have the signature of a held rumor checked, for a rival of it or for whoever is to be served. */
  begin(log: Log, seq: number, out: Outbox, ...rivals: Check[]): void {
    const { id, rumor } = log.held.get(seq)!;
    for (const trial of this.state.trials.values()) {
      if (trial.seq !== seq || trial.key !== log.key || trial.signature !== rumor.signature) continue;
      if (trial.rivals.length < limits.alternativesMax) trial.rivals.push(...rivals);
      return;
    }
    const ref = out.ref();
    this.state.trials.set(ref, { key: log.key, seq, signature: rumor.signature, rivals });
    out.effect(verifyOf(ref, log.id.author, id, rumor.signature));
  }

  /** Its rivals; undefined when the ref is not ours. */
  onVerified(ref: Ref, ok: boolean, logs: Logs): readonly Check[] | undefined {
    const trial = this.state.trials.get(ref);
    if (trial === undefined) return undefined;
    this.state.trials.delete(ref);
    this.state.checked++;
    if (!ok) this.state.flawed++;
    const held = logs.get(trial.key)?.held.get(trial.seq);
    // It may have been forgotten meanwhile, or have got another signature.
    if (held?.rumor.signature === trial.signature && held.proof === "chain") held.proof = ok ? "signature" : "flawed";
    return trial.rivals;
  }
}

/** The effect that checks the signature of a rumor. */
export function verifyOf(
  ref: Ref,
  author: PeerId,
  id: Uint8Array,
  signature: Rumor["signature"],
): Parameters<Outbox["effect"]>[0] {
  return { kind: "verify", ref, author, bytes: rumorBytes(id), signature, ticket: undefined };
}
