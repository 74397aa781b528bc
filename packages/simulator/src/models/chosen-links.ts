/**
 * Links that peers choose, under attack: what `assigned-links.ts` and `pair-links.ts` are measured against. Peers keep
 * between `linksMin` and `linksMax` links. With flips (Mahlmann and Schindelhauer 2005) a-b, c-d on a path a-b-c-d
 * become a-c, b-d. With renewal the oldest link gives way to one to a peer chosen uniformly, as soon as that stands.
 * Colluders call whoever has room, always have room themselves, name accomplices, never leave, and agree to a flip only
 * if it costs them no honest neighbor.
 */
import type { Random } from "@grapevine/protocol";
import { captureOf, type Capture, shareOf } from "./capture.ts";

export interface ChosenOptions {
  readonly nodes: number;
  readonly byzantine: number;
  readonly linksMin: number;
  readonly linksMax: number;
  /** `none`: flips alone. Otherwise what a peer with no room does when it is called. */
  readonly renewal: "none" | "refuse" | "evict";
  /** Cycles after which each peer renews a link. */
  readonly renewalCycles: number;
}

export const CHOSEN_DEFAULTS: Omit<ChosenOptions, "nodes" | "byzantine" | "renewal"> = {
  linksMin: 6,
  linksMax: 8,
  renewalCycles: 5,
};

export class ChosenLinks {
  readonly options: ChosenOptions;
  readonly colluders: number;
  private readonly random: Random;
  /** In order of age, the oldest first. */
  private readonly links: Set<number>[];
  private cycles = 0;

  constructor(options: ChosenOptions, random: Random) {
    this.options = options;
    this.random = random;
    this.colluders = Math.round(options.byzantine * options.nodes);
    this.links = Array.from({ length: options.nodes }, () => new Set());
    for (let peer = 0; peer < options.nodes; peer++) this.fill(peer);
  }

  capture(): Capture {
    return captureOf(this.options.nodes, this.colluders, this.links.slice(this.colluders));
  }

  /** Malicious share of the links of the first `victims` honest peers. */
  shareOf(victims: number): number {
    return shareOf(this.colluders, this.links.slice(this.colluders, this.colluders + victims));
  }

  cycle(): void {
    const { options, colluders, random } = this;
    this.cycles++;
    const everybody = Array.from({ length: options.nodes }, (_, peer) => peer);
    for (const peer of random.sample(everybody, options.nodes)) {
      if (peer < colluders) this.collude(peer);
      else {
        this.fill(peer);
        const due = (peer + this.cycles) % options.renewalCycles === 0;
        if (options.renewal !== "none" && due) this.renew(peer);
      }
      this.flip(peer);
    }
  }

  private fill(peer: number): void {
    const { options, random } = this;
    for (let tries = 0; tries < 20 && this.links[peer]!.size < options.linksMin; tries++) {
      const other = random.below(options.nodes);
      if (this.hasRoom(other)) this.link(peer, other);
    }
  }

  private hasRoom(peer: number): boolean {
    return peer < this.colluders || this.links[peer]!.size < this.options.linksMax;
  }

  /** One call a cycle to somebody with room. */
  private collude(peer: number): void {
    const { options, colluders, random } = this;
    for (let tries = 0; tries < 20; tries++) {
      const victim = colluders + random.below(options.nodes - colluders);
      if (this.links[victim]!.size >= options.linksMax && options.renewal !== "evict") continue;
      if (!this.hasRoom(victim)) this.evict(victim);
      this.link(peer, victim);
      return;
    }
  }

  private renew(peer: number): void {
    const { options, colluders, random, links } = this;
    // The choice is learnt through a neighbor; a colluder names an accomplice.
    const guide = random.pick([...links[peer]!]) ?? peer;
    const other = random.below(guide < colluders ? colluders : options.nodes);
    if (other === peer || links[peer]!.has(other)) return;
    if (!this.hasRoom(other)) {
      if (options.renewal === "refuse") return;
      this.evict(other);
    }
    const oldest = links[peer]!.values().next().value;
    if (oldest !== undefined) this.unlink(peer, oldest);
    this.link(peer, other);
  }

  private evict(peer: number): void {
    const gone = this.random.pick([...this.links[peer]!]);
    if (gone !== undefined) this.unlink(peer, gone);
  }

  private flip(a: number): void {
    const { links } = this;
    const b = this.random.pick([...links[a]!]);
    const c = b === undefined ? undefined : this.random.pick([...links[b]!]);
    const d = c === undefined ? undefined : this.random.pick([...links[c]!]);
    if (b === undefined || c === undefined || d === undefined) return;
    if (new Set([a, b, c, d]).size < 4 || links[a]!.has(c) || links[b]!.has(d)) return;
    if (!this.agrees(a, b, c) || !this.agrees(b, a, d) || !this.agrees(c, d, a) || !this.agrees(d, c, b)) return;
    this.unlink(a, b);
    this.unlink(c, d);
    this.link(a, c);
    this.link(b, d);
  }

  /** Nobody parts with an honest neighbor for an accomplice, who would collude. */
  private agrees(peer: number, lost: number, won: number): boolean {
    return peer >= this.colluders || lost < this.colluders || won >= this.colluders;
  }

  private link(a: number, b: number): void {
    if (a === b) return;
    this.links[a]!.add(b);
    this.links[b]!.add(a);
  }

  private unlink(a: number, b: number): void {
    this.links[a]!.delete(b);
    this.links[b]!.delete(a);
  }
}
