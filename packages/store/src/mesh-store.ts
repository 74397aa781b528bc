/**
 * What one peer keeps of one mesh, over whatever database. Rumors, forks, credentials and evidence are everybody's:
 * peers that share a database share them, for they hold for whoever reads them. Facts, neighbors and places are the own
 * peer's alone. What cannot be read is set aside and told, and comes again by repair.
 */
import type {
  Credential,
  Delivered,
  Evidence,
  Fork,
  KeptRumor,
  LogId,
  PeerId,
  Restored,
  Revocation,
  Rumor,
  Store,
  StoredFacts,
  StoreEffect,
  StoreOwner,
  StoreStats,
} from "@grapevine/protocol";
import type { Database } from "./database.ts";
import { storeLimits } from "./limits.ts";
import { Keys, Records, accusedIn, logName, slotName, slotOfFork } from "./records.ts";
import { Shelf } from "./shelf.ts";
import { Writer } from "./writer.ts";

interface Facts {
  readonly lastIncarnation: number;
  readonly lastMintSlot: number;
}

export interface MeshStoreOptions {
  readonly bytesMax: number;
  /** Runs once, so many milliseconds from now, and keeps no process alive; returns what cancels it. */
  readonly later: (ms: number, run: () => void) => () => void;
}

/** The key of an epoch, sealed by whoever keeps it here. */
interface KeptKey {
  readonly keyId: string;
  readonly sealed: Uint8Array;
}

interface Part {
  readonly credentials: Credential[];
  readonly rumors: KeptRumor[];
  readonly entries: KeptRumor[];
  readonly forks: Fork[];
  readonly evidence: Evidence[];
  readonly revocations: Revocation[];
  readonly keys: KeptKey[];
  records: number;
  bytes: number;
}

export class MeshStore implements Store {
  private readonly database: Database;
  private readonly owner: StoreOwner;
  private readonly options: MeshStoreOptions;
  private readonly keys: Keys;
  private readonly records: Records;
  private readonly writer: Writer;
  private readonly shelf = new Shelf();
  private readonly places = new Map<string, Delivered>();
  private readonly forks = new Map<string, Set<number>>();
  /** In the order of their last change. */
  private readonly credentials = new Set<PeerId>();
  private current: Facts = { lastIncarnation: 0, lastMintSlot: -1 };
  private remembered: readonly PeerId[] = [];
  private damaged = 0;
  private evicted = 0;
  private evicting = false;

  constructor(database: Database, owner: StoreOwner, options: MeshStoreOptions) {
    this.database = database;
    this.owner = owner;
    this.options = options;
    this.keys = new Keys(owner.meshId);
    this.records = new Records(owner.hash, owner.meshId);
    this.writer = new Writer(database, { onWarning: owner.onWarning, later: options.later });
  }

  get facts(): StoredFacts {
    return { ...this.current, peers: this.remembered };
  }

  // --- reading --------------------------------------------------------------------------------------------------

  /** What has to be known before anything else. */
  async open(): Promise<void> {
    const { self } = this.owner;
    for await (const [key, value] of this.read(this.keys.facts(self))) {
      this.current = this.fact<Facts>(key, value) ?? this.current;
    }
    for await (const [key, value] of this.read(this.keys.neighbors(self))) {
      this.remembered = this.fact<PeerId[]>(key, value) ?? [];
    }
  }

