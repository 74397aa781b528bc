/**
 * What this peer says of itself. A version is signed at most once in a while, with the latest that was said: what comes in
 * between goes with it. A version that nobody replaced is renewed when half of its life is over, so that what expires is of the gone.
 */
import { limits } from "../limits.ts";
import type { Command } from "../input.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Header, Ref, Rumor } from "../types.ts";
import { RUMOR_KIND_PROFILE } from "../types.ts";
import { type ClockState, tick } from "../repair/hybrid-clock.ts";
import { rumorBytes, rumorId } from "../wire/statements.ts";
import { RUMOR_VERSION } from "../wire/rumor-codec.ts";

type Say = Command & { readonly kind: "profile" };

export interface OwnProfileState {
  /** What stands, or is about to; undefined while nothing was said. */
  said: Pick<Say, "keyId" | "body"> | undefined;
  /** The application's names of what the next version says. */
  refs: Ref[];
  seq: number;
  /** When the next version is due. */
  dueMs: number;
  /** Before this none is signed. */
  paceMs: number;
  /** By the ref of the `sign` effect. */
  readonly unsigned: Map<
    Ref,
    { readonly refs: readonly Ref[]; readonly rumor: Omit<Rumor, "signature">; readonly id: Uint8Array }
  >;
}

/** A version that is signed, and what waited for it. */
export interface SignedProfile {
  readonly refs: readonly Ref[];
  readonly rumor: Rumor;
  readonly id: Uint8Array;
}

export class OwnProfile {
  readonly state: OwnProfileState;
  private readonly foundation: Foundation;
  /** Of all that this peer writes. */
  private readonly clock: ClockState;
  private readonly topic: string;

  constructor(foundation: Foundation, clock: ClockState, topic: string, state?: OwnProfileState) {
    this.foundation = foundation;
    this.clock = clock;
    this.topic = topic;
    this.state = state ?? { said: undefined, refs: [], seq: 0, dueMs: Infinity, paceMs: 0, unsigned: new Map() };
  }

  /** Throws a RangeError when the body is too long, for whoever encodes has to know. */
  say({ ref, keyId, body }: Say, now: Moment, out: Outbox): void {
    if (body.length > limits.profileBytesMax) {
      throw new RangeError(`expected a body of at most ${limits.profileBytesMax} B, got ${body.length} B`);
    }
    this.state.said = { keyId, body };
    this.state.refs.push(ref);
    this.repeat(now, out);
  }

  /** Say it again, under this peer's key of now. */
  repeat(now: Moment, out: Outbox): void {
    const { state } = this;
    if (state.said === undefined) return;
    state.dueMs = Math.min(state.dueMs, Math.max(now.nowMs, state.paceMs));
    this.onDeadline(now, out);
  }

  /** Another key says it from now on, in numbers of its own. */
  rekey(now: Moment, out: Outbox): void {
    const { state } = this;
    for (const { refs } of state.unsigned.values()) state.refs.push(...refs);
    state.unsigned.clear();
    state.seq = 0;
    this.repeat(now, out);
  }

  onDeadline({ nowMs, meshMs }: Moment, out: Outbox): void {
    const { state, topic } = this;
    const { self, config, hash, random } = this.foundation;
    if (nowMs < state.dueMs || state.said === undefined) return;
    const { keyId, body } = state.said;
    const { timeMs, counter } = tick(this.clock, meshMs);
    const seq = ++state.seq;
    const header: Header = {
      version: RUMOR_VERSION,
      author: self,
      incarnation: config.incarnation,
      topic,
      seq,
      prev: new Uint8Array(32),
      timeMs,
      counter,
      expiryMs: timeMs + limits.profileLifeMs,
      keyId,
      kind: RUMOR_KIND_PROFILE,
      low: seq,
    };
    const id = rumorId(hash, config.meshId, header, hash(body));
    const sign = out.ref();
    state.unsigned.set(sign, { refs: state.refs, rumor: { header, body }, id });
    out.effect({ kind: "sign", ref: sign, bytes: rumorBytes(id) });
    state.refs = [];
    state.paceMs = nowMs + limits.profilePaceMs;
    state.dueMs = nowMs + random.jitter(limits.profileLifeMs / 2);
  }

  /** Undefined when the ref is not ours. */
  onSigned(sign: Ref, signature: Uint8Array): SignedProfile | undefined {
    const unsigned = this.state.unsigned.get(sign);
    if (unsigned === undefined) return undefined;
    this.state.unsigned.delete(sign);
    const { refs, rumor, id } = unsigned;
    return { refs, rumor: { ...rumor, signature }, id };
  }
}
