/**
 * A recording of one peer that replays: a checkpoint, and every input since, with its time. Since a peer is a function of
 * its inputs (sans-IO), this is all that a bug report needs, and all that a test needs to become one. What is kept is
 * bounded: the recording is two reels, each begun by a checkpoint, and when the second is full the first is thrown away.
 */
import { DEFAULT_TUNING } from "../config.ts";
import type { Effect } from "../effect.ts";
import type { Input } from "../input.ts";
import type { Peer } from "../peer.ts";
import type { Snapshot } from "../peer-state.ts";
import { Random } from "../random.ts";
import { restore } from "./restore.ts";
import { copyState } from "./state-copy.ts";
import type { Hash } from "../types.ts";
import { WholePeer } from "../whole-peer.ts";
import { decodeState, encodeState } from "../wire/values.ts";

/** Raised whenever the format or the meaning of an input changes. Another state of rooms shows by itself. */
export const TRACE_VERSION = 2;
/** "GVTR" */
const MAGIC = [0x47, 0x56, 0x54, 0x52] as const;

export interface Entry {
  /** The driver's clock, as it was handed to `handle`. */
  readonly nowMs: number;
  readonly input: Input;
  /** How many effects came of it: a replay that strays is noticed where it strays. */
  readonly effects: number;
}

export interface Trace {
  readonly checkpoint: Snapshot;
  readonly entries: readonly Entry[];
}

export interface RecorderOptions {
  /** Inputs of one reel. Guess: some minutes of a busy peer. */
  readonly entriesMax?: number;
  /** Bytes of frames and other binary parts in one reel's inputs. Guess: memory of a tab. */
  readonly bytesMax?: number;
}

/** What is recorded of a peer. */
export type Recorded = Pick<Peer, "handle" | "snapshot">;

interface Reel {
  readonly checkpoint: Snapshot;
  readonly entries: Entry[];
  bytes: number;
}

/** Stands between a driver and its peer. Costs a copy of the peer's state for each reel, and its inputs' memory. */
export class Recorder {
  private readonly peer: Recorded;
  private readonly entriesMax: number;
  private readonly bytesMax: number;
  private previous: Reel | undefined;
  private current: Reel;

  constructor(peer: Recorded, { entriesMax = 8_192, bytesMax = 4 * 1024 * 1024 }: RecorderOptions = {}) {
    this.peer = peer;
    this.entriesMax = entriesMax;
    this.bytesMax = bytesMax;
    this.current = this.newReel();
  }

  /** In place of the peer's own `handle`. */
  handle(input: Input, nowMs: number): readonly Effect[] {
    if (this.current.entries.length >= this.entriesMax || this.current.bytes >= this.bytesMax) {
      this.previous = this.current;
      this.current = this.newReel();
    }
    const effects = this.peer.handle(input, nowMs);
    this.current.entries.push({ nowMs, input, effects: effects.length });
    this.current.bytes += bytesOf(input);
    return effects;
  }

  /** All that is kept; later inputs do not change it. */
  trace(): Trace {
    const { checkpoint, entries } = this.previous ?? this.current;
    const later = this.previous === undefined ? [] : this.current.entries;
    return { checkpoint, entries: [...entries, ...later] };
  }

  private newReel(): Reel {
    return { checkpoint: this.peer.snapshot(), entries: [], bytes: 0 };
  }
}

/** Magic, version, then `encodeState` of the rest. Holds no secret, but whatever the peer's neighbors sent. */
export function encodeTrace(trace: Trace): Uint8Array {
  const body = encodeState({
    checkpoint: trace.checkpoint,
    entries: trace.entries.map(({ nowMs, input, effects }) => [nowMs, input, effects]),
  });
  const bytes = new Uint8Array(MAGIC.length + 1 + body.length);
  bytes.set(MAGIC);
  bytes[MAGIC.length] = TRACE_VERSION;
  bytes.set(body, MAGIC.length + 1);
  return bytes;
}

export type DecodedTrace =
  | { readonly ok: true; readonly trace: Trace }
  | { readonly ok: false; readonly reason: "not-a-trace" | "other-version" | "damaged" };

