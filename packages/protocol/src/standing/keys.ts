/**
 * The keys of the mesh's epochs, from end to end: announcements that rode in as rumors, the making of a new epoch when one
 * is due, asking neighbors for keys and giving them, and deliveries that wait for theirs. It composes `trust/epochs.ts`,
 * `trust/handing.ts` and `trust/locks.ts`. Without `config.keys` it does nothing at all.
 *
 * Who makes an epoch: of the members that are here the admins come first, then those who may write, each group in the
 * order of a hash over id and present epoch; each waits two seconds longer than the one before it. Two that were made at
 * once do no harm.
 */
import type { KeyKnowledge } from "../trust/locks.ts";
import type { Epoch } from "../trust/epochs.ts";
import type { Effect, PeerEvent } from "../effect.ts";
import { limits } from "../limits.ts";
import type { Pending } from "../peer-state.ts";
import type { KeyCounts } from "../peer-view.ts";
import type { Rooms } from "../rooms.ts";
import { isOut, roleOf, rosterOf, tierOf } from "../overlay/roster.ts";
import { keyIdsInUse } from "../rumors/rumors-state.ts";
import { compare } from "../repair/ids.ts";
import type { Restored } from "../runs/storage.ts";
import type { KeyPolicy, KeyringAnswer, KeyringAsk, LinkId, PeerId, Ref, Rumor } from "../types.ts";
import { ROLE_ADMIN } from "../types.ts";
import { encodeUtf8 } from "../wire/bytes.ts";
import type { RotationReason } from "../wire/epoch-codec.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../wire/epoch-codec.ts";
import type { KeyGiveFrame, KeyWantFrame } from "../wire/frames.ts";
import { keyProofBytes, keysTopic } from "../wire/statements.ts";
import { toHex } from "../wire/hex.ts";

/** Things that time alone changes are looked at this often. Reason: as often as neighbors are pinged. */
const CHECK_MS = 3_000;
/** From one candidate's turn to make an epoch to the next one's. Guess: an announcement is everywhere by then. */
const TURN_MS = 2_000;
const TURNS_MAX = 30;
/** A mesh that has epochs has told of them by then. Guess: a round on a new link, and some. */
const FIRST_MS = 3_000;
/** Making takes a signature; one that never comes must not stop all others. */
const BUSY_MS = 10_000;
/** With `since-join`, newcomers within this time share an epoch. Guess: bounds what a crowd at the door costs. */
const JOIN_MS = 10_000;
/** Whom an epoch shuts out is refused its key, whatever we know of it, for this long: news of a removal may be on its way. */
const SHUT_OUT_MS = 60_000;
/** Announcements stay this long at least. */
const ANNOUNCED_MS_MIN = 30 * 24 * 3_600_000;

export class Keys {
  private readonly rooms: Rooms;
  /** Knows what locks have to know. */
  private readonly knowledge: KeyKnowledge;
  /** Where epochs are announced. */
  private readonly topic: string;
  /** Within one input: announcements that came, and whether anything else was seen that matters here. */
  private announced: Rumor[] = [];
  private stirred = false;

  constructor(rooms: Rooms) {
    this.rooms = rooms;
    const { epochs } = rooms;
    this.knowledge = {
      isAwaited: (keyId) => this.isAwaited(keyId),
      // What all write under has not ended, whatever somebody announces in arrears.
      endOf: (keyId) => (keyId === epochs.state.writing ? undefined : epochs.endOf(keyId)),
      get firstMs() {
        return epochs.firstMs;
      },
    };
    this.topic = keysTopic(rooms.foundation.hash, rooms.foundation.config.meshId);
    if (this.policy !== undefined) rooms.onEffect = (effect) => this.onEffect(effect);
  }

  private get policy(): KeyPolicy | undefined {
    return this.rooms.foundation.config.keys;
  }

  get deadlineMs(): number {
    if (this.policy === undefined) return Number.POSITIVE_INFINITY;
    const { handing, locks, state } = this.rooms;
    const { checkMs, dueMs } = state.making;
    return Math.min(checkMs, dueMs, locks.deadlineMs, handing.deadlineMs);
  }

  /** The epoch under whose key topics are sealed now; undefined before there is one, and where keys do not change. */
  get epoch(): Epoch | undefined {
    return this.rooms.epochs.writing;
  }

  get counts(): KeyCounts {
    const { locks, epochs } = this.rooms;
    const { size, unread, overdue } = locks.state;
    return { held: epochs.state.held.size, waiting: size, unread, overdue };
  }

