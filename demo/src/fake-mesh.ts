/**
 * A pretended mesh, for laying the page out and photographing it: `?fake` or `?fake=12` in the dev server. It is never
 * part of a built page. Peers come one by one, chat, and now and then the seed goes away; `&scene=` picks a moment.
 */
import { hashOf, nameOf } from "./model/names.ts";
import type { Join, Joined, MeshState, Message, Neighbor, PeerId, Square, Topic, Wall } from "./model/face.ts";
import type { ChatMessage, TopologyClaim } from "./model/messages.ts";

const phrases = [
  "hello from the other tab",
  "who else is here?",
  "I only know three of you, and still hear everyone",
  "the seed can go now",
  "this one took the long way round",
  "good morning 🍇",
  "did anybody see the pulse go through Merlot?",
  "A longer message, to see how lines break when somebody has more to say than fits on one line of a narrow phone.",
];

export function fakeJoin(query: URLSearchParams): Join {
  const scene = query.get("scene") ?? "";
  const size = Number(query.get("fake")) || 5;
  return async (settings, signal) => {
    await sleep(scene === "joining" ? 1e9 : 300, signal);
    if (scene === "unreachable") {
      throw Object.assign(new Error("expected a seed to answer within 10 s, got none"), { code: "seed-unreachable" });
    }
    if (scene === "failed") {
      throw Object.assign(new Error("expected wss: seeds on an https page, got ws://localhost:7700"), {
        code: "invalid-argument",
      });
    }
    return new FakeMesh(settings.mesh, scene === "alone" ? 1 : size, scene, Number(query.get("history") ?? 3));
  };
}

class FakeMesh implements Joined {
  readonly peerId: PeerId;
  readonly name: string;
  readonly chat: FakeTopic<ChatMessage>;
  readonly topology: FakeTopic<TopologyClaim>;
  readonly wall: FakeWall;
  state: MeshState = "alone";
  seeds: Joined["seeds"] = [{ url: "ws://localhost:7700", connected: true }];
  private readonly scene: string;
  private readonly peers: PeerId[];
  private readonly links = new Map<PeerId, Set<PeerId>>();
  private present = 1;
  private listener: () => void = () => {};
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private sent = 0;

  constructor(name: string, size: number, scene: string, history: number) {
    this.name = name;
    this.scene = scene;
    this.peers = Array.from({ length: size }, (_, i) => fakeId(i));
    this.peerId = this.peers[0]!;
    this.chat = new FakeTopic(
      this.peerId,
      phrases
        .slice(0, history)
        .map((text, i) =>
          this.message(
            this.peers[(i % Math.max(1, size - 1)) + 1] ?? fakeId(70),
            { text, name: nameOf(fakeId(i + 1)) },
            true,
            60_000 * (history - i),
          ),
        ),
    );
    this.topology = new FakeTopic(this.peerId, []);
    this.wall = new FakeWall(this.peerId, this.peers.slice(1));
    for (let i = 1; i < size; i++) {
      const gentle = scene === "moving" ? 700 * i : 0;
      this.timers.push(setTimeout(() => this.arrive(), gentle));
    }
    if (scene !== "quiet" && scene !== "alone") {
      this.timers.push(
        setTimeout(() => this.chatter(), 600),
        setInterval(() => this.chatter(), 2_600),
      );
    }
    if (scene === "gone") this.timers.push(setTimeout(() => this.loseSeed(), 1_500));
    if (scene === "paused") setTimeout(() => this.pause(), 900);
  }

  get members(): readonly PeerId[] {
    return this.state === "paused" ? [] : this.peers.slice(1, this.present);
  }

  get neighbors(): readonly Neighbor[] {
    if (this.state === "paused") return [];
    const purposes = ["ring", "ring", "join", "filler"];
    return [...(this.links.get(this.peerId) ?? [])].map((peer, i) => ({
      peer,
      purpose: purposes[i % 4]!,
      rttMs: i === 3 ? undefined : 0.6 + i * 7.4,
    }));
  }

  get numbers(): Joined["numbers"] {
    const sent = (this.sent += 3);
    return {
      bytesIn: 48_213 + sent * 210,
      bytesOut: 39_001 + sent * 180,
      framesIn: 512 + sent,
      framesOut: 498 + sent,
      verification: "WebCrypto",
      clockOffsetMs: 3,
    };
  }

  onChange(listener: () => void): void {
    this.listener = listener;
  }

  get convictions(): Joined["convictions"] {
    if (this.scene !== "convicted" && this.scene !== "shut-out") return [];
    const own = this.scene === "shut-out";
    const statement = (contents: string, at: number) => ({
      says: `number 7 of its log, at 2026-01-01T12:00:0${at}.250Z: contents ${contents}`,
      signature: fakeId(at) + fakeId(at + 2),
      rumor: at === 1 ? this.chat.firstRumor : "elsewhere",
    });
    const statements = [statement(fakeId(91), 1), statement(fakeId(92), 3)] as const;
    return [{ peer: own ? this.peerId : fakeId(90), offence: "fork", statements, own }];
  }

