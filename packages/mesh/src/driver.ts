/**
 * Runs one sans-IO peer in the world: gives it its clock, its one timer, its links, its seeds and its secrets, carries
 * out its effects in order, and hands back what comes of them. One class for tabs and for Node: what differs between
 * them is in the engine, the vault and the seed client that it is given.
 */
import type { Command, Effect, Input, LinkId, Peer, PeerEvent, StoreEffect } from "@grapevine/protocol";
import type { Vault } from "@grapevine/crypto";
import {
  endOfTurn,
  type Link,
  type LinkBudget,
  type LinkEngine,
  type LinkStats,
  nextTurn,
  type SeedClient,
} from "@grapevine/links";
import { report } from "./emitter.ts";
import { meshLimits } from "./limits.ts";

/** What is run: a `Peer`, or one with a recorder before it. */
export type Core = Pick<Peer, "handle" | "deadlineMs">;

/** What is asked of the seeds. */
export type Seeds = Pick<SeedClient, "announce" | "ask" | "send">;

/** What the driver does not decide: where the peer's words to its application go. */
export interface DriverEvents {
  onEvent(event: PeerEvent): void;
  onDeliver(effect: Effect & { kind: "deliver" }): void;
  /** Its answer comes as the input `validated`. */
  onValidate(effect: Effect & { kind: "validate" }): void;
  onGap(effect: Effect & { kind: "gap" }): void;
  /** Something else stands under a key of a map. */
  onEntry(effect: Effect & { kind: "entry" }): void;
  onProfile(effect: Effect & { kind: "profile" }): void;
  onForget(effect: Effect & { kind: "forget" }): void;
  /** The end of a log is withdrawn, or comes back rumor by rumor. */
  onVisible(effect: Effect & { kind: "persist" | "withdraw" }): void;
  /** Something is to outlive this process. */
  onKeep(effect: StoreEffect): void;
  /** A link ended by itself; the reason is a `LinkEnd`. */
  onLinkLost(reason: string): void;
  /** Something outside the peer failed, in the background. */
  onProblem(message: string, cause: unknown): void;
}

export interface DriverOptions {
  readonly peer: Core;
  readonly vault: Vault;
  readonly engine: LinkEngine;
  readonly events: DriverEvents;
  /** Wall clock in milliseconds. */
  readonly nowMs: () => number;
}

/** Sums over all links that ever were, and what stands now. */
export interface LinkTotals extends LinkStats {
  readonly open: number;
  readonly bufferedBytes: number;
  /** Of the engine, which several meshes may share. */
  readonly budget: LinkBudget;
}

/** A link from `connect` until `linkDown`. */
interface Connection {
  link: Link | undefined;
  /** Has frames that were not flushed yet. */
  touched: boolean;
}

export class Driver {
  readonly peer: Core;
  private readonly vault: Vault;
  private readonly engine: LinkEngine;
  private readonly events: DriverEvents;
  private readonly nowMs: () => number;
  private seeds: Seeds | undefined;

  private queue: Input[] = [];
  private draining = false;
  private readonly connections = new Map<LinkId, Connection>();
  private touched: Connection[] = [];
  /** Of links that are no more. */
  private readonly ended = {
    framesIn: 0,
    framesOut: 0,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    framesDropped: 0,
    unreliableDropped: 0,
  };
  private settling = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timerMs = Number.POSITIVE_INFINITY;
  private stopped = false;

  constructor({ peer, vault, engine, events, nowMs }: DriverOptions) {
    this.peer = peer;
    this.vault = vault;
    this.engine = engine;
    this.events = events;
    this.nowMs = nowMs;
  }

  /** The seed client tells this driver what it hears, so it comes after it. */
  useSeeds(seeds: Seeds): void {
    this.seeds = seeds;
  }

  /** Hand in one input. Inputs that arise while one is handled wait for their turn. */
  handle(input: Input): void {
    if (this.stopped) return;
    this.queue.push(input);
    if (this.draining) return;
    this.draining = true;
    // The queue may grow while it is read.
    for (let i = 0; i < this.queue.length; i++) this.step(this.queue[i]!);
    this.queue.length = 0;
    this.draining = false;
    if (this.settling) return;
    // Messages hold many frames, handed in one by one, and come over many links: what they lead to leaves together.
    this.settling = true;
    endOfTurn(this.settle);
  }

