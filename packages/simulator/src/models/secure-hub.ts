/**
 * The hub attack on descriptors that are owned (`descriptor-stock.ts`), swapped one for one over the links of
 * `pair-links.ts`. Attackers swap with every neighbor they have, each cycle. `mint` hands each a fresh descriptor, though
 * one a slot is allowed; `clone` hands the same ones to all; `hoard` breaks no rule, but parts with accomplices'
 * descriptors first and keeps the others. Whoever sees two chains that fork convicts the forker, and everybody hears.
 */
import type { Random } from "@grapevine/protocol";
import { type Descriptor, DescriptorStock, forkerOf } from "./descriptor-stock.ts";
import { PAIR_DEFAULTS, PairLinks } from "./pair-links.ts";
import { hash4 } from "./hash4.ts";

export type Offence = "mint" | "clone" | "hoard";

export interface SecureHubOptions {
  readonly nodes: number;
  readonly byzantine: number;
  readonly life: number;
  readonly swap: number;
  /** Copies of known descriptors that each side shows beside a swap, chains and all. */
  readonly samples: number;
  /** Descriptors a peer remembers, one for each creator, those of least private rank (Basalt). */
  readonly table: number;
  /** Cycles after which a creator new to a table may be sampled. Measured: nine forks in ten show within 5. */
  readonly quarantine: number;
  readonly offences: readonly Offence[];
  /** Share of swaps whose answer is lost: what was handed over is spent all the same. */
  readonly loss: number;
}

export const SECURE_HUB_DEFAULTS: Omit<SecureHubOptions, "nodes" | "byzantine"> = {
  life: 20,
  swap: 3,
  samples: 8,
  table: 200,
  quarantine: 5,
  offences: ["mint", "clone"],
  loss: 0,
};

export interface HubShares {
  /** Malicious share of the descriptors that honest peers own. */
  readonly viewShare: number;
  /** Malicious share of the creators that honest peers remember. */
  readonly sampleShare: number;
  /** Malicious share of honest peers' links. */
  readonly linkShare: number;
  /** Honest peers with no honest link. */
  readonly isolated: number;
}

export class SecureHub {
  readonly stock: DescriptorStock;
  readonly links: PairLinks;
  /** The cycle in which each was convicted. */
  readonly convicted: Map<number, number> = new Map();
  /** The cycle of the first offence of each attacker that committed one. */
  readonly offended: Map<number, number> = new Map();
  readonly attackers: number;
  private readonly options: SecureHubOptions;
  private readonly random: Random;
  /** Of each peer what it remembers, by creator and slot. */
  private readonly seen: Map<number, Descriptor>[];
  /** Of each peer what it has owned, with its slot. */
  private readonly spent: Map<number, number>[];
  /** Of each peer the freshest slot of each creator in its table. */
  private readonly tables: Map<number, { slot: number; readonly since: number }>[];
  private readonly mintedSlot: Int32Array;
  /** Of each attacker, to whom it has handed what. */
  private readonly handed: Map<number, number>[];
  private attacking = false;
  private cycles = 0;

  constructor(options: SecureHubOptions, random: Random) {
    const { nodes, byzantine, life, table } = options;
    this.options = options;
    this.random = random;
    this.stock = new DescriptorStock(nodes, life, random);
    this.attackers = Math.round(byzantine * nodes);
    this.links = new PairLinks({ ...PAIR_DEFAULTS, nodes, byzantine, known: Math.min(table, nodes - 1) }, random);
    this.handed = Array.from({ length: this.attackers }, () => new Map());
    this.mintedSlot = new Int32Array(nodes).fill(-1);
    this.seen = Array.from({ length: nodes }, () => new Map());
    this.spent = Array.from({ length: nodes }, () => new Map());
    this.tables = Array.from({ length: nodes }, () => new Map());
  }

  attack(): void {
    this.attacking = true;
  }

