/**
 * Messages to one peer, and questions with answers on top of them. The core brings bytes there, sealed and
 * acknowledged; here they become values, and requests find their responders. Each is one encoded list, in which `data`
 * stands as encoded bytes:
 *
 *   [0, data]   [1, id, method, data] request   [2, id, data] answer   [3, id, code, message] failure   [4, id] cancel
 */
import { isPeerId, limits, type PeerId } from "@grapevine/protocol";
import { bounded, checked } from "./call.ts";
import { decodeData, encodeData } from "./data.ts";
import { MeshError, expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { Call } from "./message.ts";

export interface RequestContext {
  readonly from: PeerId;
  /** Aborts when the asker does not want the answer any more, or this peer leaves. */
  readonly signal: AbortSignal;
}

/** Answers a request with data, or a promise of it. What it throws reaches the asker as `responder-failed`. */
export type Responder = (data: unknown, context: RequestContext) => unknown;

export interface DirectHost {
  isSelf(peer: PeerId): boolean;
  /** Resolves when `to` acknowledged; rejects with `unreachable`, `timeout` or `left`. */
  send(to: PeerId, bytes: Uint8Array, timeoutMs: number): Promise<void>;
  /** A random whole number below 2^32. */
  random(): number;
  onMessage(from: PeerId, data: unknown): void;
  onResponderFailed(method: string, error: unknown): void;
}

const MESSAGE = 0;
const REQUEST = 1;
const ANSWER = 2;
const FAILURE = 3;
const CANCEL = 4;

const failureCodes = ["no-responder", "responder-failed"] as const;
type FailureCode = (typeof failureCodes)[number];
/** Reason: enough for a sentence; it crosses other peers' links. */
const FAILURE_CHARS_MAX = 500;

interface Asked {
  readonly to: PeerId;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class DirectMessages {
  /** Direct messages that no version known here makes. */
  undecodable = 0;
  private readonly host: DirectHost;
  private readonly responders = new Map<string, Responder>();
  private readonly asked = new Map<number, Asked>();
  /** By asker and its id: requests that our responders work on. */
  private readonly served = new Map<string, AbortController>();
  private nextId: number;

  constructor(host: DirectHost) {
    this.host = host;
    // Not from 0: an answer to an earlier run of this peer must not fit.
    this.nextId = host.random();
  }

  async send(to: PeerId, data: unknown, call: Call = {}): Promise<void> {
    const bytes = this.encode(to, [MESSAGE, encodeData(data, limits.directBytesMax)]);
    const { timeoutMs = meshLimits.callTimeoutMs } = checked(call);
    // The core counts the time, and knows why it ran out.
    const { signal } = call;
    await bounded<void>(signal === undefined ? {} : { signal }, undefined, (resolve, reject) => {
      this.host.send(to, bytes, timeoutMs).then(resolve, reject);
      return () => {};
    });
  }

  async request(to: PeerId, method: string, data: unknown, call: Call = {}): Promise<unknown> {
    requireMethod(method);
    const id = this.nextId++;
    const bytes = this.encode(to, [REQUEST, id, method, encodeData(data, limits.directBytesMax)]);
    const { timeoutMs = meshLimits.callTimeoutMs } = checked(call);
    return bounded<unknown>(call, timeoutMs, (resolve, reject) => {
      this.asked.set(id, {
        to,
        resolve: (answer) => {
          this.asked.delete(id);
          resolve(answer);
        },
        reject: (error) => {
          this.asked.delete(id);
          reject(error);
        },
      });
      // An answer may come although no acknowledgement did.
      this.host.send(to, bytes, timeoutMs).catch((error: unknown) => this.asked.get(id)?.reject(error));
      return () => {
        this.asked.delete(id);
        this.tell(to, [CANCEL, id]);
      };
    });
  }

  respond(method: string, handler: Responder): () => void {
    requireMethod(method);
    if (typeof handler !== "function") throw expected("a responder function", handler);
    if (this.responders.has(method)) {
      throw new MeshError("invalid-argument", `expected one responder for ${JSON.stringify(method)}, got a second`);
    }
    this.responders.set(method, handler);
    return () => {
      if (this.responders.get(method) === handler) this.responders.delete(method);
    };
  }

  /** Bytes that a peer sent to this one. Its identity was checked, its bytes were not. */
  onDirect(from: PeerId, bytes: Uint8Array): void {
    if (!this.take(from, listOf(decodeData(bytes)?.value))) this.undecodable++;
  }

  /** The mesh was left. */
  end(error: unknown): void {
    for (const asked of [...this.asked.values()]) asked.reject(error);
    for (const serving of this.served.values()) serving.abort(error);
    this.responders.clear();
  }

  private take(from: PeerId, [kind, a, b, c, ...more]: readonly unknown[]): boolean {
    if (more.length > 0 || (kind !== MESSAGE && !isId(a))) return false;
    const id = a as number;
    switch (kind) {
      case MESSAGE:
        return withData(a, (data) => this.host.onMessage(from, data));
      case REQUEST:
        return typeof b === "string" && withData(c, (data) => void this.serve(from, id, b, data));
      case ANSWER:
        return withData(b, (data) => this.askedOf(from, id)?.resolve(data));
      case FAILURE:
        this.onFailure(from, id, b, c);
        return true;
      case CANCEL:
        this.served.get(`${from}/${id}`)?.abort();
        return true;
      default:
        return false;
    }
  }

  private askedOf(from: PeerId, id: number): Asked | undefined {
    const asked = this.asked.get(id);
    return asked?.to === from ? asked : undefined;
  }

  private onFailure(from: PeerId, id: number, code: unknown, message: unknown): void {
    const known = failureCodes.find((one) => one === code) ?? "responder-failed";
    const words = typeof message === "string" ? message.slice(0, FAILURE_CHARS_MAX) : "no reason given";
    this.askedOf(from, id)?.reject(new MeshError(known, words));
  }

  private async serve(from: PeerId, id: number, method: string, data: unknown): Promise<void> {
    const responder = this.responders.get(method);
    const fail = (code: FailureCode, message: string): void =>
      this.tell(from, [FAILURE, id, code, message.slice(0, FAILURE_CHARS_MAX)]);
    if (responder === undefined)
      return fail("no-responder", `expected a responder for ${JSON.stringify(method)}, got none`);
    const key = `${from}/${id}`;
    // An id stands for one question; a second one under it would be none of those that are counted.
    if (this.served.has(key)) return;
    const share = [...this.served.keys()].filter((other) => other.startsWith(`${from}/`)).length;
    if (this.served.size >= meshLimits.requestsServedMax || share >= meshLimits.requestsServedOfOneMax) {
      return fail("responder-failed", "the responder is busy");
    }
    const serving = new AbortController();
    this.served.set(key, serving);
    try {
      const answer = await responder(data, { from, signal: serving.signal });
      if (!serving.signal.aborted) this.tell(from, [ANSWER, id, encodeData(answer ?? null, limits.directBytesMax)]);
    } catch (error) {
      if (serving.signal.aborted) return;
      this.host.onResponderFailed(method, error);
      fail("responder-failed", error instanceof Error ? error.message : String(error));
    } finally {
      this.served.delete(key);
    }
  }

  /** Send what nobody here waits for. Throws only for what cannot be encoded. */
  private tell(to: PeerId, parts: readonly unknown[]): void {
    this.host.send(to, this.encode(to, parts), meshLimits.callTimeoutMs).catch(() => {});
  }

  private encode(to: PeerId, parts: readonly unknown[]): Uint8Array {
    if (typeof to !== "string" || !isPeerId(to)) throw expected("a peer's id", to);
    if (this.host.isSelf(to)) throw new MeshError("invalid-argument", "expected another peer's id, got our own");
    const bytes = encodeData(parts);
    if (bytes.length <= limits.directBytesMax) return bytes;
    throw new MeshError(
      "too-large",
      `expected at most ${limits.directBytesMax} bytes for one peer, got ${bytes.length}`,
    );
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** False when `bytes` are no encoded data. */
function withData(bytes: unknown, use: (data: unknown) => void): boolean {
  const decoded = bytes instanceof Uint8Array ? decodeData(bytes) : undefined;
  if (decoded === undefined) return false;
  use(decoded.value);
  return true;
}

function requireMethod(method: unknown): void {
  const bytes = typeof method === "string" ? new TextEncoder().encode(method).length : 0;
  if (bytes === 0 || bytes > meshLimits.methodBytesMax) {
    throw expected(`a method's name of 1 to ${meshLimits.methodBytesMax} bytes`, method);
  }
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
