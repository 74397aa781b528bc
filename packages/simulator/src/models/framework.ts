/**
 * The peer sampling framework (Jelasity, Voulgaris, Guerraoui, Kermarrec and van Steen, "Gossip-based peer sampling",
 * 2007): push-pull exchanges of half a view, after which each side drops H of the oldest entries (heal), then S of those
 * that it sent (swap), then any. The healer has H = c/2 and S = 0, the swapper H = 0 and S = c/2.
 */
import type { Random } from "@grapevine/protocol";
import { livingOf, shuffled, Views } from "./views.ts";

export interface FrameworkOptions {
  readonly nodes: number;
  /** c: entries of a view. */
  readonly view: number;
  /** Entries that an exchange sends, that of the sender included; c/2 in the paper. */
  readonly exchange: number;
  /** H: oldest entries that give way first. */
  readonly heal: number;
  /** S: sent entries that give way next. */
  readonly swap: number;
  /** Whom a node turns to: the oldest of its view, or any of it. */
  readonly partner: "oldest" | "random";
}

export class Framework {
  readonly views: Views;
  private readonly options: FrameworkOptions;
  private readonly random: Random;
  private readonly request: Buffer;
  private readonly reply: Buffer;
  private readonly union: Buffer;
  /** How many have each age. */
  private readonly tally: Int32Array = new Int32Array(AGE_MAX + 1);

  constructor(options: FrameworkOptions, random: Random) {
    const { nodes, view, exchange } = options;
    this.options = options;
    this.random = random;
    this.views = new Views(nodes, view);
    this.request = bufferOf(exchange);
    this.reply = bufferOf(exchange);
    this.union = bufferOf(view + exchange);
  }

  cycle(): void {
    for (const node of shuffled(livingOf(this.views.alive), this.random)) this.turn(node);
  }

  private turn(node: number): void {
    const { request, reply } = this;
    const peer = this.partnerOf(node);
    if (peer >= 0) {
      this.pack(node, request);
      this.pack(peer, reply);
      this.select(peer, request, reply.count - 1);
      this.select(node, reply, request.count - 1);
      this.age(peer);
    }
    this.age(node);
  }

  /** One that lives, -1 when there is none: the paper leaves open how often a node has to try. Dead entries leave by age, not by being tried. */
  private partnerOf(node: number): number {
    const { views, options, random } = this;
    const from = node * views.capacity;
    let partner = -1;
    let greatest = -1;
    let ties = 0;
    for (let at = from; at < from + views.counts[node]!; at++) {
      if (!views.alive[views.ids[at]!]) continue;
      const age = options.partner === "oldest" ? views.ages[at]! : 0;
      if (age > greatest) {
        greatest = age;
        ties = 0;
      }
      if (age === greatest && random.below(++ties) === 0) partner = views.ids[at]!;
    }
    return partner;
  }

  /** The sender, fresh, and a random choice without the H oldest, which stand at the view's front from now on. */
  private pack(node: number, into: Buffer): void {
    const { views, options, random } = this;
    const known = views.counts[node]!;
    const from = node * views.capacity;
    views.shuffleFront(node, 0, known, random);
    const held = Math.min(options.heal, known);
    if (held > 0) {
      const cut = this.cutOf(views.ages.subarray(from, from + known), held);
      let { ties } = cut;
      for (let i = 0, end = known - 1; i <= end;) {
        const age = views.ages[from + i]!;
        if (age > cut.age || (age === cut.age && ties-- > 0)) views.swap(node, i, end--);
        else i++;
      }
    }
    into.count = 1 + Math.min(options.exchange - 1, known);
    into.ids[0] = node;
    into.ages[0] = 0;
    for (let i = 1; i < into.count; i++) {
      into.ids[i] = views.ids[from + i - 1]!;
      into.ages[i] = views.ages[from + i - 1]!;
    }
  }

  /** The `count` oldest are those above the returned age, and as many of it as there are ties. Removed ones are -1. */
  private cutOf(ages: Int32Array, count: number): { readonly age: number; readonly ties: number } {
    const { tally } = this;
    let top = 0;
    for (const age of ages) {
      if (age < 0) continue;
      const bounded = Math.min(age, AGE_MAX);
      tally[bounded]!++;
      top = Math.max(top, bounded);
    }
    let ties = count;
    let age = top;
    while (age > 0 && tally[age]! < ties) ties -= tally[age--]!;
    tally.fill(0, 0, top + 1);
    return { age, ties };
  }

  /** The view becomes a choice of itself and the parcel; the `sent` entries stand at the view's front. */
  private select(node: number, parcel: Buffer, sent: number): void {
    const { views, options, random, union } = this;
    const { capacity } = views;
    const known = views.counts[node]!;
    const from = node * capacity;
    // Append, and of two with the same id keep the younger, in its place.
    union.count = 0;
    for (let i = 0; i < known; i++) put(union, views.ids[from + i]!, views.ages[from + i]!);
    let size = known;
    const drop = (at: number): void => {
      union.ids[at] = -1;
      union.ages[at] = -1;
      size--;
    };
    for (let i = 0; i < parcel.count; i++) {
      const id = parcel.ids[i]!;
      if (id === node) continue;
      const double = indexOf(union, known, id);
      if (double >= 0 && union.ages[double]! <= parcel.ages[i]!) continue;
      if (double >= 0) drop(double);
      put(union, id, parcel.ages[i]!);
      size++;
    }
    const healed = Math.min(options.heal, size - capacity);
    if (healed > 0) {
      const cut = this.cutOf(union.ages.subarray(0, union.count), healed);
      let { ties } = cut;
      for (let i = 0; i < union.count; i++) {
        const age = union.ages[i]!;
        if (age > cut.age || (age === cut.age && ties-- > 0)) drop(i);
      }
    }
    let swapped = Math.min(options.swap, size - capacity);
    for (let i = 0; i < sent && swapped > 0; i++) {
      if (union.ids[i] === -1) continue;
      drop(i);
      swapped--;
    }
    while (size > capacity) {
      const at = random.below(union.count);
      if (union.ids[at] !== -1) drop(at);
    }
    views.counts[node] = 0;
    for (let i = 0; i < union.count; i++) if (union.ids[i] !== -1) views.add(node, union.ids[i]!, union.ages[i]);
  }

  private age(node: number): void {
    const from = node * this.views.capacity;
    for (let at = from; at < from + this.views.counts[node]!; at++) {
      this.views.ages[at] = Math.min(AGE_MAX, this.views.ages[at]! + 1);
    }
  }
}

/** Older than this is all the same: a healer drops entries long before, and the others do not look at ages. */
const AGE_MAX = 255;

interface Buffer {
  readonly ids: Int32Array;
  readonly ages: Int32Array;
  count: number;
}

function bufferOf(capacity: number): Buffer {
  return { ids: new Int32Array(capacity), ages: new Int32Array(capacity), count: 0 };
}

function put(into: Buffer, id: number, age: number): void {
  into.ids[into.count] = id;
  into.ages[into.count++] = age;
}

function indexOf({ ids }: Buffer, count: number, id: number): number {
  for (let i = 0; i < count; i++) if (ids[i] === id) return i;
  return -1;
}
