/**
 * The unreliable channel: messages may be lost, doubled and overtaken. It serves runs of one protocol layer alone, and
 * the best-effort phase over an unordered channel; links never behave like this.
 */
import type { Random } from "@grapevine/protocol";
import { exponential } from "../chance.ts";
import type { EventQueue } from "../events.ts";

export interface DatagramOptions {
  /** Share of messages that never arrive. */
  readonly loss: number;
  /** Share of messages that arrive twice. */
  readonly duplication: number;
  /** Share of messages that are held up on the way, so that later ones overtake them. */
  readonly reordering: number;
  readonly latencyMs: number;
  /** Mean of the extra time of a message that is held up. */
  readonly holdUpMs: number;
}

const DEFAULT_DATAGRAMS: DatagramOptions = { loss: 0, duplication: 0, reordering: 0, latencyMs: 30, holdUpMs: 100 };

export class Datagrams {
  readonly options: DatagramOptions;
  sent = 0;
  lost = 0;
  private readonly queue: EventQueue;
  private readonly random: Random;

  constructor(queue: EventQueue, random: Random, options: Partial<DatagramOptions> = {}) {
    this.queue = queue;
    this.random = random;
    this.options = { ...DEFAULT_DATAGRAMS, ...options };
  }

  /** `arrive` runs once for each copy that gets there. */
  send(arrive: () => void): void {
    const { loss, duplication, reordering, latencyMs, holdUpMs } = this.options;
    this.sent++;
    const copies = this.random.float() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.random.float() < loss) {
        this.lost++;
        continue;
      }
      const heldMs = this.random.float() < reordering ? exponential(this.random, holdUpMs) : 0;
      this.queue.after(latencyMs + heldMs, arrive);
    }
  }
}
