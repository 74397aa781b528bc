/**
 * Who is convicted, and by what. A conviction never ends: its evidence holds for ever, at every honest peer alike. Only
 * keys that were admitted can be convicted, so that nobody fills this memory with keys made for it; beyond a bound the evidence against the
 * oldest goes, and the verdict stays, for many times as many: keys that convict themselves push nobody back in.
 */
import { forgetOldest } from "../rumors/oldest.ts";
import { limits } from "../limits.ts";
import type { Evidence, PeerId, Ref } from "../types.ts";
import type { Foundation, Outbox } from "../room.ts";
import type { LinkId } from "../types.ts";
import { accusedIn, claimsOf } from "./evidence.ts";

interface Trial {
  readonly evidence: Evidence;
  /** Who brought it; undefined when we found it ourselves. */
  readonly link: LinkId | undefined;
  outstanding: number;
  ok: boolean;
}

export interface ConvictionsState {
  /** Insertion order is age. */
  readonly convicted: Map<PeerId, Evidence>;
  /** Convicted too, by evidence that there was no more room for. Oldest first. */
  readonly former: Set<PeerId>;
  readonly trials: Map<number, Trial>;
  readonly refs: Map<Ref, number>;
  /** Heard of keys that were not admitted then; unchecked, oldest dropped first. */
  readonly early: Map<PeerId, { readonly evidence: Evidence; readonly link: LinkId }>;
  nextTrial: number;
}

/** How a trial ended: a new conviction, one more fork of a convicted key, or evidence that does not hold. */
export type Judgement =
  | { readonly kind: "forked"; readonly evidence: Evidence; readonly link: LinkId | undefined }
  | { readonly kind: "convicted"; readonly evidence: Evidence; readonly link: LinkId | undefined }
  | { readonly kind: "unfounded"; readonly link: LinkId | undefined };

export class Convictions {
  readonly state: ConvictionsState;
  private readonly foundation: Foundation;

  constructor(
    foundation: Foundation,
    state: ConvictionsState = {
      convicted: new Map(),
      former: new Set(),
      trials: new Map(),
      refs: new Map(),
      early: new Map(),
      nextTrial: 1,
    },
  ) {
    this.foundation = foundation;
    this.state = state;
  }

  isConvicted(peer: PeerId): boolean {
    return this.state.convicted.has(peer) || this.state.former.has(peer);
  }

  /** Newest first. */
  all(): Evidence[] {
    return [...this.state.convicted.values()].toReversed();
  }

  /** Both signatures held when the two descriptors were checked: no trial is needed. */
  convict(evidence: Evidence): boolean {
    const accused = accusedIn(evidence);
    const { convicted, former } = this.state;
    if (this.isConvicted(accused)) return false;
    convicted.set(accused, evidence);
    for (const oldest of convicted.keys()) {
      if (convicted.size <= limits.convictionsMax) break;
      convicted.delete(oldest);
      former.add(oldest);
    }
    forgetOldest(former, limits.formerConvictsMax);
    return true;
  }

  /** Somebody accuses a key that may be admitted yet: order of arrival decides nothing. */
  await(evidence: Evidence, link: LinkId): void {
    const { early } = this.state;
    early.delete(accusedIn(evidence));
    early.set(accusedIn(evidence), { evidence, link });
    for (const oldest of early.keys()) {
      if (early.size <= limits.trialsMax) break;
      early.delete(oldest);
    }
  }

  /** What was said of a key before it was admitted. */
  takeEarly(accused: PeerId): { readonly evidence: Evidence; readonly link: LinkId } | undefined {
    const found = this.state.early.get(accused);
    this.state.early.delete(accused);
    return found;
  }

  /**
   * Somebody accuses: have both statements checked. Returns false when they cannot be evidence at all. `isNews`: it cuts a
   * log, whether its author is convicted already or not.
   */
  hear(evidence: Evidence, link: LinkId | undefined, out: Outbox, isNews = false): boolean {
    const { state } = this;
    if (this.isConvicted(accusedIn(evidence)) && !isNews) return true;
    const claims = claimsOf(this.foundation, evidence);
    if (claims === undefined) return false;
    if (state.trials.size >= limits.trialsMax) return true;
    const id = state.nextTrial++;
    state.trials.set(id, { evidence, link, outstanding: claims.length, ok: true });
    for (const claim of claims) {
      const ref = out.ref();
      state.refs.set(ref, id);
      out.effect({ kind: "verify", ref, ...claim });
    }
    return true;
  }

  /** `undefined`: not ours. `"waiting"`: no judgement yet, or none that is news. */
  onVerified(ref: Ref, ok: boolean): Judgement | "waiting" | undefined {
    const { state } = this;
    const id = state.refs.get(ref);
    if (id === undefined) return undefined;
    state.refs.delete(ref);
    const trial = state.trials.get(id);
    if (trial === undefined) return "waiting";
    trial.outstanding--;
    trial.ok &&= ok;
    if (trial.outstanding > 0) return "waiting";
    state.trials.delete(id);
    const { evidence, link } = trial;
    if (!trial.ok) return { kind: "unfounded", link };
    if (this.convict(evidence)) return { kind: "convicted", evidence, link };
    return evidence.kind === "fork" ? { kind: "forked", evidence, link } : "waiting";
  }
}
