/**
 * Flooding: a fresh rumor goes at once over every link whose peer is not known to have it. Nothing is faster or more
 * robust, and nothing costs more: a mesh of mean degree d carries d - 1 copies for each delivery.
 */
import type { Moment, Outbox } from "../room.ts";
import type { Lines } from "./lines.ts";
import type { Fresh, Strategy } from "./strategy.ts";
import { onward } from "../wire/onward.ts";

export class Flood implements Strategy {
  readonly deadlineMs: number = Number.POSITIVE_INFINITY;
  private readonly lines: Lines;

  constructor(lines: Lines) {
    this.lines = lines;
  }

  onAccepted(fresh: Fresh, _now: Moment, out: Outbox): void {
    const frame = onward(fresh);
    for (const link of this.lines.all) {
      if (!fresh.knows(link) && this.lines.send(link, frame, out, fresh.traffic)) fresh.known.push(link);
    }
  }

  onLinkUp(): void {}
  onLinkDown(): void {}
  onWritable(): void {}
  onDuplicate(): void {}
  onFrame(): void {}
  onDeadline(): void {}
}