  /** Is what is written now sealed for members only? A peer that is alone has nobody to keep it from. */
  get isReady(): boolean {
    if (this.policy === undefined || this.rooms.overlay.neighbors.size === 0) return true;
    return this.rooms.epochs.isSafe(rosterOf(this.rooms), this.rooms.now.meshMs);
  }

  // --- what happens -----------------------------------------------------------------------------------------------

  onRestored(keys: NonNullable<Restored["keys"]>, rumors: Restored["rumors"]): void {
    for (const { keyId } of keys) this.rooms.epochs.state.held.add(keyId);
    for (const { rumor } of rumors) if (rumor.header.topic === this.topic) this.announced.push(rumor);
  }

  /** What other rooms do is seen by its effects. */
  private onEffect(effect: Effect): "taken" | "left" {
    const { rooms } = this;
    switch (effect.kind) {
      case "deliver":
        rooms.handOn(rooms.locks.pass(effect, this.knowledge, rooms.now));
        return "taken";
      case "persist":
        if (effect.rumor.header.topic === this.topic) this.announced.push(effect.rumor);
        return "left";
      case "emit":
        return this.onEvent(effect.event);
      default:
        return "left";
    }
  }

  private onEvent(event: PeerEvent): "taken" | "left" {
    const { handing, now, overlay, state } = this.rooms;
    switch (event.type) {
      case "neighbor-up":
        state.making.linkedMs = Math.min(state.making.linkedMs, now.nowMs);
        handing.hurry();
        break;
      case "neighbor-down":
        handing.onLinkDown(event.link);
        if (overlay.neighbors.size === 0) state.making.linkedMs = Number.POSITIVE_INFINITY;
        return "left";
      case "alone":
        // Nobody else is here: this is the beginning of a mesh, or of this run of it.
        state.making.linkedMs = Number.NEGATIVE_INFINITY;
        break;
      case "started":
      case "convicted":
      case "revoked":
      case "reinstated":
        break;
      case "published":
        // Nobody waits for an announcement of ours.
        return event.ref === OURS_REF ? "taken" : "left";
      default:
        return "left";
    }
    this.stirred = true;
    return "left";
  }

  onSubscribe(topic: string, keyId: Uint8Array | undefined): void {
    if (keyId !== undefined) this.rooms.locks.state.plain.set(topic, toHex(keyId));
  }

  /** After every input, of which a deadline is one. */
  settle(): void {
    if (this.policy === undefined) return;
    const { epochs, handing, locks, now, state } = this.rooms;
    let news = false;
    const { announced, stirred } = this;
    this.announced = [];
    this.stirred = false;
    for (const { header, body } of announced) {
      const announcement = decodeAnnouncement(body);
      if (header.author === this.rooms.foundation.self) state.making.busyUntilMs = 0;
      // What does not decode is of another version: nobody's fault. An earlier run heard of those whose keys it kept.
      if (announcement === undefined) continue;
      const wasHeard = state.phase === "new" && epochs.holds(announcement.keyId);
      news = epochs.learn(announcement, header, wasHeard ? header.timeMs : now.meshMs) || news;
    }
    if (news) handing.hurry();
    if (stirred || now.nowMs >= Math.min(state.making.checkMs, state.making.dueMs)) this.check();
    else if (news) this.onChanged();
    this.serve();
    if (now.nowMs >= handing.askMs) this.ask();
    if (now.nowMs >= locks.deadlineMs) this.release();
  }

  onFrame(link: LinkId, frame: KeyWantFrame | KeyGiveFrame): void {
    if (this.policy === undefined) return;
    const { handing, now } = this.rooms;
    if (frame.kind === "keyWant") {
      return handing.onWant(link, frame, now);
    }
    if (!handing.onGive(link)) return;
    // Keys are told by their ids, so it does not matter who hands them over.
    if (frame.sealed.length === 0) return this.ask();
    this.do({ for: "key-taken" }, { op: "take", bytes: frame.sealed, keyIds: this.unheld() });
  }

  /** What the driver did. */
  onAnswer(ref: Ref, answer: KeyringAnswer): void {
    const pending = this.rooms.settle(ref);
    if (pending !== undefined) this.go(pending, answer);
  }

  private go(pending: Pending, { keyIds, bytes }: KeyringAnswer): void {
    const { rooms } = this;
    switch (pending.for) {
      case "key-made":
        this.onHeld(keyIds);
        return this.announce(keyIds[0]!, pending.reason);
      case "key-proof": {
        const proof = bytes.length === 32 ? { under: pending.proof, mac: bytes } : undefined;
        return rooms.frame(pending.link, { kind: "keyWant", proof, keyIds: pending.keyIds }, "control");
      }
      case "key-given":
        if (bytes.length === 0 && pending.mayCome) return;
        rooms.frame(pending.link, { kind: "keyGive", sealed: bytes }, "control");
        if (!pending.mayCome) rooms.handing.served(pending.link, rooms.now);
        return;
      case "key-taken":
        this.onHeld(keyIds);
        this.onChanged();
        return this.ask();
      default:
    }
  }

