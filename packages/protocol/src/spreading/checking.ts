/**
 * Rumors whose signature is being verified. Each is verified once, however many neighbors bring it meanwhile; should
 * the signature prove bad, the next that was brought for the same bytes is tried, so that a liar who is first cannot
 * keep out what is true.
 */
import { limits } from "../limits.ts";
import type { LinkId, Ref, Rumor } from "../types.ts";
import type { Outbox } from "../room.ts";
import type { RumorFrame } from "../wire/frames.ts";
import type { Proof } from "../repair/log.ts";
import { rumorBytes } from "../wire/statements.ts";
import { same, sameRumor } from "../repair/ids.ts";

/**
 * A rumor as it came. One of a segment is vouched for: it was `served` below others, so that who sent it need not have looked
 * at its signature; or that chain was `proved`, so that it is its author's whatever its signature is.
 */
export interface Arrival extends RumorFrame {
  readonly vouched?: "served" | "proved" | undefined;
}

/** One neighbor's copy. */
interface Copy extends Pick<Arrival, "vouched"> {
  readonly link: LinkId;
  readonly hops: number;
  readonly repair: boolean;
  readonly rumor: Rumor;
}

export interface Check extends Copy {
  readonly slot: string;
  readonly id: Uint8Array;
  /** Links that brought it, and so need not be sent it. */
  readonly knownBy: readonly LinkId[];
  /** Copies with other signatures, in case this one is bad. */
  readonly others: readonly Copy[];
  /** Why it is believed, once it is. */
  readonly proof?: Proof | undefined;
}

export interface CheckingState {
  readonly checks: Map<Ref, Check>;
  readonly slots: Map<string, readonly Ref[]>;
  readonly links: Map<LinkId, number>;
  bytes: number;
  verified: number;
  bad: number;
  dropped: number;
}

export type Verified =
  | { readonly ok: true; readonly check: Check }
  /** What has a bad signature. */
  | { readonly ok: false; readonly check: Check };

export class Checking {
  readonly state: CheckingState;

  constructor(state?: CheckingState) {
    this.state = state ?? {
      checks: new Map(),
      slots: new Map(),
      links: new Map(),
      bytes: 0,
      verified: 0,
      bad: 0,
      dropped: 0,
    };
  }

  get size(): number {
    return this.state.checks.size;
  }

  has(slot: string): boolean {
    return this.state.slots.has(slot);
  }

  *ids(): Generator<Uint8Array> {
    for (const { id } of this.state.checks.values()) yield id;
  }

  /** Half of the places are taken: ask for no more. */
  get isBusy(): boolean {
    return this.size >= limits.verifyingMax / 2 || this.state.bytes >= limits.verifyingBytesMax / 2;
  }

  /** Has this link brought something that is not verified yet? */
  isBringing(link: LinkId): boolean {
    return this.state.links.has(link);
  }

  /** A copy of what is under verification already? Told without hashing it, for most rumors come several times. */
  isCopy(link: LinkId, { rumor }: RumorFrame, slot: string): boolean {
    for (const ref of this.state.slots.get(slot) ?? []) {
      const check = this.state.checks.get(ref)!;
      if (!sameRumor(check.rumor, rumor)) continue;
      this.state.checks.set(ref, { ...check, knownBy: withLink(check.knownBy, link) });
      return true;
    }
    return false;
  }

  begin(link: LinkId, frame: Arrival, slot: string, id: Uint8Array, out: Outbox): "begun" | "duplicate" | "full" {
    const { state } = this;
    const { rumor, hops, repair, vouched } = frame;
    for (const ref of state.slots.get(slot) ?? []) {
      const check = state.checks.get(ref)!;
      if (!same(check.id, id)) continue;
      if (check.others.length < limits.alternativesMax) {
        const others = [...check.others, { link, hops, repair, rumor, vouched }];
        state.checks.set(ref, { ...check, others, knownBy: withLink(check.knownBy, link) });
      }
      return "duplicate";
    }
    const share = state.links.get(link) ?? 0;
    // One link may fill half of the places, so that it shuts nobody out.
    const full = state.checks.size >= limits.verifyingMax || share >= limits.verifyingMax / 2;
    if (full || state.bytes + rumor.body.length > limits.verifyingBytesMax) {
      state.dropped++;
      return "full";
    }
    this.verify({ link, hops, repair, rumor, vouched, slot, id, knownBy: [link], others: [] }, out);
    return "begun";
  }

  /** Undefined when the ref is not ours. */
  onVerified(ref: Ref, ok: boolean, out: Outbox): Verified | undefined {
    const { state } = this;
    const check = state.checks.get(ref);
    if (check === undefined) return undefined;
    state.checks.delete(ref);
    state.bytes -= check.rumor.body.length;
    const refs = state.slots.get(check.slot)!.filter((other) => other !== ref);
    if (refs.length > 0) state.slots.set(check.slot, refs);
    else state.slots.delete(check.slot);
    const share = state.links.get(check.link)! - 1;
    if (share > 0) state.links.set(check.link, share);
    else state.links.delete(check.link);
    if (ok) {
      state.verified++;
      return { ok: true, check };
    }
    state.bad++;
    const [next, ...others] = check.others;
    if (next !== undefined) this.verify({ ...check, ...next, others }, out);
    return { ok: false, check };
  }

  private verify(check: Check, out: Outbox): void {
    const { state } = this;
    const ref = out.ref();
    const { rumor, slot, link, id } = check;
    state.checks.set(ref, check);
    state.slots.set(slot, [...(state.slots.get(slot) ?? []), ref]);
    state.links.set(link, (state.links.get(link) ?? 0) + 1);
    state.bytes += rumor.body.length;
    const { signature } = rumor;
    out.effect({
      kind: "verify",
      ref,
      author: rumor.header.author,
      bytes: rumorBytes(id),
      signature,
      ticket: undefined,
    });
  }
}

function withLink(links: readonly LinkId[], link: LinkId): readonly LinkId[] {
  return links.includes(link) ? links : [...links, link];
}
