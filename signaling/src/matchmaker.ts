/**
 * What a seed decides, without sockets or clock: rooms, who is introduced to whom, and who of a big room is released so
 * that the seed keeps a random, rotating sample of it (DESIGN, "How a peer joins", 1). Nothing is kept of a message
 * once it is relayed, and nothing of a peer once it is gone.
 */
import type {
  HelloMessage,
  IceServer,
  PeerMessage,
  Seat,
  SeatedPeer,
  SeedCloseCode,
  SeedMessage,
} from "@grapevine/protocol/seed";
import { seedClose, seedLimits } from "@grapevine/protocol/seed";
import type { SeedLimits } from "./limits.ts";
import type { Below, Sitter } from "./room.ts";
import { Room } from "./room.ts";

/** One socket as the matchmaker sees it. */
export interface Guest {
  send(message: SeedMessage): void;
  /** True when a relayed signal would be read soon. */
  takesSignals(): boolean;
  /** It was told `release`; its socket should be closed when the grace is over. */
  onReleased(): void;
  /** Find out whether anybody is still there, unless that is under way. */
  probe(nowMs: number): void;
  /** It was probed, and nothing came back for a while. */
  isDoubtful(nowMs: number): boolean;
}

interface Seated extends Sitter {
  readonly room: Room<Seated>;
  readonly roomName: string;
  readonly guest: Guest;
}

export interface MatchmakerOptions {
  readonly limits: SeedLimits;
  readonly below: Below;
  /** A fresh seat that nobody can guess. */
  readonly newSeat: () => Seat;
  readonly iceServers: () => readonly IceServer[];
}

/** Since the seed's start. */
export interface MatchmakerCounts {
  welcomed: number;
  relayed: number;
  gone: number;
  released: number;
}

export class Matchmaker {
  readonly counts: MatchmakerCounts = { welcomed: 0, relayed: 0, gone: 0, released: 0 };
  private readonly rooms = new Map<string, Room<Seated>>();
  private readonly seated = new Map<Guest, Seated>();
  private readonly options: MatchmakerOptions;

  constructor(options: MatchmakerOptions) {
    this.options = options;
  }

  get roomCount(): number {
    return this.rooms.size;
  }

  get seatedCount(): number {
    return this.seated.size;
  }

  /** Answer one message. Returns why the guest's socket should be closed, if it should. */
  handle(guest: Guest, message: PeerMessage, nowMs: number): SeedCloseCode | undefined {
    const seated = this.seated.get(guest);
    if (message.kind === "hello") {
      return seated === undefined ? this.onHello(guest, message, nowMs) : seedClose.unexpected;
    }
    if (seated === undefined) return seedClose.unexpected;
    switch (message.kind) {
      case "ask":
        this.onAsk(seated, message.count, nowMs);
        return undefined;
      case "signal":
        this.onSignal(seated, message.seat, message.bytes);
        return undefined;
      case "card":
        seated.card = copy(message.card);
        return undefined;
    }
  }

  /** The guest's socket is gone. */
  leave(guest: Guest): void {
    const seated = this.seated.get(guest);
    if (seated === undefined) return;
    this.seated.delete(guest);
    seated.room.leave(seated);
    if (seated.room.size === 0) this.rooms.delete(seated.roomName);
  }

  /** Bring rooms that a crowd has filled back to their sample, as far as their sitters have settled. */
  sweep(nowMs: number): void {
    for (const room of this.rooms.values()) {
      while (room.offeredCount > this.options.limits.roomSample && this.releaseOne(room, nowMs));
    }
  }

  private onHello(guest: Guest, { room: name, card }: HelloMessage, nowMs: number): SeedCloseCode | undefined {
    const { limits, newSeat, iceServers } = this.options;
    const roomName = hex(name);
    const known = this.rooms.get(roomName);
    if (known === undefined ? this.rooms.size >= limits.roomsMax : known.size >= limits.roomSocketsMax) {
      return seedClose.full;
    }
    const room = known ?? new Room<Seated>(this.options.below);
    this.rooms.set(roomName, room);
    const seated: Seated = { seat: newSeat(), seatedMs: nowMs, card: copy(card), place: -1, room, roomName, guest };
    room.enter(seated);
    this.seated.set(guest, seated);
    this.counts.welcomed++;
    guest.send({
      kind: "welcome",
      seat: seated.seat,
      iceServers: iceServers(),
      others: room.others(seated),
      peers: this.introduce(seated, Math.min(limits.welcomePeers, seedLimits.peersMax), nowMs),
    });
    if (room.offeredCount > limits.roomSample) this.releaseOne(room, nowMs, seated);
    return undefined;
  }

  private onAsk(seated: Seated, count: number, nowMs: number): void {
    const { room, guest } = seated;
    guest.send({ kind: "peers", others: room.others(seated), peers: this.introduce(seated, count, nowMs) });
  }

  /**
   * Some others, and a look at whether they and some more still answer. A process that dies closes its socket; one whose
   * machine or network dies does not, and would be handed out until the heartbeat misses it.
   */
  private introduce(seated: Seated, count: number, nowMs: number): SeatedPeer[] {
    const { probes, drawTries } = this.options.limits;
    const { room } = seated;
    const drawn = room.draw(count, seated, ({ guest }) => guest.isDoubtful(nowMs), drawTries);
    for (const { guest } of new Set([...drawn, ...room.draw(probes, seated)])) guest.probe(nowMs);
    return drawn.map(({ seat, card }) => ({ seat, card }));
  }

  private onSignal(seated: Seated, seat: Seat, bytes: Uint8Array): void {
    const to = seated.room.sitter(seat);
    // Whoever does not read is as good as gone for the caller, and a caller must not fill another's buffer until the
    // seed has to close that one.
    if (to === undefined || !to.guest.takesSignals()) {
      this.counts.gone++;
      seated.guest.send({ kind: "gone", seat });
      return;
    }
    this.counts.relayed++;
    to.guest.send({ kind: "signal", seat: seated.seat, bytes });
  }

  /** Returns false when nobody may be released yet. */
  private releaseOne(room: Room<Seated>, nowMs: number, except?: Seated): boolean {
    const { limits, below } = this.options;
    const sitter = room.settled(nowMs - limits.settleMs, except);
    if (sitter === undefined) return false;
    room.withdraw(sitter);
    this.counts.released++;
    // Half to one and a half times the period, so that those who left together do not return together.
    const retryAfterMs = Math.round(limits.retryAfterMs / 2) + below(limits.retryAfterMs + 1);
    sitter.guest.send({ kind: "release", retryAfterMs });
    sitter.guest.onReleased();
    return true;
  }
}

/** A card is kept as long as its socket, and must not keep the whole chunk alive that the network brought it in. */
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