  /** Somebody was removed, or time has passed: which epoch stands, and whether another is due. */
  private check(): void {
    const { making } = this.rooms.state;
    const { nowMs, meshMs } = this.rooms.now;
    // All look at the moment that an epoch is over: turns are counted from it, not from when somebody chanced to look.
    const leftMs = this.overMs - meshMs;
    making.checkMs = nowMs + (leftMs > 0 ? Math.min(Math.max(1, leftMs), CHECK_MS) : CHECK_MS);
    this.onChanged();
  }

  // --- which epoch stands -------------------------------------------------------------------------------------------

  private onHeld(keyIds: readonly string[]): void {
    for (const keyId of keyIds) {
      this.rooms.epochs.state.held.add(keyId);
      this.rooms.effect({ kind: "persistKey", keyId });
    }
  }

  private onChanged(): void {
    const { epochs, handing, now } = this.rooms;
    if (epochs.choose(rosterOf(this.rooms))) {
      const { writing } = epochs;
      this.rooms.state.making.joiner = false;
      if (writing !== undefined) {
        const { number, keyId, startMs, maker, reason } = writing;
        this.rooms.emit({ type: "epoch", number, keyId, startMs, maker, reason });
        if (this.rooms.state.phase === "running") this.drop();
      }
    }
    handing.wake(now);
    this.release();
    this.plan();
    this.ask();
  }

  private release(): void {
    this.rooms.handOn(this.rooms.locks.release(this.knowledge, this.rooms.now));
  }

  /** Keys that nothing retained needs any more. */
  private drop(): void {
    const { epochs, rumors, now, foundation } = this.rooms;
    const inUse = keyIdsInUse(rumors.state);
    const { held, writing } = epochs.state;
    const keyIds = [...held].filter((keyId) => {
      const endMs = epochs.endOf(keyId);
      const isOver = endMs !== undefined && now.meshMs > endMs + foundation.config.tuning.keyOverlapMs;
      return isOver && keyId !== writing && !inUse.has(keyId);
    });
    if (keyIds.length === 0) return;
    for (const keyId of keyIds) held.delete(keyId);
    this.do(undefined, { op: "drop", keyIds });
    this.rooms.effect({ kind: "forgetKeys", keyIds });
  }

  /** The key is not here, and may come: it is one of ours to have, or nobody knows yet what it is. */
  private isAwaited(keyId: string): boolean {
    const { epochs } = this.rooms;
    if (epochs.holds(keyId) || keyId === PUBLIC) return false;
    const startMs = epochs.startOf(keyId);
    return startMs === undefined || startMs >= this.readableFromMs();
  }

  /** With `since-join`: when the first epoch began that this peer has the key of, or is to have. */
  private readableFromMs(): number {
    const { epochs } = this.rooms;
    const roster = rosterOf(this.rooms);
    if ((epochs.policy(roster) ?? this.policy!).history === "all") return Number.NEGATIVE_INFINITY;
    const starts = [...epochs.state.held].map((keyId) => epochs.startOf(keyId) ?? Number.POSITIVE_INFINITY);
    return starts.length > 0 ? Math.min(...starts) : (epochs.ranked(roster)[0]?.startMs ?? 0);
  }

  // --- making one -----------------------------------------------------------------------------------------------------

  /** Is an epoch due, and when is it our turn to make it? */
  private plan(): void {
    const { now, state } = this.rooms;
    const { making } = state;
    const reason = this.dueReason();
    if (reason !== making.reason) {
      making.reason = reason;
      const lateMs = reason === "schedule" ? Math.min(now.meshMs - this.overMs, CHECK_MS) : 0;
      making.dueMs = reason === undefined ? Infinity : now.nowMs - lateMs + this.turn(reason) * TURN_MS;
    }
    if (reason === undefined || now.nowMs < Math.max(making.dueMs, making.busyUntilMs)) return;
    if (!this.mayMake) return void (making.dueMs = Number.POSITIVE_INFINITY);
    making.busyUntilMs = now.nowMs + BUSY_MS;
    making.dueMs = making.busyUntilMs;
    this.do({ for: "key-made", reason }, { op: "make" });
  }