  async *load(): AsyncGenerator<Restored> {
    const { keys } = this;
    for await (const [key, value] of this.read(keys.places(this.owner.self))) {
      const place = this.fact<Delivered>(key, value);
      if (place !== undefined) this.places.set(key.slice(keys.places(this.owner.self).length), place);
    }
    let part = newPart();
    const handOver = (): Part => {
      const full = part;
      part = newPart();
      return full;
    };
    for await (const [key, value] of this.read(keys.prefix("credential"))) {
      const credential = this.fact<Credential>(key, value);
      if (credential === undefined) continue;
      this.credentials.add(credential.peer);
      part.credentials.push(credential);
      if (isFull(part, value)) yield handOver();
    }
    for await (const [key, value] of this.read(keys.prefix("evidence"))) {
      const evidence = this.fact<Evidence>(key, value);
      if (evidence === undefined) continue;
      part.evidence.push(evidence);
      if (isFull(part, value)) yield handOver();
    }
    for await (const [key, value] of this.read(keys.prefix("revocation"))) {
      const revocation = this.fact<Revocation>(key, value);
      if (revocation === undefined) continue;
      part.revocations.push(revocation);
      if (isFull(part, value)) yield handOver();
    }
    for await (const [key, value] of this.read(keys.prefix("key"))) {
      const kept = this.fact<KeptKey>(key, value);
      if (kept === undefined) continue;
      part.keys.push(kept);
      if (isFull(part, value)) yield handOver();
    }
    for await (const [key, value] of this.read(keys.prefix("rumor"))) {
      const kept = this.rumor(key, value);
      if (kept === undefined) continue;
      part.rumors.push(kept);
      if (isFull(part, value)) yield handOver();
    }
    for await (const [key, value] of this.read(keys.prefix("entry"))) {
      // Also those that have ended: they keep older ones out.
      const kept = this.records.openRumor(key, value);
      if (kept === undefined) this.setAside(key, value);
      else part.entries.push(kept);
      if (isFull(part, value)) yield handOver();
    }
    for await (const [key, value] of this.read(keys.prefix("fork"))) {
      const fork = this.fact<Fork>(key, value);
      if (fork === undefined) continue;
      this.noteFork(fork);
      part.forks.push(fork);
      if (isFull(part, value)) yield handOver();
    }
    if (part.records > 0) yield part;
    await this.settle();
  }

  placeOf({ header }: Rumor): Delivered | undefined {
    return this.places.get(slotName(header, header.seq));
  }

  /** A range, over a repair where one is needed. */
  private async *read(prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
    let last = "";
    for (let repaired = false; ;) {
      try {
        for await (const entry of this.database.entries(prefix, last)) {
          last = entry[0];
          yield entry;
        }
        return;
      } catch (error) {
        if (repaired) {
          this.owner.onWarning("part of the store cannot be read, even after it was repaired", error);
          return;
        }
        repaired = true;
        this.owner.onWarning("part of the store could not be read; it is being repaired", error);
        await this.database.repair().catch((cause: unknown) => {
          this.owner.onWarning("the store could not be repaired", cause);
        });
      }
    }
  }

  private rumor(key: string, value: Uint8Array): KeptRumor | undefined {
    const kept = this.records.openRumor(key, value);
    if (kept === undefined) {
      this.setAside(key, value);
      return undefined;
    }
    const { rumor } = kept;
    const { expiryMs } = rumor.header;
    if (expiryMs !== 0 && expiryMs <= this.owner.nowMs()) {
      this.writer.del(key);
      this.unplace(rumor.header, rumor.header.seq);
      return undefined;
    }
    this.shelf.add(rumor, sizeOf(key, value));
    return kept;
  }

  private fact<T>(key: string, value: Uint8Array): T | undefined {
    const fact = this.records.openFact<T>(key, value);
    if (fact === undefined) this.setAside(key, value);
    return fact;
  }

  /** Kept for who wants to look, under another key; what it was comes again from the neighbors, or is made anew. */
  private setAside(key: string, value: Uint8Array): void {
    this.damaged++;
    this.writer.del(key);
    if (this.damaged <= storeLimits.damagedMax) this.writer.put(this.keys.damaged(key), value.slice());
  }

