/**
 * A mesh of nothing but rooms that spread rumors: one at each node of an overlay that repairs itself (HyParView), with
 * links that take time and may lose what they carry. The room is the shipped `Spreading`, or a model with its face.
 * Rumors are not signed and not ordered, and repair rounds are a model of the shipped ones; so ten thousand nodes spread
 * a rumor in a second or two, by the very code that tabs run.
 */
import {
  type Accepted,
  type Frame,
  type Header,
  type LinkId,
  type Moment,
  type PeerId,
  peerIdOf,
  type Random,
  type Rumor,
  type RumorFrame,
  type TrafficClass,
} from "@grapevine/protocol";
import { type Span, streamOf } from "../chance.ts";
import { EventQueue, type Timer } from "../events.ts";
import { bytesOf } from "./frame-bytes.ts";
import { HYPARVIEW_DEFAULTS, HyParView } from "./hyparview.ts";
import { livingOf } from "./views.ts";

export interface MeshOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly makeRoom: MakeRoom;
  /** Repair rounds beside the cycles of membership. */
  readonly rounds: boolean;
  /** Links of each node. */
  readonly degree: number;
  /** Share of frames that are lost on the way. */
  readonly loss: number;
  /** What becomes of them: all are gone, all come a retransmission later, or datagrams are gone and others come later. */
  readonly channel: "lossy" | "reliable" | "urgent";
  /** Share of the nodes that crash in each round, and as many that join. */
  readonly churn: number;
  /** One way, drawn once for each link. */
  readonly latencyMs: Span;
  /** From one membership cycle, and one repair round of every node, to the next. */
  readonly roundMs: number;
  /** How many rounds there may be: places are kept for those who join. */
  readonly roundsMax: number;
}

/** Where a room lays its frames. */
export interface Sink<F> {
  frame(link: LinkId, frame: Frame | F, traffic?: TrafficClass): void;
}

/** The part of the shipped `Spreading` that a mesh calls. `F`: frames of its own beside the shipped ones. */
export interface Room<F extends { readonly kind: string } = never> {
  readonly deadlineMs: number;
  onLinkUp(link: LinkId, now: Moment): void;
  onLinkDown(link: LinkId, now: Moment): void;
  onAccepted(accepted: Accepted, now: Moment, out: Sink<F>): void;
  onDuplicate(link: LinkId, frame: RumorFrame, slot: string, now: Moment, out: Sink<F>): void;
  onFrame(link: LinkId, frame: Frame | F, now: Moment, out: Sink<F>): void;
  onDeadline(now: Moment, out: Sink<F>): void;
}

/** What a room may look up of what its node holds. */
export type Find = (key: string, seq: number) => Rumor | undefined;
// oxlint-disable-next-line typescript/no-explicit-any -- the mesh carries a room's own frames without looking at them.
export type AnyRoom = Room<any>;
export type MakeRoom = (id: PeerId, random: Random, find: Find) => AnyRoom;

/** What became of one rumor. */
export interface Broadcast {
  readonly id: string;
  readonly atMs: number;
  readonly source: number;
  /** Nodes that lived when it was published, without its source. */
  readonly audience: ReadonlySet<number>;
  /** Moment and hops of each delivery; the source's own is not among them. */
  readonly delivered: Map<number, { readonly atMs: number; readonly hops: number; readonly repair: boolean }>;
  /** Copies that they received, duplicates and answers included. */
  copies: number;
}

interface Cell {
  readonly room: AnyRoom;
  readonly id: PeerId;
  readonly links: Set<number>;
  /** By id. */
  readonly held: Map<string, Rumor>;
  timer: Timer | undefined;
  seq: number;
}

/** Younger rumors are left to the spreading. Source: `repair/rounds.ts`. */
const SETTLED_MS = 4_000;

export class SpreadingMesh {
  readonly queue: EventQueue = new EventQueue();
  readonly broadcasts: Map<string, Broadcast> = new Map();
  bytes = 0;
  /** Frames by kind, for those who wonder where bytes went. */
  readonly frames: Record<string, number> = {};
  private readonly overlay: HyParView;
  private readonly options: MeshOptions;
  private readonly cells: (Cell | undefined)[];
  private readonly random: Random;
  private readonly lossy: Random;
  private born: number;
  private counter = 0;

  constructor(options: MeshOptions) {
    this.options = options;
    this.random = streamOf(options.seed, "mesh");
    this.lossy = streamOf(options.seed, "loss");
    const places = options.nodes + Math.ceil(options.nodes * options.churn) * options.roundsMax;
    this.overlay = new HyParView({ ...HYPARVIEW_DEFAULTS, nodes: places, active: options.degree }, this.random);
    this.cells = Array.from({ length: places }, () => undefined);
    this.overlay.views.alive.fill(0);
    this.born = 0;
    while (this.born < options.nodes) this.bear();
    for (let cycle = 0; cycle < 10; cycle++) this.overlay.cycle();
    this.relink();
  }