  cycle(): void {
    const { stock, links, random, options } = this;
    this.cycles++;
    stock.nextSlot();
    // An epoch of links lasts as long as a descriptor: each turn, one of its parts.
    if (this.cycles % Math.ceil(options.life / PAIR_DEFAULTS.turns) === 0 || this.cycles <= 2 * PAIR_DEFAULTS.turns)
      links.turn();
    for (let node = 0; node < options.nodes; node++) this.forget(node);
    const order = random.sample(
      Array.from({ length: options.nodes }, (_, node) => node),
      options.nodes,
    );
    for (const node of order) {
      if (this.convicted.has(node)) continue;
      const neighbors = links.neighborsOf(node);
      const partners = this.isAttacking(node) ? neighbors : random.sample(neighbors, 1);
      for (const partner of partners) this.swap(node, partner);
    }
  }

  shares(): HubShares {
    const { stock, attackers, options, tables, links } = this;
    let owned = 0;
    let bad = 0;
    let known = 0;
    let badKnown = 0;
    for (let node = attackers; node < options.nodes; node++) {
      for (const { creator } of stock.owned[node]!) {
        owned++;
        if (creator < attackers) bad++;
      }
      for (const [creator, { since }] of tables[node]!) {
        if (this.cycles - since < options.quarantine) continue;
        known++;
        if (creator < attackers) badKnown++;
      }
    }
    const { linkShare, alone } = links.capture();
    return {
      viewShare: bad / Math.max(1, owned),
      sampleShare: badKnown / Math.max(1, known),
      linkShare,
      isolated: alone.length,
    };
  }

  private isAttacking(node: number): boolean {
    return this.attacking && node < this.attackers;
  }

  private offenceOf(node: number): Offence {
    const { offences } = this.options;
    return offences[node % offences.length]!;
  }

  private forget(node: number): void {
    const { stock } = this;
    for (const [key, descriptor] of this.seen[node]!) if (!stock.isLive(descriptor)) this.seen[node]!.delete(key);
    for (const [key, slot] of this.spent[node]!) if (slot < stock.slot - stock.life) this.spent[node]!.delete(key);
    for (const [creator, { slot }] of this.tables[node]!) {
      if (slot < stock.slot - stock.life) this.tables[node]!.delete(creator);
    }
  }

  private swap(node: number, partner: number): void {
    const { options, random } = this;
    if (this.convicted.has(node) || this.convicted.has(partner)) return;
    const given = this.parcelOf(node, partner, options.swap, true);
    const returned = this.parcelOf(partner, node, given.length, false);
    this.receive(partner, given, node);
    if (random.float() >= options.loss) this.receive(node, returned, undefined);
    for (const copy of this.samplesOf(node)) this.see(partner, copy);
    for (const copy of this.samplesOf(partner)) this.see(node, copy);
  }

  /** Descriptors signed over to `to`. */
  private parcelOf(from: number, to: number, count: number, initiates: boolean): Descriptor[] {
    const { stock } = this;
    let parcel: Descriptor[];
    if (!this.isAttacking(from)) {
      const fresh = initiates ? [stock.mint(from)] : [];
      parcel = [...fresh, ...stock.take(from, count - fresh.length, to)];
    } else {
      const offence = this.offenceOf(from);
      if (offence === "mint") parcel = this.overMinted(from, count);
      else if (offence === "clone") parcel = this.cloned(from, to, count);
      else parcel = this.hoarded(from, to, count, initiates);
    }
    if (this.isAttacking(from)) for (const one of parcel) this.sign(from, one, to);
    return parcel.map((one) => ({ ...one, chain: [...one.chain, to] }));
  }

  /** An attacker's transfer: one of a chain that it has already handed to somebody else is its offence. */
  private sign(from: number, descriptor: Descriptor, to: number): void {
    const handed = this.handed[from]!;
    const key = keyOf(descriptor);
    if ((handed.get(key) ?? to) !== to && !this.offended.has(from)) this.offended.set(from, this.cycles);
    handed.set(key, to);
  }

  /** One for the present slot and for each before it, whoever else has been handed those. */
  private overMinted(from: number, count: number): Descriptor[] {
    const { stock } = this;
    return Array.from({ length: Math.min(count, stock.slot) }, (_, i) => ({
      ...stock.mint(from),
      slot: stock.slot - i,
    }));
  }

  /** Accomplices' descriptors and the present one of its own, none of them given up. */
  private cloned(from: number, to: number, count: number): Descriptor[] {
    this.mintOnce(from);
    const bad = this.stock.owned[from]!.filter(({ creator }) => creator < this.attackers && creator !== to);
    return this.random.sample(bad, count);
  }