  /**
   * Hand in a command before all that waits: for what has no effects and has to be in force when the call returns, even
   * from within an event. (The core is not at work then: its effects are being carried out.)
   */
  handleAtOnce(command: Command): void {
    if (!this.stopped) this.step(command);
  }

  private readonly settle = (): void => {
    this.settling = false;
    this.flush();
    this.arm();
  };

  /** Send what is queued now: a page that is closing has no later. */
  flush(): void {
    const touched = this.touched;
    this.touched = [];
    for (const connection of touched) {
      connection.touched = false;
      connection.link?.flush();
    }
  }

  /** Say goodbye in this very call, from within an event too; then take no more inputs, run no timer, have no link. */
  leave(): void {
    if (this.stopped) return;
    // What follows from it is nobody's concern any more.
    this.draining = true;
    this.step({ kind: "leave" });
    this.stop();
  }

  private stop(): void {
    this.flush();
    this.stopped = true;
    this.queue.length = 0;
    clearTimeout(this.timer);
    for (const connection of this.connections.values()) connection.link?.close("left");
    this.connections.clear();
  }

  /** All that passed over links, and what stands now. */
  linkStats(): LinkTotals {
    const total: { -readonly [K in keyof LinkStats]: LinkStats[K] } = { ...this.ended };
    let bufferedBytes = 0;
    let open = 0;
    for (const { link } of this.connections.values()) {
      if (link === undefined) continue;
      open++;
      bufferedBytes += link.bufferedBytes;
      add(total, link.stats);
    }
    return { ...total, open, bufferedBytes, budget: this.engine.budget };
  }

  private step(input: Input): void {
    const nowMs = this.nowMs();
    try {
      const effects = this.peer.handle(input, nowMs);
      for (let i = 0; i < effects.length && !this.stopped; i++) this.carryOut(effects[i]!);
    } catch (error) {
      // No input makes the core throw: this is a bug of ours. It must be seen, and the other links must go on.
      report(error);
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        return this.send(effect);
      case "connect":
        return this.connect(effect);
      case "remoteSignal":
        return this.connections.get(effect.link)?.link?.signal(effect.signal);
      case "hangUp":
        return this.end(effect.link, effect.reason);
      case "sign":
        return this.sign(effect);
      case "verify":
        return this.verify(effect);
      case "seal":
        return this.seal(effect);
      case "open":
        return this.open(effect);
      case "seedAnnounce":
        return this.seeds?.announce(this.vault.sealCard(effect.card));
      case "seedAsk":
        return this.seeds?.ask(effect.seed, effect.count);
      case "seedSend":
        return this.seeds?.send(effect.seed, effect.seat, effect.bytes);
      case "deliver":
        return this.events.onDeliver(effect);
      case "validate":
        return this.events.onValidate(effect);
      case "gap":
        return this.events.onGap(effect);
      case "entry":
        return this.events.onEntry(effect);
      case "profile":
        return this.events.onProfile(effect);
      case "emit":
        return this.events.onEvent(effect.event);
      case "forget":
        this.events.onForget(effect);
        return this.events.onKeep(effect);
      case "persist":
      case "withdraw":
        this.events.onVisible(effect);
        return this.events.onKeep(effect);
      case "persistEntry":
      case "forgetEntry":
      case "persistFork":
      case "persistCredential":
      case "persistEvidence":
      case "persistRevocation":
      case "forgetRevocation":
      case "persistKey":
      case "forgetKeys":
      case "persistSlot":
        return this.events.onKeep(effect);
      case "keyring":
        return this.handle({ kind: "keyring", ref: effect.ref, answer: this.vault.keyring.answer(effect.ask) });
    }
  }

  // --- links ----------------------------------------------------------------------------------------------------

  private send(effect: Effect & { kind: "send" }): void {
    const connection = this.connections.get(effect.link);
    if (connection?.link === undefined) return;
    connection.link.send(effect.channel, effect.bytes);
    if (connection.touched) return;
    connection.touched = true;
    this.touched.push(connection);
  }

