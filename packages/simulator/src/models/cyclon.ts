/**
 * Cyclon (Voulgaris, Gavidia and van Steen, "CYCLON: Inexpensive Membership Management for Unstructured P2P Overlays",
 * 2005): once a cycle each node swaps some entries of its view with a peer from it. The enhanced shuffle turns to the
 * oldest entry, the basic one to any. Nodes take their turns in a random order, and an exchange is over before the next
 * begins, as in the paper's own simulations.
 */
import type { Random } from "@grapevine/protocol";
import { livingOf, shuffled, Views } from "./views.ts";

export interface CyclonOptions {
  readonly nodes: number;
  /** c: entries of a view. */
  readonly view: number;
  /** l: entries that a shuffle sends, that of the sender included. */
  readonly shuffle: number;
  /** True for the enhanced shuffle. */
  readonly enhanced: boolean;
}

/** Entries on their way. */
export interface Parcel {
  readonly ids: Int32Array;
  readonly ages: Int32Array;
  count: number;
}

export class Cyclon {
  readonly views: Views;
  protected readonly random: Random;
  private readonly options: CyclonOptions;
  private readonly request: Parcel;
  private readonly reply: Parcel;

  constructor(options: CyclonOptions, random: Random) {
    const { nodes, view, shuffle } = options;
    this.options = options;
    this.random = random;
    this.views = new Views(nodes, view);
    this.request = { ids: new Int32Array(shuffle), ages: new Int32Array(shuffle), count: 0 };
    this.reply = { ids: new Int32Array(shuffle), ages: new Int32Array(shuffle), count: 0 };
  }

  cycle(): void {
    for (const node of shuffled(livingOf(this.views.alive), this.random)) this.turn(node);
  }

  /** One node starts one shuffle. */
  private turn(node: number): void {
    const { views, options, request, reply } = this;
    const peer = this.partnerOf(node);
    if (peer < 0 || !views.alive[peer]) return;
    this.pack(node, options.shuffle - 1, request);
    const sent = request.count;
    request.ids[sent] = node;
    request.ages[sent] = 0;
    request.count++;
    this.pack(peer, options.shuffle, reply);
    this.merge(peer, request, reply.count);
    this.merge(node, reply, sent);
  }

  /**
   * Whom to turn to, -1 for nobody. Its entry is spent, whether it answers or not: what is sent in its place is the
   * sender's.
   */
  protected partnerOf(node: number): number {
    const { views, random, options } = this;
    const known = views.counts[node]!;
    if (known === 0) return -1;
    const place = options.enhanced ? this.oldest(node) : random.below(known);
    const peer = views.ids[node * views.capacity + place]!;
    views.removeAt(node, place);
    return peer;
  }

  /** Ages all entries by a cycle; ties are broken by chance. */
  private oldest(node: number): number {
    const { views, random } = this;
    const from = node * views.capacity;
    let oldest = 0;
    let greatest = -1;
    let ties = 0;
    for (let i = 0; i < views.counts[node]!; i++) {
      const age = ++views.ages[from + i]!;
      if (age > greatest) {
        greatest = age;
        oldest = i;
        ties = 1;
      } else if (age === greatest && random.below(++ties) === 0) oldest = i;
    }
    return oldest;
  }

  /** A random choice of entries, which stand at the view's front from now on. */
  protected pack(node: number, count: number, into: Parcel): void {
    const { views, random } = this;
    into.count = Math.min(count, views.counts[node]!);
    views.shuffleFront(node, 0, into.count, random);
    const from = node * views.capacity;
    for (let i = 0; i < into.count; i++) {
      into.ids[i] = views.ids[from + i]!;
      into.ages[i] = views.ages[from + i]!;
    }
  }

  /** Empty places first, then the places of the `sent` entries at the view's front. */
  protected merge(node: number, parcel: Parcel, sent: number): void {
    const { views } = this;
    const from = node * views.capacity;
    let overwritten = 0;
    for (let i = 0; i < parcel.count; i++) {
      const id = parcel.ids[i]!;
      if (id === node || views.has(node, id)) continue;
      if (!views.isFull(node)) views.add(node, id, parcel.ages[i]);
      else if (overwritten < sent) {
        views.ids[from + overwritten] = id;
        views.ages[from + overwritten] = parcel.ages[i]!;
        overwritten++;
      } else return;
    }
  }
}