  private get mayMake(): boolean {
    const { rooms } = this;
    return rooms.state.phase === "running" && tierOf(rooms, rooms.foundation.self) > 0;
  }

  private dueReason(): RotationReason | undefined {
    const { epochs, now, state } = this.rooms;
    const { linkedMs, joiner } = state.making;
    if (state.phase !== "running" || state.credential === undefined) return undefined;
    const { writing } = epochs;
    const roster = rosterOf(this.rooms);
    if (epochs.isComing(roster, now.meshMs)) return undefined;
    if (writing === undefined) {
      // Where there are some we are given the key of one; after a while without, a new one is better than none.
      const patienceMs = epochs.state.known.size > 0 ? FIRST_MS + TURNS_MAX * TURN_MS : FIRST_MS;
      return now.nowMs >= linkedMs + patienceMs ? "first" : undefined;
    }
    // Whoever was away hears first of what the others did meanwhile.
    if (now.nowMs < linkedMs + FIRST_MS) return undefined;
    if (!epochs.isSafe(roster, now.meshMs)) return "removal";
    if (joiner) return "joining";
    return now.meshMs >= this.overMs ? "schedule" : undefined;
  }

  /** When the epoch under which we write is over, in mesh time. */
  private get overMs(): number {
    const { writing } = this.rooms.epochs;
    const rotateMs = writing === undefined ? 0 : (this.rooms.epochs.policy(rosterOf(this.rooms)) ?? writing).rotateMs;
    return writing === undefined || rotateMs === 0
      ? Infinity
      : writing.startMs + Math.max(rotateMs, limits.rotateMsMin);
  }

  /** How many others come before us. */
  private turn(reason: RotationReason): number {
    const { rooms } = this;
    const { self, hash } = rooms.foundation;
    // Whom the newcomer asked knows of it alone.
    if (reason === "joining") return 0;
    const salt = rooms.epochs.state.writing ?? "";
    const place = (peer: PeerId): Uint8Array => hash(encodeUtf8(`${salt}${peer}`));
    const own = place(self);
    const ownTier = tierOf(rooms, self);
    let before = 0;
    for (const peer of rooms.directory.state.members.keys()) {
      const tier = tierOf(rooms, peer);
      if (tier > ownTier || (tier === ownTier && tier > 0 && compare(place(peer), own) < 0)) before++;
    }
    return Math.min(before, TURNS_MAX);
  }

  private announce(keyId: string, reason: RotationReason): void {
    const { rooms } = this;
    const { epochs, foundation, state } = rooms;
    const roster = rosterOf(this.rooms);
    const standing = epochs.policy(roster);
    // Admins state the policy; others go on with what was stated.
    const own = roleOf(rooms, foundation.self) >= ROLE_ADMIN || standing === undefined;
    const { rotateMs, history } = own ? foundation.config.keys! : standing;
    const out = [...roster.removed].slice(-limits.shutOutMax);
    const body = encodeAnnouncement({ ...epochs.following(), keyId, rotateMs, history, reason, out });
    const ageMs = rotateMs === 0 ? 0 : Math.max(4 * rotateMs, ANNOUNCED_MS_MIN);
    state.making.joiner = false;
    const retention = { countMax: 4, bytesMax: limits.rumorBodyBytesMax, ageMs };
    const command = {
      kind: "publish",
      ref: OURS_REF,
      topic: this.topic,
      keyId: new Uint8Array(8),
      body,
      retention,
    } as const;
    rooms.rumors.onPublish(command, rooms.now, rooms);
  }

  // --- asking ---------------------------------------------------------------------------------------------------------

  /** Known epochs whose keys are not here: what a neighbor may give. */
  private unheld(): string[] {
    const { known, former, held } = this.rooms.epochs.state;
    return [...known.keys(), ...former.keys()].filter((keyId) => !held.has(keyId));
  }

  /** Of these, what is needed: the best two to write under, and those of what is retained; newest first. */
  private lacking(): string[] {
    const { epochs, rumors } = this.rooms;
    const unheld = this.unheld();
    if (unheld.length === 0) return unheld;
    const best = epochs.ranked(rosterOf(this.rooms)).slice(0, 2);
    const writable = new Set(best.map(({ keyId }) => keyId));
    const fromMs = this.readableFromMs();
    const inUse = keyIdsInUse(rumors.state);
    const startOf = (keyId: string): number => epochs.startOf(keyId)!;
    return unheld
      .filter((keyId) => startOf(keyId) >= fromMs && (writable.has(keyId) || inUse.has(keyId)))
      .toSorted((a, b) => startOf(b) - startOf(a))
      .slice(0, limits.keysAtOnceMax);
  }