  get laboratory(): Joined["laboratory"] {
    const offence = this.scene === "cheating" ? ("forge" as const) : undefined;
    return { offence, cheat: async () => {}, behave: () => {}, renew: () => {} };
  }

  onBlame(): void {
    // Nor does anybody blame anybody.
  }

  onSilence(): void {
    // Everybody says goodbye.
  }

  onWarning(): void {
    // Nothing goes wrong here.
  }

  pause(): void {
    this.state = "paused";
    this.listener();
  }

  async resume(): Promise<void> {
    this.state = "connected";
    this.listener();
  }

  async leave(): Promise<void> {
    this.state = "left";
    for (const timer of this.timers) clearInterval(timer);
  }

  private arrive(): void {
    const next = this.present++;
    this.state = "connected";
    const near = this.peers.length < 8 ? next : 3;
    for (let i = 0; i < near; i++) this.link(next, this.peers.length < 8 ? i : hashOf(`${next} ${i}`) % next);
    for (let i = 0; i < this.present; i++) if (i % 4 !== 3 && i > 0) this.announce(i);
    this.listener();
  }

  private link(a: number, b: number): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const id = this.peers[one]!;
      if (!this.links.has(id)) this.links.set(id, new Set());
      this.links.get(id)!.add(this.peers[other]!);
    }
  }

  private announce(index: number): void {
    const id = this.peers[index]!;
    this.topology.deliver(this.message(id, { name: nameOf(id), neighbors: [...(this.links.get(id) ?? [])] }, false, 0));
  }

  private chatter(): void {
    if (this.present < 2 || this.state !== "connected") return;
    const index = 1 + ((this.chat.count * 5) % (this.present - 1));
    const text = phrases[this.chat.count % phrases.length]!;
    this.chat.deliver(this.message(this.peers[index]!, { text, name: nameOf(this.peers[index]!) }, false, 14));
    this.listener();
  }

  private loseSeed(): void {
    this.seeds = this.seeds.map((seed) => ({ ...seed, connected: false }));
    this.listener();
  }

  private message<T>(author: PeerId, data: T, replayed: boolean, agoMs: number): Message<T> {
    const hops = 1 + (author.charCodeAt(3) % 3);
    return {
      id: `${crypto.randomUUID()}.0`,
      author,
      own: author === this.peerId,
      data,
      timeMs: Date.now() - agoMs,
      hops,
      replayed,
    };
  }
}

/** Others have painted a heart. */
class FakeWall implements Wall {
  readonly fingerprint = "3f9a21cc";
  private readonly squares = new Map<string, Square>();
  private readonly self: PeerId;
  private listener: Parameters<Wall["onChange"]>[0] = () => {};

  constructor(self: PeerId, painters: readonly PeerId[]) {
    this.self = self;
    for (const [i, key] of "3,1 4,1 6,1 7,1 2,2 5,2 8,2 3,3 7,3 4,4 6,4 5,5".split(" ").entries()) {
      this.squares.set(key, { key, author: painters[i % painters.length] ?? self, own: false });
    }
  }

  get size(): number {
    return this.squares.size;
  }

  at(key: string): Square | undefined {
    return this.squares.get(key);
  }

  async paint(key: string): Promise<void> {
    const square = { key, author: this.self, own: true };
    this.squares.set(key, square);
    this.listener({ ...square, painted: true });
  }

  async wipe(key: string): Promise<void> {
    this.squares.delete(key);
    this.listener({ key, author: this.self, own: true, painted: false });
  }

  onChange(listener: Parameters<Wall["onChange"]>[0]): void {
    this.listener = listener;
  }
}

class FakeTopic<T> implements Topic<T> {
  count = 0;
  private readonly self: PeerId;
  private readonly queue: Message<T>[];
  readonly firstRumor: string;
  private wake: () => void = () => {};

  constructor(self: PeerId, history: Message<T>[]) {
    this.self = self;
    this.queue = history;
    this.firstRumor = history[0]?.id.split(".")[0] ?? "";
  }

  async publish(data: T): Promise<string> {
    const id = crypto.randomUUID();
    this.deliver({ id, author: this.self, own: true, data, timeMs: Date.now(), hops: 0, replayed: false });
    return id;
  }

  deliver(message: Message<T>): void {
    this.count++;
    this.queue.push(message);
    this.wake();
  }

  async *messages({ signal }: { signal: AbortSignal }): AsyncIterable<Message<T>> {
    while (!signal.aborted) {
      const next = this.queue.shift();
      if (next === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
      else yield next;
    }
  }
}

/** Looks like base58 of 32 bytes, and is the same each time. */
function fakeId(index: number): PeerId {
  const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let state = (index + 11) * 2_654_435_761;
  return Array.from({ length: 44 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return letters[(state >>> 8) % letters.length]!;
  }).join("");
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
  });
}
