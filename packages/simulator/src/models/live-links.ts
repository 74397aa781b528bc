/**
 * An overlay over live links only, as WebRTC allows: a link can be made to a neighbor's neighbor, or by an offer that
 * goes hop by hop towards fresher descriptors of its target (`protocol/sampling/routes.ts`). Descriptors are swapped
 * with neighbors, one for one; every peer remembers of each creator the freshest that passed, and from whom it came.
 */
import type { Random } from "@grapevine/protocol";
import { type Descriptor, DescriptorStock } from "./descriptor-stock.ts";
import { livingOf, shuffled, Views } from "./views.ts";

export interface LiveLinksOptions {
  readonly nodes: number;
  readonly linksMin: number;
  readonly linksMax: number;
  /** Slots that a descriptor lives after the one in which it was minted. */
  readonly life: number;
  /** Descriptors swapped in a shuffle. */
  readonly swap: number;
  /** Each peer replaces a link once in so many cycles, 0 for never. */
  readonly renewalCycles: number;
  /** The new link first, or the old one cut first. */
  readonly order: "make-before-break" | "break-before-make";
}

export const LIVE_LINKS_DEFAULTS: Omit<LiveLinksOptions, "nodes"> = {
  linksMin: 6,
  linksMax: 8,
  life: 20,
  swap: 3,
  renewalCycles: 20,
  order: "make-before-break",
};

interface Way {
  readonly slot: number;
  /** Transfers between the creator and this peer. */
  readonly distance: number;
  readonly via: number;
}

/** What became of the offers of one cycle. */
export interface Offers {
  routed: number;
  arrived: number;
  /** Hops of those that arrived. */
  hops: number;
  introduced: number;
}

/** A route is given up after this many hops. Source: `limits.routeHopsMax` of the protocol. */
const HOPS_MAX = 8;

export class LiveLinks {
  readonly views: Views;
  readonly stock: DescriptorStock;
  offers: Offers = { routed: 0, arrived: 0, hops: 0, introduced: 0 };
  private readonly options: LiveLinksOptions;
  private readonly random: Random;
  private readonly ways: Map<number, Way>[];
  private cycles = 0;

  constructor(options: LiveLinksOptions, random: Random) {
    this.options = options;
    this.random = random;
    // One place to spare: for the new link that stands before the old one goes.
    this.views = new Views(options.nodes, options.linksMax + 1);
    this.stock = new DescriptorStock(options.nodes, options.life, random);
    this.ways = Array.from({ length: options.nodes }, () => new Map());
  }

  /** On a ring, links to the `linksMin / 2` nodes before and after; else each node makes itself `linksMin` by chance. */
  start(kind: "ring" | "random"): void {
    const { options, random, views } = this;
    for (let node = 0; node < options.nodes; node++) {
      if (kind === "ring") for (let k = 1; k <= options.linksMin / 2; k++) this.link(node, (node + k) % options.nodes);
      // The last ones may find nobody with room.
      for (let tries = 0; kind === "random" && tries < 50 && views.counts[node]! < options.linksMin; tries++) {
        this.link(node, random.below(options.nodes));
      }
    }
  }

  cycle(): void {
    const { stock, ways, options, random, views } = this;
    this.cycles++;
    this.offers = { routed: 0, arrived: 0, hops: 0, introduced: 0 };
    stock.nextSlot();
    const living = livingOf(views.alive);
    for (const node of living) {
      this.dropDead(node);
      for (const [creator, way] of ways[node]!) if (way.slot < stock.slot - stock.life) ways[node]!.delete(creator);
    }
    for (const node of shuffled(living, random)) {
      this.shuffle(node);
      this.fill(node);
      if (options.renewalCycles > 0 && (node + this.cycles) % options.renewalCycles === 0) this.renew(node);
    }
  }

  /** Does an offer arrive? Adds to `offers`. */
  route(from: number, to: number): boolean {
    const { views, ways, offers } = this;
    offers.routed++;
    let node = from;
    let slot = -1;
    let distance = Number.POSITIVE_INFINITY;
    for (let hops = 1; hops <= HOPS_MAX; hops++) {
      if (views.has(node, to)) {
        offers.arrived++;
        offers.hops += hops;
        return true;
      }
      const way = ways[node]!.get(to);
      const fresher = way !== undefined && (way.slot > slot || (way.slot === slot && way.distance < distance));
      if (!fresher || !views.has(node, way.via)) return false;
      ({ slot, distance } = way);
      node = way.via;
    }
    return false;
  }

  private shuffle(node: number): void {
    const { stock, options, random, views } = this;
    const partner = random.pick([...views.of(node)]);
    if (partner === undefined) return;
    const given = [stock.mint(node), ...stock.take(node, options.swap - 1, partner)];
    const returned = stock.take(partner, given.length, node);
    for (const one of given) this.learn(partner, stock.give(one, partner), node);
    for (const one of returned) this.learn(node, stock.give(one, node), partner);
  }

  private learn(node: number, { creator, slot, chain }: Descriptor, via: number): void {
    if (creator === node) return;
    const known = this.ways[node]!.get(creator);
    const distance = chain.length - 1;
    const lost = known !== undefined && !this.views.has(node, known.via);
    if (known === undefined || lost || slot > known.slot || (slot === known.slot && distance < known.distance)) {
      this.ways[node]!.set(creator, { slot, distance, via });
    }
  }

  /** Too few links: try somebody known by a route, then a neighbor's neighbor. */
  private fill(node: number): void {
    const { options, views } = this;
    while (views.counts[node]! < options.linksMin) if (!this.call(node) && !this.introduce(node)) return;
  }

  /** One routed offer to somebody known, by chance; to one of the fresher half of a life, for routes grow stale. */
  private call(node: number, spare = 0): boolean {
    const { stock, options, random } = this;
    const fresh: number[] = [];
    for (const [creator, { slot }] of this.ways[node]!) {
      if (slot >= stock.slot - options.life / 2) fresh.push(creator);
    }
    const callee = random.pick(fresh);
    if (callee === undefined || this.views.has(node, callee)) return false;
    return this.route(node, callee) && this.link(node, callee, spare);
  }

  private introduce(node: number): boolean {
    const { views, random } = this;
    const strangers = new Set<number>();
    for (const neighbor of views.of(node)) for (const other of views.of(neighbor)) strangers.add(other);
    strangers.delete(node);
    for (const other of random.sample([...strangers], strangers.size)) {
      if (!this.link(node, other)) continue;
      this.offers.introduced++;
      return true;
    }
    return false;
  }

  private renew(node: number): void {
    const { options, views, random } = this;
    const old = random.pick([...views.of(node)]);
    if (old === undefined) return;
    if (options.order === "break-before-make") {
      this.unlink(node, old);
      this.call(node);
    } else if (this.call(node, 1)) this.unlink(node, old);
  }

  /** Refused where there is no room; `spare` places more than otherwise are room enough for the caller. */
  private link(a: number, b: number, spare = 0): boolean {
    const { views, options } = this;
    if (a === b || !views.alive[b] || views.has(a, b)) return false;
    this.dropDead(b);
    if (views.counts[a]! >= options.linksMax + spare || views.counts[b]! >= options.linksMax) return false;
    views.add(a, b);
    views.add(b, a);
    return true;
  }

  private unlink(a: number, b: number): void {
    this.views.remove(a, b);
    this.views.remove(b, a);
  }

  private dropDead(node: number): void {
    const { views } = this;
    for (let i = views.counts[node]! - 1; i >= 0; i--) {
      if (!views.alive[views.of(node)[i]!]) views.removeAt(node, i);
    }
  }
}
