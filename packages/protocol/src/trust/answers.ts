/**
 * What a peer costs us in answers. A question may be answered with thousands of times its bytes, and must be: a newcomer
 * asks for everything. But once. So what each peer was told is counted, and forgiven within a minute; who owes as much as
 * all that we hold, and a little more, is answered no further, and one that goes on asking is hung up. Debts are by key,
 * and outlive the link. Rule 7 of the design: no request costs its target more than a stated factor of what it costs the
 * asker; here the factor is that of an honest newcomer. A leaky bucket (Turner 1986) whose size is what we hold.
 */
import { forgetOldest } from "../rumors/oldest.ts";
import { limits } from "../limits.ts";
import type { Moment } from "../room.ts";
import type { PeerId } from "../types.ts";
import type { Frame } from "../wire/frames.ts";

/** All that a newcomer could ask for. */
export interface Stock {
  readonly bytes: number;
  /** What came to it since the start, whether it is still here or not. */
  readonly added: number;
}

/** A neighbor, and since when. */
interface Linked {
  readonly peer: PeerId;
  readonly sinceMs: number;
}

/** Of what there is, this share is kept from a new link at first, and given in so much time. Guess: half a second more, at worst, until a newcomer to a busy mesh has caught up. */
const UNRIPE = 0.75;
const RIPE_MS = 500;

interface Debt {
  bytes: number;
  /** Questions that went unanswered for it. */
  unanswered: number;
  atMs: number;
  added: number;
}

export interface AnswersState {
  /** Least recently told first. */
  readonly debts: Map<PeerId, Debt>;
  /** Since the start. */
  refused: number;
}

/**
 * Questions of which one more or less is nothing to an honest asker, and that cost more than they take. Calls of mongering
 * are not among them: what is hot is told again and again by design, and names have a quota of their own.
 */
const QUESTIONS: ReadonlySet<Frame["kind"]> = new Set<Frame["kind"]>([
  "digest",
  "want",
  "mapDigest",
  "mapWant",
  "profileDigest",
  "profileWant",
  "keyWant",
  "peersWant",
  "credentialsWant",
  "shuffle",
]);
/** What follows from a question, and is counted with it. */
const TALK: ReadonlySet<Frame["kind"]> = new Set<Frame["kind"]>([...QUESTIONS, "reconcile", "have", "ping"]);

/** Not answered, if its sender owes too much. */
export function isQuestion(frame: Frame): boolean {
  return QUESTIONS.has(frame.kind);
}

/** What is said to its sender while it is handled is counted. */
export function isTalk(frame: Frame): boolean {
  return TALK.has(frame.kind);
}

export class Answers {
  readonly state: AnswersState;

  constructor(state: AnswersState = { debts: new Map(), refused: 0 }) {
    this.state = state;
  }

  /** Bytes that are left of what this peer may cost; nothing is answered when there are none. */
  left({ peer, sinceMs }: Linked, stock: Stock, now: Moment): number {
    const debt = this.state.debts.get(peer);
    const owed = debt === undefined ? 0 : this.forgive(debt, stock, now).bytes;
    // Who floods shows it at once: before it is given all that a newcomer may have.
    const unripe = UNRIPE * Math.max(0, 1 - (now.nowMs - sinceMs) / RIPE_MS) * stock.bytes;
    return Math.max(0, creditOf(stock) - owed - unripe);
  }

  /** It asked, and is not answered. True when it has gone on so for too long. */
  refuse(peer: PeerId, stock: Stock, now: Moment): boolean {
    this.state.refused++;
    const debt = this.debtOf(peer, stock, now);
    return ++debt.unanswered > limits.unansweredMax;
  }

  /** So many bytes went to it in answer. */
  spend(peer: PeerId, bytes: number, stock: Stock, now: Moment): void {
    this.debtOf(peer, stock, now).bytes += bytes;
  }

  private debtOf(peer: PeerId, stock: Stock, now: Moment): Debt {
    const { debts } = this.state;
    const debt = debts.get(peer) ?? { bytes: 0, unanswered: 0, atMs: now.nowMs, added: stock.added };
    debts.delete(peer);
    debts.set(peer, debt);
    forgetOldest(debts, limits.debtsMax);
    return this.forgive(debt, stock, now);
  }

  private forgive(debt: Debt, stock: Stock, now: Moment): Debt {
    const share = Math.max(0, now.nowMs - debt.atMs) / limits.debtMs;
    // What is new was not told yet.
    const news = stock.added - debt.added;
    debt.bytes = Math.max(0, debt.bytes - news - share * creditOf(stock));
    debt.unanswered = Math.max(0, debt.unanswered - share * limits.unansweredMax);
    debt.atMs = now.nowMs;
    debt.added = stock.added;
    return debt;
  }
}

function creditOf(stock: Stock): number {
  return limits.answersSpareBytes + stock.bytes;
}
