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
import { slotOf } from "./logs.ts";

/** No ref is that. */
const NONE = -1;

interface Trial {
  readonly key: string;
  readonly seq: number;
  readonly signature: Uint8Array;
  /** Others for its slot, whose own signatures are good. */
  readonly rivals: Check[];
}

export interface ProofsState {
  readonly trials: Map<Ref, Trial>;
  /** Those under way for each slot: more than one only when its rumor got another signature meanwhile. */
  readonly slots: Map<string, Ref>;
  /** Signatures that were checked, and those of them that were bad. */
  checked: number;
  flawed: number;
}

export class Proofs {
  readonly state: ProofsState;

  constructor(state: ProofsState = { trials: new Map(), slots: new Map(), checked: 0, flawed: 0 }) {
    this.state = state;
  }

  /** Have the signature of a held rumor checked, for a rival of it or for whoever is to be served. */
  begin(log: Log, seq: number, out: Outbox, ...rivals: Check[]): void {
    const { trials, slots } = this.state;
    const { id, rumor } = log.held.get(seq)!;
    const slot = slotOf(log.key, seq);
    const trial = trials.get(slots.get(slot) ?? NONE);
    if (trial?.signature === rumor.signature) {
      if (trial.rivals.length < limits.alternativesMax) trial.rivals.push(...rivals);
      return;
    }
    const ref = out.ref();
    slots.set(slot, ref);
    trials.set(ref, { key: log.key, seq, signature: rumor.signature, rivals });
    out.effect(verifyOf(ref, log.id.author, id, rumor.signature));
  }

  /** Its slot and its rivals; undefined when the ref is not ours. */
  onVerified(
    ref: Ref,
    ok: boolean,
    logs: Logs,
  ): { readonly slot: string; readonly rivals: readonly Check[] } | undefined {
    const trial = this.state.trials.get(ref);
    if (trial === undefined) return undefined;
    const slot = slotOf(trial.key, trial.seq);
    this.state.trials.delete(ref);
    if (this.state.slots.get(slot) === ref) this.state.slots.delete(slot);
    this.state.checked++;
    if (!ok) this.state.flawed++;
    const held = logs.get(trial.key)?.held.get(trial.seq);
    // It may have been forgotten meanwhile, or have got another signature.
    if (held?.rumor.signature === trial.signature && held.proof === "chain") held.proof = ok ? "signature" : "flawed";
    return { slot, rivals: trial.rivals };
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