  /** Accomplices' descriptors; when asked for more than there are, others' too, for swaps are one for one. */
  private hoarded(from: number, to: number, count: number, initiates: boolean): Descriptor[] {
    const { stock, attackers } = this;
    this.mintOnce(from);
    const held = stock.owned[from]!;
    const bad = held.filter(({ creator }) => creator < attackers && creator !== to).slice(0, count);
    const others = held.filter(({ creator }) => creator >= attackers && creator !== to);
    const parcel = initiates ? bad : [...bad, ...others.slice(0, count - bad.length)];
    stock.owned[from] = held.filter((one) => !parcel.includes(one));
    return parcel;
  }

  private mintOnce(node: number): void {
    const { stock, mintedSlot } = this;
    if (mintedSlot[node] === stock.slot) return;
    mintedSlot[node] = stock.slot;
    stock.owned[node]!.push(stock.mint(node));
  }

  /** `minter`: whose shuffle this is, which brings one mint of its own; an answer brings none. */
  private receive(node: number, parcel: readonly Descriptor[], minter: number | undefined): void {
    let mints = minter === undefined ? 0 : 1;
    for (const descriptor of parcel) {
      const { creator, slot, chain } = descriptor;
      if (chain.length === 2 && (mints-- <= 0 || slot !== this.stock.slot)) continue;
      if (creator === node || this.isVoid(descriptor)) continue;
      this.see(node, descriptor);
      // Whoever takes the same descriptor twice, and hands both on, has forked its chain: a trap.
      const key = keyOf(descriptor);
      if (node >= this.attackers && this.spent[node]!.has(key)) continue;
      this.spent[node]!.set(key, slot);
      if (!this.isVoid(descriptor)) this.stock.owned[node]!.push(descriptor);
    }
  }

  /** What a convicted peer has minted, or handed on, counts for nothing. */
  private isVoid({ chain }: Descriptor): boolean {
    return this.convicted.size > 0 && chain.some((owner) => this.convicted.has(owner));
  }

  /** Remember, and compare with what is remembered of the same creator and slot. */
  private see(node: number, descriptor: Descriptor): void {
    if (node < this.attackers || descriptor.creator === node || this.isVoid(descriptor)) return;
    const seen = this.seen[node]!;
    const key = keyOf(descriptor);
    const before = seen.get(key);
    if (before !== undefined) {
      const forker = forkerOf(before.chain, descriptor.chain);
      if (forker !== undefined) {
        this.convict(forker);
        return;
      }
      if (before.chain.length >= descriptor.chain.length) return;
    }
    seen.set(key, descriptor);
    this.note(node, descriptor);
  }

  private note(node: number, { creator, slot }: Descriptor): void {
    const table = this.tables[node]!;
    const known = table.get(creator);
    if (known !== undefined) {
      known.slot = Math.max(known.slot, slot);
      return;
    }
    table.set(creator, { slot, since: this.cycles });
    if (table.size <= this.options.table) return;
    let worst = creator;
    for (const other of table.keys()) if (hash4(7, node, other, 0) > hash4(7, node, worst, 0)) worst = other;
    table.delete(worst);
  }

  private samplesOf(node: number): readonly Descriptor[] {
    const { options, random, attackers } = this;
    const known = [...this.seen[node]!.values()];
    if (!this.isAttacking(node)) return random.sample(known, options.samples);
    return random.sample(
      this.stock.owned[node]!.filter((one) => one.creator < attackers),
      options.samples,
    );
  }

  /** Evidence floods over the links in far less than a cycle. */
  private convict(node: number): void {
    if (this.convicted.has(node)) return;
    this.convicted.set(node, this.cycles);
    this.links.expel(node);
    for (const [peer, held] of this.stock.owned.entries()) {
      this.stock.owned[peer] = held.filter((one) => !one.chain.includes(node));
      for (const [key, one] of this.seen[peer]!) if (one.chain.includes(node)) this.seen[peer]!.delete(key);
      this.tables[peer]!.delete(node);
    }
  }
}

function keyOf({ creator, slot }: Descriptor): number {
  return creator * 65_536 + slot;
}
