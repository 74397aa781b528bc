/**
 * What this peer writes to maps. An entry gets its number, its stamp and its id when it is written, before it is signed,
 * and a stamp after everything that is known of its key: of two writes the one that saw the other wins.
 */
import { limits } from "../limits.ts";
import type { Command } from "../input.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import type { Header, Ref, Rumor } from "../types.ts";
import { RUMOR_KIND_STATE } from "../types.ts";
import type { ClockState } from "../repair/hybrid-clock.ts";
import { tickAfter } from "../repair/hybrid-clock.ts";
import { rumorBytes, rumorId } from "../wire/statements.ts";
import { RUMOR_VERSION } from "../wire/rumor-codec.ts";
import { fromHex, toHex } from "../wire/hex.ts";
import { isAfter } from "./entry.ts";

export type Write = Command & { readonly kind: "write" };

interface Unsigned {
  /** The writer's name for it. */
  readonly ref: Ref;
  readonly header: Header;
  readonly body: Uint8Array;
  readonly id: Uint8Array;
}

export interface OwnEntriesState {
  /** The last number used, by map. */
  readonly seqs: Map<string, number>;
  /** By the ref of the `sign` effect. */
  readonly unsigned: Map<Ref, Unsigned>;
}

/** An entry of ours that is signed. */
export interface SignedEntry {
  readonly ref: Ref;
  readonly rumor: Rumor;
  readonly id: Uint8Array;
}

/** What ends later than a header can say, the year 10 889, never does. */
const EXPIRY_MAX_MS: number = 2 ** 48;

export class OwnEntries {
  readonly state: OwnEntriesState;
  private readonly foundation: Foundation;
  /** Of all that this peer writes. */
  private readonly clock: ClockState;

  constructor(foundation: Foundation, clock: ClockState, state?: OwnEntriesState) {
    this.foundation = foundation;
    this.clock = clock;
    this.state = state ?? { seqs: new Map(), unsigned: new Map() };
  }

  /** `last`: the newest that is known of the key. Throws a RangeError when the body is too long, for whoever encodes has to know. */
  write(command: Write, last: Header | undefined, now: Moment, out: Outbox): void {
    const { self, config, hash } = this.foundation;
    const { map, key, keyId, body, lifeMs } = command;
    if (body.length > limits.entryBytesMax) {
      throw new RangeError(`expected a body of at most ${limits.entryBytesMax} B, got ${body.length} B`);
    }
    const { timeMs, counter } = tickAfter(this.clock, now.meshMs, this.lastOf(map, key, last));
    const seq = (this.state.seqs.get(map) ?? 0) + 1;
    this.state.seqs.set(map, seq);
    const endMs = timeMs + Math.ceil(lifeMs);
    const header: Header = {
      version: RUMOR_VERSION,
      author: self,
      incarnation: config.incarnation,
      topic: map,
      seq,
      prev: fromHex(key),
      timeMs,
      counter,
      expiryMs: lifeMs > 0 && endMs < EXPIRY_MAX_MS ? endMs : 0,
      keyId,
      kind: RUMOR_KIND_STATE,
      low: seq,
    };
    const id = rumorId(hash, config.meshId, header, hash(body));
    const sign = out.ref();
    this.state.unsigned.set(sign, { ref: command.ref, header, body, id });
    out.effect({ kind: "sign", ref: sign, bytes: rumorBytes(id) });
  }

  /** Undefined when the ref is not ours. */
  onSigned(sign: Ref, signature: Uint8Array): SignedEntry | undefined {
    const unsigned = this.state.unsigned.get(sign);
    if (unsigned === undefined) return undefined;
    this.state.unsigned.delete(sign);
    const { ref, header, body, id } = unsigned;
    return { ref, rumor: { header, body, signature }, id };
  }

  /** Another key writes from now on. Returns what this one has not signed. */
  rekey(): Write[] {
    const { seqs, unsigned } = this.state;
    const writes = [...unsigned.values()].map(({ ref, header, body }): Write => {
      const { topic: map, prev, keyId, timeMs, expiryMs } = header;
      const lifeMs = expiryMs === 0 ? 0 : expiryMs - timeMs;
      return { kind: "write", ref, map, key: toHex(prev), keyId, body, lifeMs };
    });
    seqs.clear();
    unsigned.clear();
    return writes;
  }

  private lastOf(map: string, key: string, last: Header | undefined): Header | undefined {
    let newest = last;
    const prev = fromHex(key);
    for (const { header } of this.state.unsigned.values()) {
      if (header.topic !== map || !header.prev.every((byte, i) => byte === prev[i])) continue;
      if (newest === undefined || isAfter(header, newest)) newest = header;
    }
    return newest;
  }
}