  get living(): readonly number[] {
    return [...livingOf(this.overlay.views.alive)];
  }

  roomOf(node: number): AnyRoom {
    return this.cells[node]!.room;
  }

  isAlive(node: number): boolean {
    return this.overlay.views.alive[node] === 1;
  }

  /** A living node by chance. */
  pick(): number {
    return this.random.pick(this.living)!;
  }

  publish(node: number): Broadcast {
    const cell = this.cells[node]!;
    const { rumor, id } = this.write(cell);
    const broadcast: Broadcast = {
      id: hex(id),
      atMs: this.queue.nowMs,
      source: node,
      audience: new Set(this.living.filter((other) => other !== node)),
      delivered: new Map(),
      copies: 0,
    };
    this.broadcasts.set(broadcast.id, broadcast);
    this.accept(node, rumor, { link: undefined, hops: 0, repair: false });
    return broadcast;
  }

  /** A share of the living crashes at once; nobody knows before the next round. */
  crash(share: number): void {
    this.overlay.views.kill(share, this.random);
    for (const [node, cell] of this.cells.entries()) {
      if (cell !== undefined && !this.overlay.views.alive[node]) this.bury(node, cell);
    }
  }

  /** A cycle of membership with its churn, then a repair round of every node; `run` lets their time pass. */
  round(): void {
    const { churn, nodes } = this.options;
    if (churn > 0) {
      this.crash((nodes * churn) / this.living.length);
      for (let joining = Math.round(nodes * churn); joining > 0; joining--) this.bear();
    }
    this.overlay.cycle();
    this.relink();
    if (!this.options.rounds) return;
    for (const node of this.living) {
      this.queue.after(this.random.float() * this.options.roundMs, () => this.reconcile(node));
    }
  }

  run(forMs: number): void {
    this.queue.runUntil(this.queue.nowMs + forMs);
  }

  private get now(): Moment {
    return { nowMs: this.queue.nowMs, meshMs: this.queue.nowMs };
  }

  private bear(): void {
    const node = this.born++;
    const { views } = this.overlay;
    const contacts = livingOf(views.alive);
    views.alive[node] = 1;
    const contact = this.random.pick([...contacts]);
    if (contact !== undefined) this.overlay.join(node, contact);
    const key = new Uint8Array(32).fill(1);
    new DataView(key.buffer).setUint32(0, node + 0x0100_0000);
    const id = peerIdOf(key);
    const held = new Map<string, Rumor>();
    const random = streamOf(this.options.seed, `node ${node}`);
    const room = this.options.makeRoom(id, random, (key, seq) => held.get(`${key}#${seq}`));
    this.cells[node] = { room, id, links: new Set(), held, timer: undefined, seq: 0 };
  }

  private bury(node: number, cell: Cell): void {
    if (cell.timer !== undefined) this.queue.cancel(cell.timer);
    this.cells[node] = undefined;
  }

  /** Links as the overlay has them now. A neighbor that has crashed is noticed here. */
  private relink(): void {
    const { views } = this.overlay;
    const gone: [number, number][] = [];
    for (const node of this.living) {
      const cell = this.cells[node]!;
      const wanted = new Set<number>();
      for (const other of views.of(node)) if (views.alive[other] && views.has(other, node)) wanted.add(other);
      for (const other of cell.links) if (!wanted.has(other)) gone.push([node, other]);
      for (const other of wanted) {
        if (cell.links.has(other)) continue;
        cell.links.add(other);
        this.touch(node, () => cell.room.onLinkUp(other, this.now));
      }
    }
    // Make before break, as the shipped overlay does.
    for (const [node, other] of gone) {
      const cell = this.cells[node]!;
      cell.links.delete(other);
      this.touch(node, () => cell.room.onLinkDown(other, this.now));
    }
  }

  private accept(node: number, rumor: Rumor, origin: Pick<Accepted, "link" | "hops" | "repair">): void {
    const cell = this.cells[node]!;
    const { author, seq, prev } = rumor.header;
    const key = author;
    const slot = `${key}#${seq}`;
    cell.held.set(slot, rumor);
    const accepted: Accepted = { ...origin, knownBy: [], rumor, id: prev, key, slot, knows: () => false };
    this.touch(node, (out) => cell.room.onAccepted(accepted, this.now, out));
    if (origin.link === undefined) return;
    const broadcast = this.broadcasts.get(hex(prev));
    if (broadcast?.audience.has(node) !== true) return;
    broadcast.delivered.set(node, { atMs: this.queue.nowMs, hops: origin.hops, repair: origin.repair });
  }

