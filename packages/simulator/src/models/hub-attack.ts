/**
 * The hub attack on Cyclon (Jesi, Hales and van Steen 2007; Antonov and Voulgaris 2023): once the overlay has converged
 * a few nodes start to send nothing but fresh entries of each other, to honest nodes of their choice and to whoever
 * turns to them. Entries are mere claims in plain Cyclon, so honest views fill up with theirs.
 */
import type { Random } from "@grapevine/protocol";
import { Cyclon, type CyclonOptions, type Parcel } from "./cyclon.ts";

export interface HubOptions extends CyclonOptions {
  /** Share of the nodes that attack; these are the first ones. */
  readonly byzantine: number;
  /** How many honest nodes they turn to; all of them unless they concentrate on some. */
  readonly victims: number;
}

export class HubAttack extends Cyclon {
  /** How many nodes attack from now on; none until `attack` is called. */
  private attackers = 0;
  private readonly planned: number;
  private readonly victims: number;

  constructor(options: HubOptions, random: Random) {
    super(options, random);
    this.planned = Math.round(options.byzantine * options.nodes);
    this.victims = Math.min(options.victims, options.nodes - this.planned);
  }

  attack(): void {
    this.attackers = this.planned;
  }

  /** Share of attackers in the views of the others. */
  viewShare(): number {
    return this.shareUpTo(this.views.size);
  }

  /** The same for the victims alone. */
  victimShare(): number {
    return this.shareUpTo(this.planned + this.victims);
  }

  private shareUpTo(end: number): number {
    const { views, planned } = this;
    let entries = 0;
    let bad = 0;
    for (let node = planned; node < end; node++) {
      for (const id of views.of(node)) {
        entries++;
        if (id < planned) bad++;
      }
    }
    return entries === 0 ? 0 : bad / entries;
  }

  /** Honest nodes that know of attackers only. */
  isolated(): number {
    const { views, planned } = this;
    let isolated = 0;
    for (let node = planned; node < views.size; node++) if (views.of(node).every((id) => id < planned)) isolated++;
    return isolated;
  }

  /** Nodes that attack know everybody and pick their victims; the rest is Cyclon. */
  protected override partnerOf(node: number): number {
    const { attackers, victims, random } = this;
    if (node >= attackers) return super.partnerOf(node);
    return attackers + random.below(victims);
  }

  protected override pack(node: number, count: number, into: Parcel): void {
    const { attackers, random } = this;
    if (node >= attackers) {
      super.pack(node, count, into);
      return;
    }
    into.count = Math.min(count, attackers);
    for (let i = 0; i < into.count; i++) {
      let id = random.below(attackers);
      while (into.ids.subarray(0, i).includes(id)) id = random.below(attackers);
      into.ids[i] = id;
      into.ages[i] = 0;
    }
  }

  /** What attackers are sent they have no use for. */
  protected override merge(node: number, parcel: Parcel, sent: number): void {
    if (node >= this.attackers) super.merge(node, parcel, sent);
  }
}