/** Takes any bytes. What is inside a well-formed trace is believed: replay only what you would run. */
export function decodeTrace(bytes: Uint8Array): DecodedTrace {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) return { ok: false, reason: "not-a-trace" };
  if (bytes[MAGIC.length] !== TRACE_VERSION) return { ok: false, reason: "other-version" };
  const decoded = decodeState(bytes.subarray(MAGIC.length + 1));
  if (!decoded.ok || !isBody(decoded.value)) return { ok: false, reason: "damaged" };
  const { checkpoint, entries } = decoded.value;
  if (!isAlike(checkpoint.state, fresh())) return { ok: false, reason: "other-version" };
  return {
    ok: true,
    trace: { checkpoint, entries: entries.map(([nowMs, input, effects]) => ({ nowMs, input, effects })) },
  };
}

export interface Step extends Entry {
  /** Position in the trace. */
  readonly index: number;
  readonly came: readonly Effect[];
  /** The peer as it is after this input; the same object in every step. */
  readonly peer: Peer;
}

/**
 * Do again what was recorded, one input at a time, as far as the caller reads. Throws when another number of effects
 * comes than was recorded: then this build decides otherwise than the recorded one, or something decides by chance.
 */
export function* replay(trace: Trace, hash: Hash): Generator<Step, Peer> {
  const peer = restore(trace.checkpoint, hash);
  for (const [index, entry] of trace.entries.entries()) {
    // Rooms may keep parts of an input; the trace is to stay as it is.
    const came = peer.handle(copyState(entry.input), entry.nowMs);
    if (came.length !== entry.effects) {
      throw new Error(`expected ${entry.effects} effects of input ${index} (${entry.input.kind}), got ${came.length}`);
    }
    yield { ...entry, index, came, peer };
  }
  return peer;
}

interface Body {
  readonly checkpoint: Snapshot;
  readonly entries: readonly (readonly [nowMs: number, input: Input, effects: number])[];
}

function isBody(value: unknown): value is Body {
  if (!isObject(value) || !isObject(value.checkpoint) || !Array.isArray(value.entries)) return false;
  const { self, config, random, state } = value.checkpoint;
  if (typeof self !== "string" || !isObject(config) || !(random instanceof Uint32Array) || !isObject(state))
    return false;
  return value.entries.every((entry: unknown) => {
    if (!Array.isArray(entry) || entry.length !== 3) return false;
    const [nowMs, input, effects] = entry as unknown[];
    return (
      typeof nowMs === "number" && isObject(input) && typeof input.kind === "string" && typeof effects === "number"
    );
  });
}

/** The state that this build begins with: its rooms, and what each of them remembers. */
function fresh(): object {
  const config = { meshId: new Uint8Array(32), incarnation: 0, boxKey: new Uint8Array(32), ticket: new Uint8Array(0) };
  const keys = { rotateMs: 0, history: "all" } as const;
  const whole = { ...config, lastMintSlot: -1, tuning: DEFAULT_TUNING, keys };
  const noHash = (): Uint8Array => new Uint8Array(32);
  return new WholePeer("1".repeat(32), whole, new Random(new Uint8Array(16)), noHash).rooms.state;
}

/** Room for room, and in these field for field, as far as both are there: some rooms come later, or not at all. */
function isAlike(a: object, b: object, depth = 0): boolean {
  const [inA, inB] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(b);
  if (names.length !== Object.keys(a).length || names.some((name) => !Object.hasOwn(a, name))) return false;
  if (depth >= DEPTH_MAX) return true;
  return names.every((name) => {
    const [one, other] = [inA[name], inB[name]];
    if (COUNTED.has(name) || !isPlain(one) || !isPlain(other)) return true;
    return isAlike(one, other, depth + 1);
  });
}

/** Of rooms within rooms: `rumors.repair.fetch`. */
const DEPTH_MAX = 3;
/** By names that come up: frames, offences. */
const COUNTED: ReadonlySet<string> = new Set(["framesIn", "framesOut", "misbehavior", "credential", "departure"]);

function isPlain(value: unknown): value is object {
  return isObject(value) && !(value instanceof Map) && !(value instanceof Set) && !ArrayBuffer.isView(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Of the parts that can be large. */
function bytesOf(input: Input): number {
  switch (input.kind) {
    case "received":
    case "seedReceived":
    case "sealed":
      return input.bytes.length;
    case "keyring":
      return input.answer.bytes.length;
    case "opened":
      return input.bytes?.length ?? 0;
    case "publish":
    case "write":
    case "profile":
      return input.body.length;
    case "send":
      return input.data.length;
    case "localSignal":
      return input.signal.length;
    case "seedPeers":
      return input.peers.reduce((sum, { card }) => sum + card.length, 0);
    default:
      return 0;
  }
}
