/**
 * Descriptors that are minted, owned and handed on (SecureCyclon, Antonov and Voulgaris 2023), with their chains but
 * without their signatures: a chain can be extended by its last owner only, and what an honest owner has handed on it
 * no longer has. Whoever extends the same chain twice leaves two descriptors that convict it.
 */
import type { Random } from "@grapevine/protocol";

export interface Descriptor {
  readonly creator: number;
  readonly slot: number;
  /** The creator, and every owner since. */
  readonly chain: readonly number[];
}

export class DescriptorStock {
  readonly owned: Descriptor[][];
  /** A descriptor is good in its own slot and `life` further ones. */
  readonly life: number;
  slot = 0;
  private readonly random: Random;

  constructor(nodes: number, life: number, random: Random) {
    this.owned = Array.from({ length: nodes }, () => []);
    this.life = life;
    this.random = random;
  }

  /** Time passes: what has lived its life is gone. */
  nextSlot(): void {
    this.slot++;
    for (const [node, held] of this.owned.entries()) this.owned[node] = held.filter((one) => this.isLive(one));
  }

  isLive(descriptor: Descriptor): boolean {
    return descriptor.slot >= this.slot - this.life;
  }

  mint(creator: number): Descriptor {
    return { creator, slot: this.slot, chain: [creator] };
  }

  /** Takes out up to `count` by chance, none of them minted by `except`. */
  take(node: number, count: number, except: number): Descriptor[] {
    const held = this.owned[node]!;
    const chosen = this.random.sample(
      held.filter((one) => one.creator !== except),
      count,
    );
    if (chosen.length > 0) this.owned[node] = held.filter((one) => !chosen.includes(one));
    return chosen;
  }

  /** The transfer of a descriptor that was taken out; its creator has no use for it. */
  give(descriptor: Descriptor, to: number): Descriptor {
    const given = { ...descriptor, chain: [...descriptor.chain, to] };
    if (to !== descriptor.creator) this.owned[to]!.push(given);
    return given;
  }

  /** How many good descriptors of each node are owned by somebody. */
  known(): Int32Array {
    const known = new Int32Array(this.owned.length);
    for (const held of this.owned) for (const { creator } of held) known[creator]!++;
    return known;
  }
}

/** One number for each creator and slot. */
export function keyOf({ creator, slot }: Descriptor): number {
  return creator * 65_536 + slot;
}

/** Who extended one chain twice; undefined when one of the two continues the other. Both are of one creator and slot. */
export function forkerOf(a: readonly number[], b: readonly number[]): number | undefined {
  for (let i = 1; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i - 1];
  return undefined;
}
