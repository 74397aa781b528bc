/**
 * How far catching up has come, for people to watch: topic by topic what is held, and what neighbors say they have and we lack.
 * It is told while that shrinks, a few times a second, and once more when a neighbor turned out to have nothing that we lack. It
 * decides nothing; what neighbors say is a hint here as elsewhere, and one that says too much is found out by not delivering.
 */
import type { PeerEvent } from "../effect.ts";
import type { Moment, Outbox } from "../room.ts";
import type { LogId, Range } from "../types.ts";
import type { Logs } from "./logs.ts";
import { count } from "./ranges.ts";

export type TopicHistory = (PeerEvent & { readonly type: "history" })["topics"][number];

export interface BacklogState {
  /** Topics of which something was missing when last told. */
  told: string[];
  toldMs: number;
  /** What we hold was compared with a neighbor's since we had none, and was the same. */
  isComplete: boolean;
}

/** Guess: ten times a second is as smooth as a bar moves. */
const TELL_MS = 100;

export class Backlog {
  readonly state: BacklogState;

  constructor(state: BacklogState = { told: [], toldMs: Number.NEGATIVE_INFINITY, isComplete: false }) {
    this.state = state;
  }

  /** There is no neighbor left: what others write from now on is not known to be missing. */
  onAlone(out: Outbox): void {
    if (!this.state.isComplete) return;
    this.state.isComplete = false;
    out.effect({ kind: "emit", event: { type: "history", topics: [], complete: false } });
  }

  /** A neighbor holds what we hold. */
  onEqual(logs: Logs, out: Outbox): void {
    if (this.state.isComplete) return;
    this.state.isComplete = true;
    this.tell(logs, new Map(), new Set([...logs.inOrder()].map(({ id }) => id.topic)), out);
  }

  /** `missing`: what we lack of what neighbors offered, log by log; asked for only when it is told. */
  onProgress(logs: Logs, missing: () => Iterable<readonly [LogId, readonly Range[]]>, now: Moment, out: Outbox): void {
    const { state } = this;
    if (now.nowMs < state.toldMs + TELL_MS) return;
    const lacking = new Map<string, number>();
    for (const [{ topic }, ranges] of missing()) lacking.set(topic, (lacking.get(topic) ?? 0) + count(ranges));
    const topics = new Set([...state.told, ...lacking.keys()]);
    if (topics.size === 0) return;
    state.toldMs = now.nowMs;
    this.tell(logs, lacking, topics, out);
  }

  private tell(logs: Logs, lacking: ReadonlyMap<string, number>, topics: ReadonlySet<string>, out: Outbox): void {
    const all = new Map<string, { rumors: number; bytes: number }>();
    for (const topic of topics) all.set(topic, { rumors: 0, bytes: 0 });
    for (const log of logs.inOrder()) {
      const held = all.get(log.id.topic);
      if (held === undefined) continue;
      held.rumors += log.visible;
      held.bytes += logs.bodyBytesOf(log);
    }
    const { isComplete } = this.state;
    this.state.told = [...lacking.keys()];
    const list = [...all].map(([topic, held]) => ({ topic, ...held, missing: lacking.get(topic) ?? 0 }));
    out.effect({ kind: "emit", event: { type: "history", topics: list, complete: isComplete } });
  }
}