  /** After everything was read: what was noticed on the way is told, and what is of no use any more goes. */
  private async settle(): Promise<void> {
    const { self } = this.owner;
    for (const name of this.places.keys()) {
      const at = name.lastIndexOf("/");
      const [author, topic, incarnation] = name.slice(0, at).split("/");
      const log = { author: author!, topic: topic!, incarnation: Number(incarnation) };
      if (!this.shelf.has(log, Number(name.slice(at + 1)))) this.unplace(log, Number(name.slice(at + 1)));
    }
    if (this.damaged > 0) {
      this.owner.onWarning(
        `${this.damaged} damaged records of the store were set aside; neighbors are asked for what was in them`,
      );
    }
    // Own logs are written in order and lose a prefix at most.
    const holes = this.shelf.holesIn(({ author }) => author === self);
    if (holes > 0 && this.damaged === 0) {
      this.owner.onWarning(`${holes} own rumors are missing from the store; neighbors are asked for them`);
    }
    await this.evict();
  }

  // --- writing --------------------------------------------------------------------------------------------------

  write(effect: StoreEffect): void {
    switch (effect.kind) {
      case "persist":
        return this.persist(effect);
      case "forget":
        return this.forget(effect, effect.below);
      case "withdraw":
        return this.remove(effect, this.shelf.take(effect, effect.from, Number.POSITIVE_INFINITY));
      case "persistEntry": {
        const key = this.keys.entry(effect.rumor);
        return this.writer.put(key, this.records.sealRumor(key, effect));
      }
      case "forgetEntry":
        return this.writer.del(this.keys.entry(effect.rumor));
      case "persistFork":
        return this.persistFork(effect.fork);
      case "persistCredential":
        return this.persistCredential(effect.credential);
      case "persistEvidence":
        return this.putFact(this.keys.evidence(accusedIn(effect.evidence)), effect.evidence);
      case "persistRevocation":
        return this.putFact(this.keys.revocation(effect.name), effect.revocation);
      case "forgetRevocation":
        return this.writer.del(this.keys.revocation(effect.name));
      case "persistKey": {
        const { keyId, sealed } = effect;
        if (sealed !== undefined) this.putFact(this.keys.prefix("key") + keyId, { keyId, sealed });
        return;
      }
      case "forgetKeys":
        for (const keyId of effect.keyIds) this.writer.del(this.keys.prefix("key") + keyId);
        return;
      case "persistSlot":
        if (effect.slot <= this.current.lastMintSlot) return;
        this.current = { ...this.current, lastMintSlot: effect.slot };
        return this.putFact(this.keys.facts(this.owner.self), this.current);
    }
  }

  place(log: LogId, seq: number, at: Delivered): void {
    this.places.set(slotName(log, seq), at);
    this.putFact(this.keys.place(this.owner.self, log, seq), at);
  }

  async settled(): Promise<void> {
    // Whoever waits was warned before.
    await this.writer.flush().catch(() => {});
  }

  async saveIncarnation(incarnation: number): Promise<void> {
    if (incarnation > this.current.lastIncarnation) {
      this.current = { ...this.current, lastIncarnation: incarnation };
      this.putFact(this.keys.facts(this.owner.self), this.current);
    }
    await this.writer.flush();
  }

  remember(peers: readonly PeerId[]): void {
    this.remembered = peers.slice(0, storeLimits.rememberedMax);
    this.putFact(this.keys.neighbors(this.owner.self), this.remembered);
  }

  stats(): StoreStats {
    const { shelf, writer, damaged, evicted } = this;
    return {
      rumors: shelf.rumors,
      bytes: shelf.bytes,
      waiting: writer.waiting,
      commits: writer.commits,
      damaged,
      evicted,
      writing: !writer.isFailing,
    };
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.database.close();
  }

  private persist({ rumor, hops }: StoreEffect & { readonly kind: "persist" }): void {
    const key = this.keys.rumor(rumor.header, rumor.header.seq);
    const value = this.records.sealRumor(key, { rumor, hops });
    this.writer.put(key, value);
    this.shelf.add(rumor, sizeOf(key, value));
    if (this.shelf.bytes > this.options.bytesMax && this.database.isKeeper) void this.evict();
  }

