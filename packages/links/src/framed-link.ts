/**
 * The link itself, over any three message channels: it packs and unpacks frames, keeps the bounds, tells when the
 * queue is full, and sees to it that a link ends once and in good order. An engine makes the channels and hands what
 * happens to them in; this class decides what it means, and asks the engine to `destroy` in the end.
 */
import { type Channel, limits } from "@grapevine/protocol";
import { type Clock, endOfTurn } from "./clock.ts";
import { DatagramWriter, readDatagram } from "./datagrams.ts";
import { FrameReader } from "./framing.ts";
import { linkLimits } from "./limits.ts";
import type { Link, LinkBinding, LinkEnd, LinkEvents, LinkStats } from "./link.ts";
import { type ByteChannel, Outbox } from "./outbox.ts";

/** The engine's side of one link. */
export interface Connection {
  /** The remote answer, once. */
  signal(remote: Uint8Array): void;
  /** Let go of everything. Called once; nothing of this connection may reach the link afterwards. */
  destroy(): void;
}

type ReliableChannel = Exclude<Channel, "unreliable">;

const RELIABLE: readonly ReliableChannel[] = ["control", "data"];

export class FramedLink implements Link {
  readonly #events: LinkEvents;
  readonly #clock: Clock;
  /** Largest message that the other side was told it may send. */
  readonly #messageBytesMax: number;
  readonly #out: Record<ReliableChannel, Outbox>;
  readonly #datagrams = new DatagramWriter();
  readonly #in: Record<ReliableChannel, FrameReader> = { control: new FrameReader(), data: new FrameReader() };
  #connection: Connection | undefined;
  #state: "opening" | "open" | "closing" | "closed" = "opening";
  /** What came on one channel while the other was not open yet. */
  #early: { channel: ReliableChannel; message: unknown }[] = [];
  #writable = true;
  #flushPending = false;
  #cancelTimer: () => void;
  #closeReason = "";
  readonly #counted = { framesIn: 0, messagesIn: 0, bytesIn: 0, framesDropped: 0 };

