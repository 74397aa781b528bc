/**
 * Descriptors on their way from a neighbor's frame into the table: cheap checks first, then every signature in them
 * that is news, and only then belief. A frame is taken or refused as a whole, for a neighbor that passes on one bad
 * descriptor did not check it.
 */
import { limits } from "../limits.ts";
import type { Descriptor, LinkId, Ref } from "../types.ts";
import type { Foundation, Outbox } from "../room.ts";
import type { Claim } from "./chains.ts";
import { claimsIn } from "./chains.ts";

export type BatchPurpose =
  | { readonly kind: "shuffle"; readonly id: number }
  | { readonly kind: "reply" }
  | { readonly kind: "samples"; readonly chains: readonly number[] };

export interface Batch {
  readonly link: LinkId;
  readonly purpose: BatchPurpose;
  readonly descriptors: readonly Descriptor[];
  outstanding: number;
  ok: boolean;
}

export interface DescriptorChecksState {
  nextBatch: number;
  readonly batches: Map<number, Batch>;
  readonly refs: Map<Ref, number>;
}

export class DescriptorChecks {
  readonly state: DescriptorChecksState;
  private readonly foundation: Foundation;

  constructor(
    foundation: Foundation,
    state: DescriptorChecksState = { nextBatch: 1, batches: new Map(), refs: new Map() },
  ) {
    this.foundation = foundation;
    this.state = state;
  }

  /** Begin; returns the batch at once when nothing is left to check, undefined while checks are under way. */
  begin(
    link: LinkId,
    purpose: BatchPurpose,
    descriptors: readonly Descriptor[],
    known: (descriptor: Descriptor) => Descriptor | undefined,
    ticketKnown: (descriptor: Descriptor) => boolean,
    out: Outbox,
  ): Batch | undefined {
    const { state, foundation } = this;
    const claims: Claim[] = [];
    for (const descriptor of descriptors) {
      if (descriptor.creator === foundation.self) continue;
      claims.push(...claimsIn(foundation, descriptor, known(descriptor), ticketKnown(descriptor)));
    }
    const batch: Batch = { link, purpose, descriptors, outstanding: claims.length, ok: true };
    if (claims.length === 0) return batch;
    if (state.refs.size + claims.length > limits.checkingMax) return { ...batch, descriptors: [], outstanding: 0 };
    const id = state.nextBatch++;
    state.batches.set(id, batch);
    for (const claim of claims) {
      const ref = out.ref();
      state.refs.set(ref, id);
      out.effect({ kind: "verify", ref, ...claim });
    }
    return undefined;
  }

  /** `undefined`: not ours. `"waiting"`: more to come. Otherwise the batch with its verdict. */
  onVerified(ref: Ref, ok: boolean): Batch | "waiting" | undefined {
    const { state } = this;
    const id = state.refs.get(ref);
    if (id === undefined) return undefined;
    state.refs.delete(ref);
    const batch = state.batches.get(id);
    if (batch === undefined) return "waiting";
    batch.outstanding--;
    batch.ok &&= ok;
    if (batch.outstanding > 0) return "waiting";
    state.batches.delete(id);
    return batch;
  }
}