  /** Links bound the time they take to open by themselves. */
  private connect({ link: id, role, signal }: Effect & { kind: "connect" }): void {
    const connection: Connection = { link: undefined, touched: false };
    this.connections.set(id, connection);
    // After `hangUp` a link lives on until its goodbye has left; the peer has no more to do with it.
    const stands = (): boolean => this.connections.get(id) === connection;
    connection.link = this.engine.open(
      role,
      {
        onSignal: (signal) => {
          if (stands()) this.handle({ kind: "localSignal", link: id, signal });
        },
        onOpen: ({ local, remote }) => {
          if (stands()) this.handle({ kind: "linkUp", link: id, local, remote });
        },
        onFrame: (channel, bytes) => {
          if (stands()) this.handle({ kind: "received", link: id, channel, bytes });
        },
        onWritable: (writable) => {
          if (stands()) this.handle({ kind: "writable", link: id, writable });
        },
        onClose: (reason) => {
          if (!stands()) return;
          this.events.onLinkLost(reason);
          this.end(id, reason);
        },
      },
      signal,
    );
  }

  /** Close our end, if it is not closed, and tell the peer, once. */
  private end(id: LinkId, reason: string): void {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    this.connections.delete(id);
    connection.link?.close(reason);
    if (connection.link !== undefined) add(this.ended, connection.link.stats);
    this.handle({ kind: "linkDown", link: id, reason });
  }

  // --- secrets --------------------------------------------------------------------------------------------------

  private sign({ ref, bytes }: Effect & { kind: "sign" }): void {
    const signature = this.vault.sign(bytes);
    if (!(signature instanceof Promise)) return this.handle({ kind: "signed", ref, signature });
    signature.then(
      (signature) => this.handle({ kind: "signed", ref, signature }),
      (error: unknown) => this.events.onProblem("signing failed", error),
    );
  }

  private verify({ ref, author, bytes, signature, ticket }: Effect & { kind: "verify" }): void {
    const verdict = this.vault.verify(author, bytes, signature, ticket);
    if (!(verdict instanceof Promise)) return this.handle({ kind: "verified", ref, ...verdict });
    verdict.then(
      (verdict) => this.handle({ kind: "verified", ref, ...verdict }),
      (error: unknown) => {
        this.events.onProblem("a signature could not be checked", error);
        this.handle({ kind: "verified", ref, ok: false });
      },
    );
  }

  private seal({ ref, to, bytes }: Effect & { kind: "seal" }): void {
    const sealed = this.vault.seal(to, bytes);
    if (!(sealed instanceof Promise)) return this.handle({ kind: "sealed", ref, bytes: sealed });
    sealed.then(
      (bytes) => this.handle({ kind: "sealed", ref, bytes }),
      (error: unknown) => this.events.onProblem("sealing failed", error),
    );
  }

  private open({ ref, bytes: sealed }: Effect & { kind: "open" }): void {
    const opened = this.vault.open(sealed);
    if (!(opened instanceof Promise)) return this.handle({ kind: "opened", ref, ...opened });
    opened.then(
      (opened) => this.handle({ kind: "opened", ref, ...opened }),
      (error: unknown) => this.events.onProblem("what was sealed could not be opened", error),
    );
  }

  // --- time -----------------------------------------------------------------------------------------------------

  /**
   * One timer for everything. It is only ever moved forward: a deadline that moved back finds an early timer, which is
   * a no-op and sets the next, so that a busy peer does not set a timer for each input.
   */
  private arm(): void {
    if (this.stopped) return;
    const dueMs = this.peer.deadlineMs;
    if (dueMs >= this.timerMs) return;
    clearTimeout(this.timer);
    this.timerMs = dueMs;
    const waitMs = Math.min(Math.max(0, Math.ceil(dueMs - this.nowMs())), meshLimits.timeoutMsMax);
    // Work that goes on in the next turn, after whatever else waits for one.
    if (waitMs === 0) nextTurn(this.onTimer);
    else this.timer = setTimeout(this.onTimer, waitMs);
  }

  private readonly onTimer = (): void => {
    if (this.stopped) return;
    this.timerMs = Number.POSITIVE_INFINITY;
    if (this.peer.deadlineMs <= this.nowMs()) this.handle({ kind: "deadline" });
    else this.arm();
  };
}

function add(total: { -readonly [K in keyof LinkStats]: LinkStats[K] }, more: LinkStats): void {
  for (const key of Object.keys(total) as (keyof LinkStats)[]) total[key] += more[key];
}
