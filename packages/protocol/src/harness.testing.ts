/**
 * A handful of whole peers in one test: virtual time, links that are made at once, a seed without limits, modelled
 * signatures and seals. The simulator has the honest network; this one is for single cases, step by step.
 */
import type { Config, Tuning } from "./config.ts";
import { DEFAULT_TUNING } from "./config.ts";
import type { Effect, PeerEvent } from "./effect.ts";
import type { Command, Input } from "./input.ts";
import { TestKeyring } from "./standing/keyring.testing.ts";
import type { Parts } from "./parts/parts.ts";
import { Peer } from "./peer.ts";
import { Random } from "./random.ts";
import { peerId, testHash } from "./room.testing.ts";
import type { Restored } from "./runs/storage.ts";
import type { KeyPolicy, LinkId, PeerId, Rumor, Standing, Validation } from "./types.ts";
import { MEMBER } from "./types.ts";
import { wholeParts } from "./parts/whole-parts.ts";

type Delivered = Effect & { kind: "deliver" };

interface End {
  readonly node: TestNode;
  readonly link: LinkId;
}

export class TestNode {
  /** Another one after `Harness.rekey`. */
  id: PeerId;
  boxKey: Uint8Array;
  /** Mutable, for peers that cheat. */
  readonly config: { -readonly [K in keyof Config]: Config[K] };
  readonly peer: Peer;
  readonly events: PeerEvent[] = [];
  readonly delivered: Delivered[] = [];
  readonly gaps: Effect[] = [];
  /** What a store would be told of rumors and revocations. */
  readonly kept: Effect[] = [];
  readonly keyring: TestKeyring;
  verifications = 0;
  down = false;
  /** Added to the world's time: a clock that is wrong. */
  skewMs = 0;

  constructor(
    number: number,
    incarnation: number,
    tuning: Tuning,
    meshId: Uint8Array,
    lastMintSlot: number,
    standing?: Partial<Standing>,
    keys?: KeyPolicy,
    parts: Parts = wholeParts,
  ) {
    this.id = peerId(number);
    this.boxKey = new Uint8Array(32).fill(number & 0xff);
    this.boxKey[1] = incarnation & 0xff;
    this.boxKey[2] = number >> 8;
    this.config = { meshId, incarnation, boxKey: this.boxKey, ticket: new Uint8Array([1]), lastMintSlot, tuning };
    if (keys !== undefined) this.config.keys = keys;
    if (standing !== undefined) {
      this.config.ticket = certificate(standing);
      this.config.standing = { ...MEMBER, ...standing };
    }
    this.keyring = new TestKeyring(this.boxKey);
    this.peer = new Peer(
      this.id,
      this.config,
      new Random(testHash(new Uint8Array([number & 0xff, number >> 8, incarnation & 0xff])).slice(0, 16)),
      testHash,
      parts,
    );
  }

  event<T extends PeerEvent["type"]>(type: T): (PeerEvent & { type: T })[] {
    return this.events.filter((event): event is PeerEvent & { type: T } => event.type === type);
  }
}

export interface HarnessOptions {
  readonly tuning?: Partial<Tuning>;
  readonly seed?: boolean;
  /** How the keys of topics change, at every peer. */
  readonly keys?: KeyPolicy;
  /** What both ends of every link believe its fingerprints to be: for somebody in the middle. */
  readonly fingerprint?: (local: Uint8Array, remote: Uint8Array) => [Uint8Array, Uint8Array];
  /** What every validator says. */
  readonly verdict?: (rumor: Rumor) => Validation;
  /** Looks at every frame; returning undefined drops it. */
  readonly onFrame?: (from: TestNode, to: TestNode, bytes: Uint8Array) => Uint8Array | undefined;
}

export class Harness {
  nowMs = 1_700_000_000_000;
  readonly nodes: TestNode[] = [];
  seedUp: boolean;
  private readonly options: HarnessOptions;
  private readonly ends = new Map<string, End>();
  private readonly offers = new Map<string, End>();
  private readonly cards = new Map<TestNode, Uint8Array>();
  private readonly queue: { readonly node: TestNode; readonly input: Input }[] = [];
  private nextOffer = 1;

  constructor(options: HarnessOptions = {}) {
    this.options = options;
    this.seedUp = options.seed ?? true;
  }

  add(
    number: number,
    change: {
      incarnation?: number;
      lastMintSlot?: number;
      skewMs?: number;
      meshId?: Uint8Array;
      tuning?: Partial<Tuning>;
      standing?: Partial<Standing>;
      keys?: KeyPolicy;
      parts?: Parts;
      /** Keys of epochs that an earlier run had. */
      keyring?: Iterable<Uint8Array>;
      /** What an earlier run kept. */
      restored?: Restored;
    } = {},
  ): TestNode {
    const tuning = { ...DEFAULT_TUNING, ...this.options.tuning, ...change.tuning };
    const node = new TestNode(
      number,
      change.incarnation ?? this.nowMs,
      tuning,
      change.meshId ?? new Uint8Array(32).fill(7),
      change.lastMintSlot ?? -1,
      change.standing,
      change.keys ?? this.options.keys,
      change.parts,
    );
    for (const key of change.keyring ?? []) node.keyring.add(key);
    node.skewMs = change.skewMs ?? 0;
    this.nodes.push(node);
    if (change.restored !== undefined) this.input(node, { kind: "restored", restored: change.restored });
    this.input(node, { kind: "start" });
    return node;
  }