  private ask(): void {
    const { rooms } = this;
    if (rooms.state.phase !== "running") return;
    const keyIds = this.lacking();
    const links = keyIds.length === 0 ? [] : Array.from(rooms.overlay.neighbors.all(), ({ link }) => link);
    const link = rooms.handing.next(links, rooms.now);
    const giver = link === undefined ? undefined : rooms.overlay.neighbors.get(link)?.peer;
    if (link === undefined || giver === undefined) return;
    const proof = this.newestHeld();
    if (proof === undefined) return rooms.frame(link, { kind: "keyWant", proof, keyIds }, "control");
    const { self, config } = rooms.foundation;
    const bytes = keyProofBytes(config.meshId, self, config.incarnation, giver);
    this.do({ for: "key-proof", link, proof, keyIds }, { op: "prove", keyId: proof, bytes });
  }

  private newestHeld(): string | undefined {
    const { epochs } = this.rooms;
    const startOf = (keyId: string): number => epochs.startOf(keyId) ?? 0;
    return [...epochs.state.held].toSorted((a, b) => startOf(b) - startOf(a))[0];
  }

  // --- giving ---------------------------------------------------------------------------------------------------------

  private serve(): void {
    const { rooms } = this;
    for (const [link, frame] of rooms.handing.due(rooms.now)) {
      const neighbor = rooms.overlay.neighbors.get(link);
      if (neighbor !== undefined) this.give(link, neighbor.peer, neighbor.incarnation, frame);
    }
  }

  private give(link: LinkId, peer: PeerId, incarnation: number, { keyIds, proof }: KeyWantFrame): void {
    const { rooms } = this;
    const { epochs, now } = rooms;
    const credential = rooms.admission.get(peer);
    const refuse = (): void => this.go({ for: "key-given", link, mayCome: false }, NOTHING_GIVEN);
    if (credential === undefined || credential.incarnation !== incarnation || isOut(rooms, peer)) return refuse();
    const may = keyIds.filter((keyId) => this.mayHave(peer, keyId));
    // Coming to us too, and handed on then.
    const lacking = new Set(this.lacking());
    const mayCome = may.some((keyId) => lacking.has(keyId));
    const held = may.filter((keyId) => epochs.holds(keyId));
    const to = credential.boxKey;
    const { history } = epochs.policy(rosterOf(this.rooms)) ?? this.policy!;
    if (history === "all") {
      return this.do({ for: "key-given", link, mayCome }, { op: "give", to, keyIds: held });
    }
    const provedMs = proof !== undefined && epochs.holds(proof.under) ? epochs.provesFrom(proof.under) : undefined;
    if (proof !== undefined && provedMs !== undefined) {
      const { self, config } = rooms.foundation;
      const bytes = keyProofBytes(config.meshId, peer, incarnation, self);
      const since = held.filter((keyId) => epochs.startOf(keyId)! >= provedMs);
      const shown = { ...proof, bytes, keyIds: since };
      return this.do({ for: "key-given", link, mayCome }, { op: "give", to, keyIds: [], proof: shown });
    }
    // A newcomer: the key of an epoch that began with it, and no other.
    const { writing } = epochs;
    if (writing !== undefined && now.meshMs - writing.startMs < JOIN_MS && this.mayHave(peer, writing.keyId)) {
      const pending = { for: "key-given", link, mayCome: false } as const;
      return this.do(pending, { op: "give", to, keyIds: [writing.keyId] });
    }
    if (!this.mayMake) return refuse();
    // Without a key ourselves we are newcomers too: the question waits for ours.
    rooms.state.making.joiner = writing !== undefined;
    return this.plan();
  }

  /** News of a removal may be slower than the epoch that came of it. */
  private mayHave(peer: PeerId, keyId: string): boolean {
    const epoch = this.rooms.epochs.state.known.get(keyId);
    if (epoch === undefined) return this.rooms.epochs.startOf(keyId) !== undefined;
    return !epoch.out.includes(peer) || this.rooms.now.meshMs > epoch.startMs + SHUT_OUT_MS;
  }

  private do(pending: Pending | undefined, ask: KeyringAsk): void {
    const ref: Ref = this.rooms.ref();
    if (pending !== undefined) this.rooms.state.pending.set(ref, pending);
    this.rooms.effect({ kind: "keyring", ref, ask });
  }
}

/** Of what the core publishes itself: refs of commands are others. */
const OURS_REF = 0;
const PUBLIC = "0000000000000000";
const NOTHING_GIVEN: KeyringAnswer = { keyIds: [], bytes: new Uint8Array(0) };
