/**
 * The hub attack on descriptors that are owned (`descriptor-stock.ts`), swapped one for one over the links of
 * `pair-links.ts`. Attackers swap with every neighbor they have, each cycle. `mint` hands each a fresh descriptor, though
 * one a slot is allowed; `clone` hands the same ones to all; `hoard` breaks no rule, but parts with accomplices'
 * descriptors first and keeps the others. Whoever sees two chains that fork convicts the forker, and everybody hears.
 */
import type { Random } from "@grapevine/protocol";
import { type Descriptor, DescriptorStock, keyOf } from "./descriptor-stock.ts";
import { Memory } from "./memory.ts";
import { PAIR_DEFAULTS, PairLinks } from "./pair-links.ts";
import { shuffled } from "./views.ts";

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
  /** Malicious share of the descriptors that honest peers own: what shuffles are paid with. */
  readonly ownedShare: number;
  /** Malicious share of the creators in honest peers' tables: their passive views. */
  readonly viewShare: number;
  /** The same of those that are through the quarantine, and so may be sampled. */
  readonly sampleShare: number;
  /** Malicious share of honest peers' links. */
  readonly linkShare: number;
  /** Honest peers with no honest link. */
  readonly isolated: number;
}

/** More than the transfers of any descriptor: it lives 20 slots, and an attacker hands it on a few times in each. */
const HOPS_COUNTED = 256;

export class SecureHub {
  readonly stock: DescriptorStock;
  readonly links: PairLinks;
  /** The cycle in which each was convicted. */
  readonly convicted: Map<number, number> = new Map();
  /** The cycle in which each attacker first handed two honest peers what contradicts itself. */
  readonly offended: Map<number, number> = new Map();
  readonly attackers: number;
  private readonly options: SecureHubOptions;
  private readonly random: Random;
  private readonly memories: readonly Memory[];
  /** How many had been convicted when each peer last put away what they had handed on. */
  private readonly purged: Int32Array;
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
    this.memories = Array.from({ length: nodes }, (_, node) => new Memory(node, table));
    this.purged = new Int32Array(nodes);
  }

  attack(): void {
    this.attacking = true;
  }

  cycle(): void {
    const { stock, links, random, options } = this;
    this.cycles++;
    stock.nextSlot();
    if (this.cycles % this.turnCycles === 0 || this.cycles <= 2 * PAIR_DEFAULTS.turns) links.turn();
    for (const memory of this.memories) memory.forget(stock.slot - stock.life);
    for (const node of shuffled(
      Int32Array.from({ length: options.nodes }, (_, i) => i),
      random,
    )) {
      if (this.convicted.has(node)) continue;
      const neighbors = links.neighborsOf(node);
      const partners = this.isAttacking(node) ? neighbors : random.sample(neighbors, 1);
      for (const partner of partners) this.swap(node, partner);
    }
  }

  /** An epoch of links lasts as long as a descriptor: each turn, one of its parts. */
  get turnCycles(): number {
    return Math.ceil(this.options.life / PAIR_DEFAULTS.turns);
  }

  shares(): HubShares {
    const { stock, attackers, options, memories, links } = this;
    let owned = 0;
    let bad = 0;
    let known = 0;
    let badKnown = 0;
    let sampled = 0;
    let badSampled = 0;
    for (let node = attackers; node < options.nodes; node++) {
      this.purge(node);
      for (const { creator } of stock.owned[node]!) {
        owned++;
        if (creator < attackers) bad++;
      }
      for (const [creator, { since }] of memories[node]!.table) {
        known++;
        if (creator < attackers) badKnown++;
        if (this.cycles - since < options.quarantine) continue;
        sampled++;
        if (creator < attackers) badSampled++;
      }
    }
    const { linkShare, alone } = links.capture();
    return {
      ownedShare: bad / Math.max(1, owned),
      viewShare: badKnown / Math.max(1, known),
      sampleShare: badSampled / Math.max(1, sampled),
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

  /** Put away what those have handed on who were convicted since the last time. */
  private purge(node: number): void {
    const { stock, convicted, memories, purged } = this;
    if (purged[node] === convicted.size) return;
    purged[node] = convicted.size;
    stock.owned[node] = stock.owned[node]!.filter((one) => !this.isVoid(one));
    memories[node]!.purge(
      (one) => this.isVoid(one),
      (creator) => convicted.has(creator),
    );
  }

  private swap(node: number, partner: number): void {
    const { options, random } = this;
    if (this.convicted.has(node) || this.convicted.has(partner)) return;
    this.purge(node);
    this.purge(partner);
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
      else if (offence === "clone") parcel = this.cloned(from, to, count, initiates);
      else parcel = this.hoarded(from, to, count, initiates);
    }
    if (this.isAttacking(from)) for (const one of parcel) this.sign(from, one, to);
    return parcel.map((one) => ({ ...one, chain: [...one.chain, to] }));
  }

  /** An attacker's transfer: one of a chain that it has already handed to another honest peer is its offence. */
  private sign(from: number, descriptor: Descriptor, to: number): void {
    // What accomplices hand each other nobody else can hold against them.
    if (to < this.attackers) return;
    const handed = this.handed[from]!;
    // One that came back to it is another hop of the same chain.
    const key = keyOf(descriptor) * HOPS_COUNTED + descriptor.chain.length;
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

  /** The present one of its own, which only the initiator may bring, and accomplices' descriptors; none is given up. */
  private cloned(from: number, to: number, count: number, initiates: boolean): Descriptor[] {
    const { stock, attackers } = this;
    this.mintOnce(from);
    const bad = stock.owned[from]!.filter(({ creator }) => creator < attackers && creator !== to);
    const own = initiates ? bad.filter(({ creator, slot }) => creator === from && slot === stock.slot) : [];
    const others = bad.filter(({ creator }) => creator !== from);
    return [...own, ...this.random.sample(others, count - own.length)];
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
      const memory = this.memories[node]!;
      if (node >= this.attackers && memory.hasOwned(descriptor)) continue;
      memory.own(descriptor);
      if (!this.isVoid(descriptor)) this.stock.owned[node]!.push(descriptor);
    }
  }

  /** What a convicted peer has minted, or handed on, counts for nothing. */
  private isVoid({ chain }: Descriptor): boolean {
    if (this.convicted.size === 0) return false;
    for (const owner of chain) if (this.convicted.has(owner)) return true;
    return false;
  }

  /** Remember, and compare with what is remembered of the same creator and slot. */
  private see(node: number, descriptor: Descriptor): void {
    if (node < this.attackers || descriptor.creator === node || this.isVoid(descriptor)) return;
    const forker = this.memories[node]!.see(descriptor, this.cycles);
    if (forker !== undefined) this.convict(forker);
  }

  private samplesOf(node: number): readonly Descriptor[] {
    const { options, random, attackers } = this;
    if (!this.isAttacking(node)) return this.memories[node]!.samples(options.samples, random);
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
  }
}
