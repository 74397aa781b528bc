/**
 * A crowd of `Spreading` rooms that monger, each a neighbor of all others, without logs, signatures and repair: what
 * comes about here is the doing of mongering alone, and comparable with the tables of the literature.
 */
import type { Tuning } from "../config.ts";
import { Random } from "../random.ts";
import type { Foundation } from "../room.ts";
import { at, makeFoundation, peerId, testHash, Tray } from "../room.testing.ts";
import { Author, idOf } from "../rumors/rumors.testing.ts";
import type { LinkId, Rumor } from "../types.ts";
import type { Frame } from "../wire/frames.ts";
import { laterRooms } from "../parts/later-rooms.ts";
import { Spreading } from "./spreading.ts";
import type { Accepted } from "./strategy.ts";

interface Member {
  readonly spreading: Spreading;
  readonly tray: Tray;
  readonly held: Map<string, Rumor>;
}

interface Letter {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
  readonly frame: Frame;
}

const LATENCY_MS = 10;

export class MongeringCrowd {
  nowMs = 0;
  /** Payloads that arrived where they were held already. */
  duplicates = 0;
  readonly members: readonly Member[];
  /** Looks at every frame; false loses it. */
  onFrame: (from: number, to: number, frame: Frame) => boolean = () => true;
  private readonly letters: Letter[] = [];
  private seq = 0;

  constructor(size: number, seed: number, tuning: Partial<Tuning> = {}) {
    this.members = Array.from({ length: size }, (_, i) => {
      const made = makeFoundation(peerId(i), { spreading: "mongering", ...tuning });
      const random = new Random(testHash(new Uint8Array([seed & 0xff, seed >> 8, i & 0xff, i >> 8])).slice(0, 16));
      const foundation: Foundation = { ...made, random };
      const held = new Map<string, Rumor>();
      const stock = { find: (key: string): Rumor | undefined => held.get(key), verifying: () => [] };
      return { spreading: new Spreading(foundation, stock, undefined, laterRooms), tray: new Tray(), held };
    });
    // The link to a peer has its number.
    this.members.forEach(({ spreading }, i) => {
      for (let other = 0; other < size; other++) if (other !== i) spreading.onLinkUp(other, at(0));
    });
  }

  publish(member: number): Rumor {
    const rumor = new Author(++this.seq).write({ timeMs: this.nowMs });
    this.accept(member, rumor, undefined);
    return rumor;
  }

  holders(rumor: Rumor): number {
    return this.members.filter(({ held }) => held.has(keyOf(rumor))).length;
  }

  sum(count: "infective" | "removed" | "updates" | "refused" | "hunted" | "susceptible" | "calls"): number {
    return this.members.reduce((sum, { spreading }) => sum + spreading.counts().mongering[count], 0);
  }

  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (;;) {
      let dueMs = this.letters[0]?.atMs ?? Number.POSITIVE_INFINITY;
      for (const { spreading } of this.members) dueMs = Math.min(dueMs, spreading.deadlineMs);
      if (dueMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.members.forEach(({ spreading, tray }, i) => {
        if (spreading.deadlineMs > this.nowMs) return;
        spreading.onDeadline(at(this.nowMs), tray);
        this.post(i);
      });
      // All take the same time, so they stand in the order in which they arrive.
      while ((this.letters[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.nowMs) this.deliver(this.letters.shift()!);
    }
    this.nowMs = endMs;
  }

  private deliver({ from, to, frame }: Letter): void {
    const { spreading, tray, held } = this.members[to]!;
    if (frame.kind === "rumor") {
      if (!held.has(keyOf(frame.rumor))) return this.accept(to, frame.rumor, from);
      this.duplicates++;
      spreading.onDuplicate(from, frame, keyOf(frame.rumor), at(this.nowMs), tray, idOf(frame.rumor));
    } else if (frame.kind === "tell" || frame.kind === "told") {
      spreading.onFrame(from, frame, at(this.nowMs), tray);
    }
    this.post(to);
  }

  private accept(member: number, rumor: Rumor, link: LinkId | undefined): void {
    const { spreading, tray, held } = this.members[member]!;
    const key = keyOf(rumor);
    held.set(key, rumor);
    const origin = { link, hops: 0, repair: false, knownBy: [] };
    const accepted: Accepted = { ...origin, rumor, id: idOf(rumor), key, slot: key, knows: () => false };
    spreading.onAccepted(accepted, at(this.nowMs), tray);
    this.post(member);
  }

  private post(from: number): void {
    for (const { link, frame } of this.members[from]!.tray.frames.splice(0)) {
      if (this.onFrame(from, link, frame)) this.letters.push({ from, to: link, atMs: this.nowMs + LATENCY_MS, frame });
    }
  }
}

function keyOf({ header }: Rumor): string {
  return `${header.author}#${header.seq}`;
}
