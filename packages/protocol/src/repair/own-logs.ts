/**
 * What this peer writes. A rumor gets its place, its stamp and its id when it is published, before it is signed: the id
 * does not cover the signature, so several may be signed at once, and each names the one before it all the same. They
 * are appended in order, whichever signature comes first.
 */
import { limits } from "../limits.ts";
import type { Header, Ref, Rumor } from "../types.ts";
import { RUMOR_KIND_BULK, RUMOR_KIND_LOG } from "../types.ts";
import type { Command, Retention } from "../input.ts";
import type { Foundation, Moment, Outbox } from "../room.ts";
import { rumorBytes, rumorId } from "../wire/statements.ts";
import { RUMOR_VERSION } from "../wire/rumor-codec.ts";
import type { ClockState } from "./hybrid-clock.ts";
import { tick } from "./hybrid-clock.ts";

type Publish = Command & { readonly kind: "publish" };

interface Unsigned {
  readonly command: Publish;
  /** The publisher's name for it. */
  readonly ref: Ref;
  readonly sign: Ref;
  readonly header: Header;
  readonly body: Uint8Array;
  readonly id: Uint8Array;
  signature: Uint8Array | undefined;
}

interface OwnLog {
  nextSeq: number;
  lastId: Uint8Array;
  low: number;
  /** What retention counts: the bodies from `low` to the newest, signed or not. */
  readonly retained: Map<number, { readonly bytes: number; readonly expiryMs: number }>;
  bytes: number;
  /** As it was last asked for. */
  retention: Retention | undefined;
  readonly unsigned: Unsigned[];
}

export interface OwnLogsState {
  readonly logs: Map<string, OwnLog>;
  /** Topics by the ref of the `sign` effect. */
  readonly signing: Map<Ref, string>;
  readonly clock: ClockState;
}

/** A rumor of ours, ready to be appended. */
export interface Signed {
  readonly ref: Ref;
  readonly rumor: Rumor;
  readonly id: Uint8Array;
}

/** What expires later than a header can say, the year 10 889, never does. */
const EXPIRY_MAX_MS: number = 2 ** 48;

export class OwnLogs {
  readonly state: OwnLogsState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state?: OwnLogsState) {
    this.foundation = foundation;
    this.state = state ?? { logs: new Map(), signing: new Map(), clock: { timeMs: 0, counter: 0 } };
  }

  get unsigned(): number {
    return this.state.signing.size;
  }

  publish(command: Publish, now: Moment, out: Outbox): void {
    const { self, config, hash } = this.foundation;
    const { topic, keyId, body, retention } = command;
    if (body.length > limits.rumorBodyBytesMax) {
      throw new RangeError(`expected a body of at most ${limits.rumorBodyBytesMax} B, got ${body.length} B`);
    }
    const log = this.log(topic);
    const { timeMs, counter } = tick(this.state.clock, now.meshMs);
    const seq = log.nextSeq++;
    const endMs = timeMs + Math.ceil(retention.ageMs);
    const expiryMs = retention.ageMs > 0 && endMs < EXPIRY_MAX_MS ? endMs : 0;
    log.retained.set(seq, { bytes: body.length, expiryMs });
    log.bytes += body.length;
    prune(log, seq, retention, now.meshMs);
    const header: Header = {
      version: RUMOR_VERSION,
      author: self,
      incarnation: config.incarnation,
      topic,
      seq,
      prev: log.lastId,
      timeMs,
      counter,
      expiryMs,
      keyId,
      kind: command.bulk === true ? RUMOR_KIND_BULK : RUMOR_KIND_LOG,
      low: log.low,
    };
    const id = rumorId(hash, config.meshId, header, hash(body));
    log.lastId = id;
    const sign = out.ref();
    log.retention = retention;
    log.unsigned.push({ command, ref: command.ref, sign, header, body, id, signature: undefined });
    this.state.signing.set(sign, topic);
    out.effect({ kind: "sign", ref: sign, bytes: rumorBytes(id) });
  }

  /** What is ready now, in order; undefined when the ref is not ours. */
  onSigned(ref: Ref, signature: Uint8Array): readonly Signed[] | undefined {
    const topic = this.state.signing.get(ref);
    if (topic === undefined) return undefined;
    this.state.signing.delete(ref);
    const { unsigned } = this.log(topic);
    for (const waiting of unsigned) if (waiting.sign === ref) waiting.signature = signature;
    const ready: Signed[] = [];
    for (let first = unsigned[0]; first?.signature !== undefined; first = unsigned[0]) {
      unsigned.shift();
      const { header, body, id } = first;
      ready.push({ ref: first.ref, rumor: { header, body, signature: first.signature }, id });
    }
    return ready;
  }

  /** Another key writes from now on, in logs of its own. Returns what this one has not signed, and each topic's retention. */
  rekey(): { readonly unsigned: readonly Publish[]; readonly retentions: ReadonlyMap<string, Retention | undefined> } {
    const { logs, signing } = this.state;
    const unsigned = [...logs.values()].flatMap((log) => log.unsigned.map(({ command }) => command));
    const retentions = new Map([...logs].map(([topic, { retention }]) => [topic, retention] as const));
    logs.clear();
    signing.clear();
    return { unsigned, retentions };
  }

  private log(topic: string): OwnLog {
    let log = this.state.logs.get(topic);
    if (log === undefined) {
      log = {
        nextSeq: 1,
        lastId: new Uint8Array(32),
        low: 1,
        retained: new Map(),
        bytes: 0,
        retention: undefined,
        unsigned: [],
      };
      this.state.logs.set(topic, log);
    }
    return log;
  }
}

/** Raise `low` as retention says, counted back from the newest, which always stays. It never goes back. */
function prune(log: OwnLog, newest: number, retention: Retention, meshMs: number): void {
  const countMax = Math.min(retention.countMax, limits.rumorsPerLogMax);
  while (log.low < newest) {
    const oldest = log.retained.get(log.low)!;
    const expired = oldest.expiryMs !== 0 && oldest.expiryMs <= meshMs;
    if (newest - log.low + 1 <= countMax && log.bytes <= retention.bytesMax && !expired) return;
    log.retained.delete(log.low);
    log.bytes -= oldest.bytes;
    log.low++;
  }
}