  /** `timeoutMs`: how long it may take to open. */
  constructor(events: LinkEvents, clock: Clock, messageBytesMax: number, timeoutMs: number) {
    this.#events = events;
    this.#clock = clock;
    this.#messageBytesMax = messageBytesMax;
    const outbox = (queueBytesMax: number): Outbox =>
      new Outbox(queueBytesMax, clock, { drained: () => this.drained(), broken: () => this.ended("lost") });
    this.#out = {
      control: outbox(linkLimits.controlQueueBytesMax),
      data: outbox(linkLimits.dataQueueBytesMax),
    };
    this.#cancelTimer = clock.after(timeoutMs, () => this.ended("timeout"));
  }

  // --- the owner's side ---------------------------------------------------------------------------------------------

  send(channel: Channel, frame: Uint8Array): void {
    if (this.#state !== "opening" && this.#state !== "open") return;
    if (channel === "unreliable") {
      this.#datagrams.push(frame);
      this.#flushSoon();
      return;
    }
    const fits = frame.length > 0 && frame.length <= limits.frameBytesMax;
    if (!fits || !this.#out[channel].push(frame)) {
      this.#counted.framesDropped++;
      if (fits && channel === "control") this.ended("too-slow");
    }
    this.#flushSoon();
  }

  flush(): void {
    if (this.#state !== "open") return;
    // First what is worth nothing later.
    this.#datagrams.flush();
    for (const channel of RELIABLE) this.#out[channel].pump();
  }

  signal(remote: Uint8Array): void {
    if (this.#state === "opening") this.#connection?.signal(remote);
  }

  close(reason: string): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    if (this.#state === "opening") {
      this.#finish(reason);
      return;
    }
    this.#state = "closing";
    this.#closeReason = reason;
    this.#datagrams.flush();
    for (const channel of RELIABLE) this.#out[channel].end();
    // The other side hangs up when it has read both goodbyes: that is how we learn that everything arrived.
    this.#cancelTimer = this.#clock.after(linkLimits.goodbyeMs, () => this.#finish(reason));
  }

  get bufferedBytes(): number {
    return this.#out.control.bufferedBytes + this.#out.data.bufferedBytes;
  }

  get stats(): LinkStats {
    const { control, data } = this.#out;
    const datagrams = this.#datagrams;
    const { framesIn, messagesIn, bytesIn, framesDropped } = this.#counted;
    return {
      framesIn,
      framesOut: control.sentFrames + data.sentFrames + datagrams.sentFrames,
      messagesIn,
      messagesOut: control.sentMessages + data.sentMessages + datagrams.sentMessages,
      bytesIn,
      bytesOut: control.sentBytes + data.sentBytes + datagrams.sentBytes,
      framesDropped,
      unreliableDropped: datagrams.dropped,
    };
  }

  // --- the engine's side --------------------------------------------------------------------------------------------

  /** It has been open, and has not ended. */
  get isOpen(): boolean {
    return this.#state === "open" || this.#state === "closing";
  }

  /** Must come before anything else of the engine's. */
  attach(connection: Connection): void {
    this.#connection = connection;
  }

  /** The local offer or answer is made. */
  signaled(signal: Uint8Array): void {
    if (this.#state === "opening") this.#events.onSignal(signal);
  }

  /** All channels are open; the other side asked for messages of at most `messageBytesMax`. */
  opened(channels: Record<Channel, ByteChannel>, binding: LinkBinding, messageBytesMax: number): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#cancelTimer();
    for (const channel of RELIABLE) {
      this.#out[channel].open(channels[channel], Math.min(messageBytesMax, this.#messageBytesMax));
    }
    this.#datagrams.open(channels.unreliable);
    this.#events.onOpen(binding);
    this.flush();
    this.#tellWritable();
    const early = this.#early;
    this.#early = [];
    for (const { channel, message } of early) this.received(channel, message);
  }

  /** A message came: bytes from an honest peer, anything from another. */
  received(channel: Channel, message: unknown): void {
    if (this.#state === "opening") {
      if (channel === "unreliable") return;
      if (this.#early.length < linkLimits.earlyMessagesMax) this.#early.push({ channel, message });
      else this.ended("misbehaved");
      return;
    }
    if (this.#state === "closed") return;
    const bytes = bytesOf(message);
    if (bytes === undefined || bytes.length > this.#messageBytesMax) {
      this.ended("misbehaved");
      return;
    }
    this.#counted.messagesIn++;
    this.#counted.bytesIn += bytes.length;
    const onFrame = (frame: Uint8Array): boolean => {
      if (this.#state !== "open") return this.#state === "closing";
      this.#counted.framesIn++;
      this.#events.onFrame(channel, frame);
      return true;
    };
    const fault = channel === "unreliable" ? readDatagram(bytes, onFrame) : this.#in[channel].read(bytes, onFrame);
    if (fault !== undefined) this.ended("misbehaved");
    else if (this.#in.control.ended && this.#in.data.ended) this.ended("goodbye");
  }

  /** A channel drained. */
  drained(): void {
    this.flush();
    this.#tellWritable();
  }

  /** The connection broke, was refused, or is not to be trusted. */
  ended(reason: LinkEnd): void {
    this.#finish(this.#state === "closing" ? this.#closeReason : reason);
  }

  // ------------------------------------------------------------------------------------------------------------------

  #flushSoon(): void {
    if (this.#flushPending || this.#state !== "open") return;
    this.#flushPending = true;
    endOfTurn(() => {
      this.#flushPending = false;
      if (this.#state !== "open") return;
      this.flush();
      this.#tellWritable();
    });
  }

  #tellWritable(): void {
    if (this.#state !== "open") return;
    const writable = !this.#out.data.full(!this.#writable);
    if (!writable) this.#out.data.watch();
    if (writable === this.#writable) return;
    this.#writable = writable;
    this.#events.onWritable(writable);
  }

  #finish(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancelTimer();
    this.#early = [];
    this.#datagrams.stop();
    for (const channel of RELIABLE) this.#out[channel].stop();
    this.#connection?.destroy();
    queueMicrotask(() => this.#events.onClose(reason));
  }
}

function bytesOf(message: unknown): Uint8Array | undefined {
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  return undefined;
}
