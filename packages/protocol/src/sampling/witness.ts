/**
 * Cross-checking (SecureCyclon): each peer remembers every descriptor that it has checked, for as long as that may live,
 * and holds each new one of the same creator and slot against it. Two mintings, or two chains that part, are evidence
 * against whoever signed twice. The longest chain is kept, for it says most.
 */
import { forgetOldest } from "../rumors/oldest.ts";
import { limits } from "../limits.ts";
import type { Descriptor, Evidence } from "../types.ts";
import type { Foundation } from "../room.ts";
import { equalBytes } from "../trust/admission.ts";
import { chainDigest, descriptorBytes } from "../wire/statements.ts";

export interface WitnessState {
  /** By `creator/slot`. Insertion order is age. */
  readonly seen: Map<string, Descriptor>;
}

export class Witness {
  readonly state: WitnessState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state: WitnessState = { seen: new Map() }) {
    this.foundation = foundation;
    this.state = state;
  }

  /** A checked descriptor. Returns evidence when it contradicts one that was seen before. */
  see(descriptor: Descriptor): Evidence | undefined {
    const { seen } = this.state;
    const key = `${descriptor.creator}/${descriptor.slot}`;
    const known = seen.get(key);
    if (known === undefined) {
      seen.set(key, descriptor);
      forgetOldest(seen, limits.witnessedMax);
      return undefined;
    }
    if (!this.sameMint(known, descriptor)) return { kind: "mint", a: bare(known), b: bare(descriptor) };
    const both = Math.min(known.hops.length, descriptor.hops.length);
    for (let index = 0; index < both; index++) {
      const [a, b] = [known.hops[index]!, descriptor.hops[index]!];
      if (a.to === b.to) continue;
      const { config, hash } = this.foundation;
      const owner = index === 0 ? known.creator : known.hops[index - 1]!.to;
      const digest = chainDigest(config.meshId, { ...known, hops: known.hops.slice(0, index) }, hash);
      return { kind: "transfer", owner, index, digest, a, b };
    }
    if (descriptor.hops.length > known.hops.length) seen.set(key, descriptor);
    return undefined;
  }

  /** Forget the slots that have outlived themselves. */
  expire(before: number): void {
    for (const [key, { slot }] of this.state.seen) if (slot < before) this.state.seen.delete(key);
  }

  /** Signing may be randomised, so it is what was signed that counts. */
  private sameMint(a: Descriptor, b: Descriptor): boolean {
    if (equalBytes(a.signature, b.signature)) return true;
    const { config, hash } = this.foundation;
    return equalBytes(descriptorBytes(config.meshId, a, hash), descriptorBytes(config.meshId, b, hash));
  }
}

function bare(descriptor: Descriptor): Descriptor {
  return { ...descriptor, hops: [] };
}
