/**
 * What was really published, and who was handed what. It holds every delivery against the promise: only what its author
 * published, byte for byte; never twice in one stream; in each author's order; and, at the end, to everyone who was
 * there. It sees no wire and trusts no peer.
 */
import type { Effect, PeerId, Range, Ref } from "@grapevine/protocol";
import type { Node } from "./node.ts";

export interface Published {
  readonly index: number;
  readonly id: string;
  readonly author: Node;
  readonly session: number;
  readonly incarnation: number;
  readonly topic: string;
  readonly seq: number;
  readonly body: Uint8Array;
  readonly atMs: number;
}

/** One run of one node. */
export interface Reader {
  readonly node: Node;
  readonly session: number;
  readonly sinceMs: number;
  /** Rumors handed over in the live order and in the full one, by index. */
  readonly live: Set<number>;
  readonly history: Set<number>;
  /** The last seq of each log in each order. */
  readonly lastSeq: Map<string, number>;
  /** What was announced as missing, by log. */
  readonly gaps: Map<string, readonly Range[]>;
}

export interface Missing {
  readonly node: Node;
  readonly rumor: Published;
  readonly order: "live" | "full";
}

/** A node that starts knows only its own clock: what is stamped this close to its start may count as history. */
const startMs = 1_000;

export class Ledger {
  readonly published: Published[] = [];
  /** Milliseconds from publication to each delivery at another node. */
  readonly latenciesMs: number[] = [];
  readonly hops: number[] = [];
  deliveries = 0;
  private isJudging = true;
  /** Nodes that may lie: neither what they write nor what they claim to have read is held against the promise. */
  readonly deviants: Set<PeerId> = new Set();
  private readonly byId = new Map<string, Published>();
  private readonly expected = new Map<string, { readonly topic: string; readonly body: Uint8Array }>();
  private readonly writes = new Set<string>();
  private readonly readers = new Map<string, Reader>();
  private readonly fail: (what: string) => never;

  constructor(fail: (what: string) => never) {
    this.fail = fail;
  }

  reader(node: Node): Reader {
    const key = `${node.index}/${node.session}`;
    let reader = this.readers.get(key);
    if (reader === undefined) {
      const { session, sinceMs } = node;
      reader = { node, session, sinceMs, live: new Set(), lastSeq: new Map(), history: new Set(), gaps: new Map() };
      this.readers.set(key, reader);
    }
    return reader;
  }

  /** A node was asked to publish; the rumor exists once its peer says so. */
  onAsked(node: Node, ref: Ref, topic: string, body: Uint8Array): void {
    this.expected.set(`${node.index}/${node.session}/${ref}`, { topic, body });
  }

  /** A node was asked to write to a map: that is in no log, and not judged here. */
  onWrites(node: Node, ref: Ref): void {
    this.writes.add(`${node.index}/${node.session}/${ref}`);
  }

  onPublished(node: Node, ref: Ref, id: Uint8Array, seq: number, nowMs: number): void {
    if (!this.isJudging || this.deviants.has(node.id)) return;
    const key = `${node.index}/${node.session}/${ref}`;
    if (this.writes.delete(key)) return;
    const asked = this.expected.get(key);
    if (asked === undefined) return this.fail(`node ${node.index} published ${key}, which nobody asked for, or twice`);
    this.expected.delete(key);
    const rumor: Published = {
      index: this.published.length,
      id: keyOf(id),
      author: node,
      session: node.session,
      incarnation: node.incarnation,
      topic: asked.topic,
      seq,
      body: asked.body,
      atMs: nowMs,
    };
    if (this.byId.has(rumor.id)) return this.fail(`node ${node.index} published two rumors under one id`);
    this.published.push(rumor);
    this.byId.set(rumor.id, rumor);
  }

  /** A scenario hands rumors in that nobody asked for: nothing is judged. */
  ignore(): void {
    this.isJudging = false;
  }