  /** Hand in an input and everything that follows from it at this moment. */
  input(node: TestNode, input: Input): void {
    this.queue.push({ node, input });
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      if (next.node.down) continue;
      const effects = next.node.peer.handle(next.input, this.nowMs + next.node.skewMs);
      for (const effect of effects) this.carryOut(next.node, effect);
    }
  }

  command(node: TestNode, command: Command): void {
    this.input(node, command);
  }

  /** It goes on under the key of another number. */
  rekey(node: TestNode, number: number, standing?: Partial<Standing>): void {
    const incarnation = this.nowMs;
    node.id = peerId(number);
    node.boxKey = new Uint8Array(32).fill(number & 0xff).with(1, 7);
    const admitted =
      standing === undefined ? {} : { standing: { ...MEMBER, ...standing }, ticket: certificate(standing) };
    const change = { incarnation, boxKey: node.boxKey, ticket: node.config.ticket, lastMintSlot: -1, ...admitted };
    this.input(node, { kind: "rekey", self: node.id, change });
  }

  /** Let time pass, stopping at every deadline. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (;;) {
      let soonest: TestNode | undefined;
      let dueMs = endMs;
      for (const node of this.nodes) {
        const deadlineMs = node.peer.deadlineMs - node.skewMs;
        if (!node.down && deadlineMs < dueMs) {
          dueMs = deadlineMs;
          soonest = node;
        }
      }
      // A deadline that does not move is a loop in the core: one millisecond at least passes between two.
      this.nowMs = Math.max(this.nowMs + (soonest === undefined ? 0 : 1), dueMs);
      if (soonest === undefined || this.nowMs > endMs) {
        this.nowMs = endMs;
        return;
      }
      this.input(soonest, { kind: "deadline" });
    }
  }

  /** The node stops without a word; its links end, for the others, after their own time-out or at once. */
  crash(node: TestNode, silently = false): void {
    node.down = true;
    this.cards.delete(node);
    if (silently) return;
    for (const [key, end] of [...this.ends]) {
      if (end.node === node) {
        this.ends.delete(key);
        const [owner, link] = this.parse(key);
        this.ends.delete(this.key(node, end.link));
        if (owner !== undefined) this.input(owner, { kind: "linkDown", link, reason: "lost" });
      }
    }
  }

  cut(a: TestNode, b: TestNode): void {
    for (const [key, end] of [...this.ends]) {
      const [owner, link] = this.parse(key);
      if (owner !== a || end.node !== b) continue;
      this.ends.delete(key);
      this.ends.delete(this.key(b, end.link));
      this.input(a, { kind: "linkDown", link, reason: "lost" });
      this.input(b, { kind: "linkDown", link: end.link, reason: "lost" });
    }
  }

  linked(a: TestNode, b: TestNode): boolean {
    return a.peer.neighbors.some(({ peer }) => peer === b.id) && b.peer.neighbors.some(({ peer }) => peer === a.id);
  }

  private carryOut(node: TestNode, effect: Effect): void {
    switch (effect.kind) {
      case "send": {
        const end = this.ends.get(this.key(node, effect.link));
        if (end === undefined) return;
        const bytes =
          this.options.onFrame === undefined ? effect.bytes : this.options.onFrame(node, end.node, effect.bytes);
        if (bytes !== undefined)
          this.push(end.node, { kind: "received", link: end.link, channel: effect.channel, bytes });
        return;
      }
      case "connect":
        return this.connect(node, effect.link, effect.signal);
      case "remoteSignal": {
        const answerer = this.offers.get(textOf(effect.signal));
        if (answerer !== undefined) this.join({ node, link: effect.link }, answerer);
        return;
      }
      case "hangUp": {
        const end = this.ends.get(this.key(node, effect.link));
        this.ends.delete(this.key(node, effect.link));
        this.push(node, { kind: "linkDown", link: effect.link, reason: effect.reason });
        if (end !== undefined) {
          this.ends.delete(this.key(end.node, end.link));
          this.push(end.node, { kind: "linkDown", link: end.link, reason: "remote" });
        }
        return;
      }
      case "sign":
        return this.push(node, { kind: "signed", ref: effect.ref, signature: sign(node.id, effect.bytes) });
      case "verify": {
        node.verifications++;
        return this.push(node, verified(effect));
      }
      case "seal": {
        const bytes = new Uint8Array(64 + effect.bytes.length);
        bytes.set(effect.to, 0);
        bytes.set(node.boxKey, 32);
        bytes.set(effect.bytes, 64);
        return this.push(node, { kind: "sealed", ref: effect.ref, bytes });
      }
      case "open": {
        const mine = node.boxKey.every((byte, i) => effect.bytes[i] === byte);
        const from = effect.bytes.slice(32, 64);
        return this.push(node, {
          kind: "opened",
          ref: effect.ref,
          from,
          bytes: mine ? effect.bytes.slice(64) : undefined,
        });
      }
      case "keyring":
        return this.push(node, { kind: "keyring", ref: effect.ref, answer: node.keyring.answer(effect.ask) });
      case "seedAnnounce":
        this.cards.set(node, effect.card);
        if (this.seedUp) {
          this.push(node, { kind: "seedUp", seed: 0 });
          this.answer(node, 5);
        }
        return;
      case "seedAsk":
        if (this.seedUp) this.answer(node, effect.count);
        return;
      case "seedSend": {
        const to = this.nodes.find((other) => this.seat(other) === effect.seat);
        if (!this.seedUp) return;
        if (to === undefined || to.down) return this.push(node, { kind: "seedGone", seed: 0, seat: effect.seat });
        return this.push(to, { kind: "seedReceived", seed: 0, seat: this.seat(node), bytes: effect.bytes });
      }
      case "deliver":
        node.delivered.push(effect);
        return;
      case "persist":
      case "withdraw":
      case "forget":
      case "persistRevocation":
      case "forgetRevocation":
        node.kept.push(effect);
        return;
      case "validate":
        return this.push(node, {
          kind: "validated",
          ref: effect.ref,
          verdict: this.options.verdict?.(effect.rumor) ?? "accept",
        });
      case "gap":
        node.gaps.push(effect);
        return;
      case "emit":
        node.events.push(effect.event);
        return;
      default:
    }
  }

  private answer(node: TestNode, count: number): void {
    const others = [...this.cards].filter(([other]) => other !== node && !other.down);
    const peers = others.slice(-count).map(([other, card]) => ({ seat: this.seat(other), card }));
    this.push(node, { kind: "seedPeers", seed: 0, others: others.length, peers });
  }

  private seat(node: TestNode): string {
    return String(this.nodes.indexOf(node));
  }

  private connect(node: TestNode, link: LinkId, offer: Uint8Array | undefined): void {
    const signal = bytesOf(`signal ${this.nextOffer++}`);
    this.offers.set(textOf(signal), { node, link });
    if (offer !== undefined) this.offers.set(`${textOf(signal)} answers`, this.offers.get(textOf(offer))!);
    this.push(node, { kind: "localSignal", link, signal });
  }

  private join(offerer: End, answerer: End): void {
    this.ends.set(this.key(offerer.node, offerer.link), answerer);
    this.ends.set(this.key(answerer.node, answerer.link), offerer);
    const print = (end: End): Uint8Array => testHash(bytesOf(`${end.node.id} ${end.link}`));
    for (const [here, there] of [
      [offerer, answerer],
      [answerer, offerer],
    ] as const) {
      const [local, remote] = this.options.fingerprint?.(print(here), print(there)) ?? [print(here), print(there)];
      this.push(here.node, { kind: "linkUp", link: here.link, local, remote });
    }
  }

  /** Behind what is being handled now: for whoever looks at frames. */
  push(node: TestNode, input: Input): void {
    this.queue.push({ node, input });
  }

  private key(node: TestNode, link: LinkId): string {
    return `${this.nodes.indexOf(node)}/${link}`;
  }

  private parse(key: string): [TestNode | undefined, LinkId] {
    const [index, link] = key.split("/").map(Number);
    return [this.nodes[index!], link!];
  }
}

/** A modelled certificate: 2, and what it says as JSON. */
export function certificate(standing: Partial<Standing>): Uint8Array {
  return new Uint8Array([2, ...bytesOf(JSON.stringify({ ...MEMBER, ...standing }))]);
}

function standingIn(ticket: Uint8Array | undefined): { standing?: Standing } {
  return ticket?.[0] === 2 ? { standing: JSON.parse(textOf(ticket.subarray(1))) as Standing } : {};
}

/** What a driver answers when it is to check a signature, and a ticket with it. */
export function verified({ ref, author, bytes, signature, ticket }: Effect & { kind: "verify" }): Input {
  const good = sign(author, bytes).every((byte, i) => signature[i] === byte);
  const ok = good && (ticket === undefined || ticket[0] === 1 || ticket[0] === 2);
  // What nobody signed may be no certificate at all.
  return { kind: "verified", ref, ok, ...(ok ? standingIn(ticket) : {}) };
}

/** As an author would. */
export function sign(author: PeerId, bytes: Uint8Array): Uint8Array {
  const tag = testHash(new Uint8Array([...bytesOf(author), ...bytes]));
  const signature = new Uint8Array(64);
  signature.set(tag, 0);
  signature.set(testHash(tag), 32);
  return signature;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