  /** Call a node's room, carry its frames away, and set its timer. */
  private touch(node: number, deed: (out: Sink<Frame>) => void): void {
    const cell = this.cells[node]!;
    deed({ frame: (link, frame, traffic = "fresh") => this.send(node, link, frame, traffic) });
    const { deadlineMs } = cell.room;
    if (cell.timer !== undefined && cell.timer.run !== undefined && cell.timer.atMs <= deadlineMs) return;
    if (cell.timer !== undefined) this.queue.cancel(cell.timer);
    cell.timer = undefined;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    cell.timer = this.queue.at(deadlineMs, () => {
      cell.timer = undefined;
      this.touch(node, (out) => cell.room.onDeadline(this.now, out));
    });
  }

  private send(node: number, link: LinkId, frame: Frame, traffic: TrafficClass): void {
    const { channel, loss } = this.options;
    this.frames[frame.kind] = (this.frames[frame.kind] ?? 0) + 1;
    this.bytes += bytesOf(frame);
    const lost = this.lossy.float() < loss;
    if (lost && (channel === "lossy" || (channel === "urgent" && traffic === "urgent"))) return;
    const resentMs = lost ? RETRANSMIT_MS : 0;
    this.queue.after(this.latencyOf(node, link) + resentMs, () => this.receive(link, node, frame));
  }

  private receive(node: number, link: LinkId, frame: Frame): void {
    const cell = this.cells[node];
    if (cell === undefined || !cell.links.has(link)) return;
    if (frame.kind !== "rumor") return this.touch(node, (out) => cell.room.onFrame(link, frame, this.now, out));
    const { rumor, hops, repair } = frame;
    const slot = `${rumor.header.author}#${rumor.header.seq}`;
    const broadcast = this.broadcasts.get(hex(rumor.header.prev));
    if (broadcast?.audience.has(node) === true) broadcast.copies++;
    if (!cell.held.has(slot)) return this.accept(node, rumor, { link, hops, repair });
    this.touch(node, (out) => cell.room.onDuplicate(link, frame, slot, this.now, out));
  }

  /** A digest, and what either side lacks; a round that loses a frame is no round. */
  private reconcile(node: number): void {
    const cell = this.cells[node];
    if (cell === undefined) return;
    const other = this.random.pick([...cell.links]);
    const neighbor = other === undefined ? undefined : this.cells[other];
    if (other === undefined || neighbor === undefined) return;
    this.bytes += DIGEST_BYTES;
    if (this.lossy.float() < this.options.loss) return;
    for (const [from, to] of [
      [node, other],
      [other, node],
    ] as const) {
      for (const [slot, rumor] of this.cells[from]!.held) {
        const settled = rumor.header.timeMs < this.queue.nowMs - SETTLED_MS;
        if (!settled || this.cells[to]!.held.has(slot)) continue;
        this.send(from, to, { kind: "rumor", hops: 1, repair: true, rumor }, "repair");
      }
    }
  }

  private latencyOf(a: number, b: number): number {
    const pair = a < b ? a * 1_000_003 + b : b * 1_000_003 + a;
    const [min, max] = this.options.latencyMs;
    return min + (max - min) * (((Math.imul(pair, 0x9e3779b1) >>> 8) & 0xffff) / 0x1_0000);
  }

  private write(cell: Cell): { readonly rumor: Rumor; readonly id: Uint8Array } {
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(0, ++this.counter);
    const header: Header = {
      ...NO_HEADER,
      author: cell.id,
      seq: ++cell.seq,
      // The id stands where the chain would: nothing here looks at a chain.
      prev: id,
      timeMs: this.queue.nowMs,
    };
    return { id, rumor: { header, body: BODY, signature: NO_SIGNATURE } };
  }
}

/** Source: RFC 4960 RTO.Min, as in the modelled network of whole peers. */
const RETRANSMIT_MS = 1_000;
/** Source: an empty digest frame, and a frame's share of a datagram. */
const DIGEST_BYTES = 20;
/** A chat line. */
const BODY: Uint8Array = new Uint8Array(256);
const NO_SIGNATURE: Uint8Array = new Uint8Array(64);
const NO_HEADER: Omit<Header, "author" | "seq" | "prev" | "timeMs"> = {
  version: 1,
  incarnation: 1,
  topic: "00".repeat(16),
  counter: 0,
  expiryMs: 0,
  keyId: new Uint8Array(8),
  kind: 0,
  low: 1,
};
function hex(id: Uint8Array): string {
  return String(new DataView(id.buffer, id.byteOffset).getUint32(0));
}