  private persistFork(fork: Fork): void {
    this.noteFork(fork);
    const { log, seq } = slotOfFork(fork);
    this.putFact(this.keys.fork(log, seq), fork);
  }

  private persistCredential(credential: Credential): void {
    const { credentials } = this;
    credentials.delete(credential.peer);
    credentials.add(credential.peer);
    this.putFact(this.keys.credential(credential.peer), credential);
    if (credentials.size <= storeLimits.credentialsMax) return;
    const authors = this.shelf.authors;
    for (const peer of credentials) {
      if (authors.has(peer)) continue;
      credentials.delete(peer);
      return this.writer.del(this.keys.credential(peer));
    }
  }

  /**
   * What an author's headers say is forgotten goes. What only this peer's memory has no room for goes as well, unless
   * its author is another peer that keeps its history here: that one was promised that it is kept.
   */
  private forget({ author, incarnation, topic }: LogId, below: number): void {
    const log = { author, incarnation, topic };
    const low = author === this.owner.self ? below : Math.min(below, this.shelf.lowOf(log));
    this.forgetBelow(log, low);
    if (low === below) return;
    void this.forgetUnlessOwn(log, below);
  }

  private async forgetUnlessOwn(log: LogId, below: number): Promise<void> {
    const own = await this.ownAuthors();
    if (!own.has(log.author)) this.forgetBelow(log, below);
  }

  private forgetBelow(log: LogId, below: number): void {
    this.remove(log, this.shelf.take(log, 1, below));
    const forks = this.forks.get(logName(log));
    for (const seq of forks ?? []) {
      if (seq >= below) continue;
      forks!.delete(seq);
      this.writer.del(this.keys.fork(log, seq));
    }
  }

  private remove(log: LogId, seqs: readonly number[]): void {
    for (const seq of seqs) {
      this.writer.del(this.keys.rumor(log, seq));
      this.unplace(log, seq);
    }
  }

  private unplace(log: LogId, seq: number): void {
    if (this.places.delete(slotName(log, seq))) this.writer.del(this.keys.place(this.owner.self, log, seq));
  }

  private noteFork(fork: Fork): void {
    const { log, seq } = slotOfFork(fork);
    const forks = this.forks.get(logName(log)) ?? new Set();
    this.forks.set(logName(log), forks.add(seq));
  }

  private putFact(key: string, fact: unknown): void {
    this.writer.put(key, this.records.sealFact(key, fact));
  }

  /** Shrink to the quota: the oldest goes first, what peers of this store wrote goes last. */
  private async evict(): Promise<void> {
    const { bytesMax } = this.options;
    if (this.evicting || this.shelf.bytes <= bytesMax) return;
    this.evicting = true;
    const own = await this.ownAuthors();
    for (const { log, seq } of this.shelf.excess(bytesMax * storeLimits.shrinkTo, own)) {
      this.remove(log, this.shelf.take(log, seq, seq + 1));
      this.evicted++;
    }
    this.evicting = false;
  }

  /** All peers that keep their history here, also those that came after this one. */
  private async ownAuthors(): Promise<ReadonlySet<PeerId>> {
    const own = new Set([this.owner.self]);
    const prefix = this.keys.prefix("facts");
    try {
      for await (const [key] of this.database.entries(prefix)) own.add(key.slice(prefix.length));
    } catch {
      // Then nothing more is known; whatever cannot be read is told where it is loaded.
    }
    return own;
  }
}

function newPart(): Part {
  return {
    credentials: [],
    rumors: [],
    entries: [],
    forks: [],
    evidence: [],
    revocations: [],
    keys: [],
    records: 0,
    bytes: 0,
  };
}

/** Counts a record, and says whether it was the last that fits. */
function isFull(part: Part, value: Uint8Array): boolean {
  part.records++;
  part.bytes += value.length;
  return part.records >= storeLimits.loadRecordsMax || part.bytes >= storeLimits.loadBytesMax;
}

function sizeOf(key: string, value: Uint8Array): number {
  return key.length + value.length;
}
