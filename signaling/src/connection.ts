/**
 * One WebSocket of a seed: bytes to messages and back, and everything that one socket may cost. A socket that sends too
 * fast is read no further for a while, so that TCP slows its sender down; one that does not read is closed. What ends it
 * says so by a code of `seedClose`.
 */
import type { SeedCloseCode, SeedMessage } from "@grapevine/protocol/seed";
import { decodePeerMessage, encodeSeedMessage, seedClose } from "@grapevine/protocol/seed";
import type { RawData, WebSocket } from "ws";
import type { Address } from "./addresses.ts";
import type { SeedLimits } from "./limits.ts";
import type { Guest, Matchmaker } from "./matchmaker.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly address: Address;
  readonly matchmaker: Matchmaker;
  readonly limits: SeedLimits;
  readonly nowMs: () => number;
  /** The socket is closed for good; told once, with the code that either side gave, or 1006. */
  readonly onEnd: (connection: Connection, code: number) => void;
}

export class Connection implements Guest {
  private readonly socket: WebSocket;
  private readonly address: Address;
  private readonly matchmaker: Matchmaker;
  private readonly limits: SeedLimits;
  private readonly nowMs: () => number;
  private readonly messages: TokenBucket;
  private readonly bytes: TokenBucket;
  /** Until hello comes, then until the grace of a release is over. */
  private deadline: NodeJS.Timeout | undefined;
  /** Set while the socket is not read. */
  private slowed: NodeJS.Timeout | undefined;
  private ended = false;
  /** Why this side ended it. */
  private code: SeedCloseCode | undefined;
  /** Periods of silence. */
  private silent = 0;
  /** Since when a ping is unanswered, and nothing else came. */
  private pingedMs: number | undefined;

  constructor({ socket, address, matchmaker, limits, nowMs, onEnd }: ConnectionOptions) {
    this.socket = socket;
    this.address = address;
    this.matchmaker = matchmaker;
    this.limits = limits;
    this.nowMs = nowMs;
    this.messages = new TokenBucket(limits.socketMessages, nowMs());
    this.bytes = new TokenBucket(limits.socketBytes, nowMs());
    this.deadline = setTimeout(() => this.end(seedClose.helloTimeout, "no hello in time"), limits.helloMs);
    socket.on("message", (data, isBinary) => this.onMessage(data, isBinary));
    socket.on("ping", (data) => this.onControl(data));
    socket.on("pong", (data) => {
      // The answer to a ping of ours is nothing that a socket can be blamed for.
      if (this.pingedMs === undefined) this.onControl(data);
      else this.onHeard();
    });
    // A broken frame: `ws` closes the socket with the fitting code by itself. A listener keeps it from being thrown.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.forget();
      this.code ??= codeOf(error);
    });
    socket.on("close", (code) => {
      this.forget();
      onEnd(this, this.code ?? code);
    });
  }

  send(message: SeedMessage): void {
    if (this.ended) return;
    const bytes = encodeSeedMessage(message);
    if (this.socket.bufferedAmount + bytes.length > this.limits.bufferBytesMax) {
      return this.end(seedClose.tooSlow, "does not read");
    }
    this.socket.send(bytes);
    // Two bytes of `ask` bring many of an answer: whoever asks pays for it.
    if (message.kind === "peers") this.charge(0, bytes.length);
  }

  takesSignals(): boolean {
    return this.socket.bufferedAmount <= this.limits.relayBufferBytesMax;
  }

  onReleased(): void {
    if (this.ended) return;
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.end(seedClose.released, "released"), this.limits.releaseGraceMs);
  }

  /** Called once in every ping period. */
  beat(): void {
    // Nothing can be heard from a socket that is not read.
    if (this.slowed !== undefined) this.silent = 0;
    if (this.silent >= 2) this.socket.terminate();
    this.silent++;
    this.ping(this.nowMs());
  }

  probe(nowMs: number): void {
    if (this.pingedMs === undefined) this.ping(nowMs);
  }

  isDoubtful(nowMs: number): boolean {
    return this.pingedMs !== undefined && this.slowed === undefined && nowMs - this.pingedMs > this.limits.doubtMs;
  }

  private ping(nowMs: number): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.pingedMs ??= nowMs;
    this.socket.ping();
  }

  /** Begin the closing handshake; the seat is free at once. */
  end(code: SeedCloseCode, reason: string): void {
    if (this.ended) return;
    this.forget();
    this.code = code;
    this.socket.close(code, reason);
  }

  /** Cut the connection. */
  cut(): void {
    this.socket.terminate();
  }

  private onMessage(data: RawData, isBinary: boolean): void {
    if (this.ended) return;
    this.onHeard();
    const bytes = data as Buffer;
    this.charge(1, bytes.length);
    if (this.ended) return;
    if (!isBinary) return this.end(seedClose.malformed, "expected a binary message, got text");
    const decoded = decodePeerMessage(bytes);
    if (!decoded.ok) {
      return decoded.reason === "version"
        ? this.end(seedClose.version, "expected version 1")
        : this.end(seedClose.malformed, decoded.reason);
    }
    if (decoded.message.kind === "hello") clearTimeout(this.deadline);
    const close = this.matchmaker.handle(this, decoded.message, this.nowMs());
    if (close !== undefined) this.end(close, close === seedClose.full ? "full" : `unexpected ${decoded.message.kind}`);
  }

  private onHeard(): void {
    this.silent = 0;
    this.pingedMs = undefined;
  }

  /** A ping or a pong: they cost as much as a message. */
  private onControl(data: Buffer): void {
    this.onHeard();
    this.charge(1, data.length);
  }

  /** What was sent is paid for; whoever is in debt is read no further until it is paid. */
  private charge(messages: number, bytes: number): void {
    if (this.ended) return;
    const nowMs = this.nowMs();
    const waitMs = Math.max(
      this.messages.charge(messages, nowMs),
      this.bytes.charge(bytes, nowMs),
      this.address.messages.charge(messages, nowMs),
      this.address.bytes.charge(bytes, nowMs),
    );
    if (waitMs === 0) return;
    // Several messages may come in one piece, before reading can be stopped: hence the debt. Only the socket's own debt
    // ends it, for an address may be shared with others.
    if (this.messages.spent || this.bytes.spent) return this.end(seedClose.tooFast, "too fast");
    this.socket.pause();
    clearTimeout(this.slowed);
    this.slowed = setTimeout(() => {
      this.slowed = undefined;
      this.socket.resume();
    }, waitMs);
  }

  /** The seat is free, no timer is left. */
  private forget(): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.deadline);
    clearTimeout(this.slowed);
    // A closing handshake needs to be heard.
    this.socket.resume();
    this.matchmaker.leave(this);
  }
}

function codeOf({ code = "" }: NodeJS.ErrnoException): SeedCloseCode | undefined {
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return seedClose.tooBig;
  return code.startsWith("WS_ERR") ? seedClose.brokenFrame : undefined;
}