  onDeliver(node: Node, { rumor, id, stream, hops }: Extract<Effect, { kind: "deliver" }>, nowMs: number): void {
    const { header, body } = rumor;
    const name = `${header.author.slice(0, 6)}/${header.topic.slice(0, 4)}/${header.seq}`;
    if (!this.isJudging || this.deviants.has(node.id) || this.deviants.has(header.author)) return;
    const known = this.byId.get(keyOf(id));
    if (known === undefined) return this.fail(`node ${node.index} delivered ${name}, which nobody published`);
    if (known.author.id !== header.author || known.seq !== header.seq || known.topic !== header.topic) {
      return this.fail(`node ${node.index} delivered ${name} under another rumor's id`);
    }
    if (!isSame(known.body, node.opened(rumor) ?? body))
      return this.fail(`node ${node.index} delivered ${name} altered`);
    const reader = this.reader(node);
    const log = `${header.author}/${header.incarnation}/${header.topic}`;
    if (stream !== "history") this.onOrder(reader, "live", log, known, name);
    if (stream !== "live") this.onOrder(reader, "history", log, known, name);
    this.deliveries++;
    if (known.author !== node && stream !== "history") {
      this.latenciesMs.push(nowMs - known.atMs);
      this.hops.push(hops);
    }
  }

  /** Once, and in its author's order. */
  private onOrder(reader: Reader, order: "live" | "history", log: string, rumor: Published, name: string): void {
    const { node } = reader;
    if (reader[order].has(rumor.index)) return this.fail(`node ${node.index} delivered ${name} twice in its ${order}`);
    reader[order].add(rumor.index);
    const last = reader.lastSeq.get(order + log) ?? 0;
    if (rumor.seq <= last) return this.fail(`node ${node.index} delivered ${name} after seq ${last} in its ${order}`);
    reader.lastSeq.set(order + log, rumor.seq);
  }

  /** The node was told that it will not have these: that is a promise kept, if a sad one. */
  onGap(node: Node, { author, incarnation, topic, range }: Extract<Effect, { kind: "gap" }>): void {
    if (this.deviants.has(node.id) || this.deviants.has(author)) return;
    const { gaps } = this.reader(node);
    const log = `${author}/${incarnation}/${topic}`;
    gaps.set(log, [...(gaps.get(log) ?? []), range]);
  }

  /** How many gaps were announced, to anybody. */
  get gaps(): number {
    let gaps = 0;
    for (const reader of this.readers.values()) for (const ranges of reader.gaps.values()) gaps += ranges.length;
    return gaps;
  }

  /**
   * What `stayers` should have been handed and were not: in the full order everything, in the live order everything
   * that was published while they were there, but for announced gaps. Of an author that departed, only what at least one
   * of them has.
   */
  missing(stayers: readonly Node[]): readonly Missing[] {
    const readers = stayers.map((node) => this.reader(node));
    const staying = new Set(stayers);
    const missing: Missing[] = [];
    for (const rumor of this.published) {
      const stays = staying.has(rumor.author) && rumor.author.session === rumor.session;
      const owed = stays || readers.some(({ live, history }) => live.has(rumor.index) || history.has(rumor.index));
      if (!owed) continue;
      const log = `${rumor.author.id}/${rumor.incarnation}/${rumor.topic}`;
      for (const { node, live, history, sinceMs, gaps } of readers) {
        if (gaps.get(log)?.some(([from, to]) => from <= rumor.seq && rumor.seq <= to) === true) continue;
        const wasThere = sinceMs + startMs < rumor.atMs;
        if (wasThere && !live.has(rumor.index)) missing.push({ node, rumor, order: "live" });
        if (!history.has(rumor.index)) missing.push({ node, rumor, order: "full" });
      }
    }
    return missing;
  }

  /** The share of all that `stayers` wrote that each of them was handed, in whichever order, however late. */
  share(stayers: readonly Node[]): number {
    const readers = stayers.map((node) => this.reader(node));
    const staying = new Set(stayers);
    let [due, had] = [0, 0];
    for (const { author, index } of this.published) {
      if (!staying.has(author)) continue;
      due += readers.length;
      had += readers.filter(({ live, history }) => live.has(index) || history.has(index)).length;
    }
    return due === 0 ? 1 : had / due;
  }

  /** Rumors that no stayer has, because their author vanished with them. */
  lostWithAuthor(stayers: readonly Node[]): number {
    const readers = stayers.map((node) => this.reader(node));
    const isHeld = ({ index }: Published): boolean =>
      readers.some(({ live, history }) => live.has(index) || history.has(index));
    return this.published.filter((rumor) => !isHeld(rumor)).length;
  }

  /** For messages about one rumor. */
  static nameOf(rumor: Published): string {
    return `rumor ${rumor.seq} of node ${rumor.author.index} (${shortOf(rumor.author.id)})`;
  }
}

function shortOf(id: PeerId): string {
  return id.slice(0, 6);
}

function keyOf(id: Uint8Array): string {
  return String.fromCharCode(...id);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
