/**
 * One connection to a seed, from hello to its end. The seed is a stranger: what it says is decoded and bounded, and
 * whatever is not in order ends the connection.
 */
import type { PeerMessage, SeedMessage } from "@grapevine/protocol/seed";
import {
  SEED_PROTOCOL_VERSION,
  decodeSeedMessage,
  encodePeerMessage,
  seedClose,
  seedLimits,
} from "@grapevine/protocol/seed";
import { openWebSocket } from "#platform";
import type { Clock } from "./clock.ts";
import { seedClientLimits } from "./seed-client-limits.ts";

export interface SeedSocketEvents {
  /** The first is the welcome, and only the first. */
  onMessage(message: SeedMessage): void;
  /** The connection is over, or never came to be: what the seed did, in words. Told once; nothing is told after `close`. */
  onEnd(what: string): void;
}

export interface SeedSocketOptions {
  readonly url: string;
  readonly room: Uint8Array;
  /** Undefined as long as there is none to show. */
  readonly card: () => Uint8Array | undefined;
  readonly clock: Clock;
  readonly events: SeedSocketEvents;
}

export class SeedSocket {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #events: SeedSocketEvents;
  readonly #room: Uint8Array;
  readonly #card: SeedSocketOptions["card"];
  #greeted = false;
  #welcomed = false;
  #ended = false;
  /** What the platform says of a failure, where it does. */
  #fault = "";
  #secondMs = 0;
  #messages = 0;

  /** Throws what the platform throws when it refuses the address. */
  constructor({ url, room, card, clock, events }: SeedSocketOptions) {
    this.#room = room;
    this.#card = card;
    this.#clock = clock;
    this.#events = events;
    const socket = openWebSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.show());
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#onData(data));
    socket.addEventListener("error", (event) => (this.#fault = faultOf(event)));
    socket.addEventListener("close", ({ code, reason }) => this.#onClose(code, reason));
  }

  /** Show the card, in hello or anew, if there is one and the connection is open. */
  show(): void {
    const card = this.#card();
    if (card === undefined || this.#socket.readyState !== 1) return;
    if (this.#greeted) this.send({ kind: "card", card });
    else this.send({ kind: "hello", version: SEED_PROTOCOL_VERSION, room: this.#room, card });
    this.#greeted = true;
  }

  /** Returns false when it cannot be sent now: not open, or too much is unsent. */
  send(message: PeerMessage): boolean {
    if (this.#socket.readyState !== 1 || this.#socket.bufferedAmount > seedClientLimits.bufferBytesMax) return false;
    this.#socket.send(encodePeerMessage(message) as Uint8Array<ArrayBuffer>);
    return true;
  }

  /** No event comes any more. */
  close(): void {
    this.#ended = true;
    this.#socket.close(seedClose.normal);
  }

  #onData(data: unknown): void {
    if (this.#ended) return;
    if (this.#isFlood()) return this.#refuse("floods us");
    if (!(data instanceof ArrayBuffer)) return this.#refuse("sent text");
    if (data.byteLength > seedLimits.messageBytesMax) return this.#refuse("sent too much in one message");
    const decoded = decodeSeedMessage(new Uint8Array(data));
    if (!decoded.ok) return this.#refuse(`sent a message that does not decode (${decoded.reason})`);
    if ((decoded.message.kind === "welcome") === this.#welcomed || !this.#greeted) {
      return this.#refuse(`sent ${decoded.message.kind} out of turn`);
    }
    this.#welcomed = true;
    this.#events.onMessage(decoded.message);
  }

  #refuse(what: string): void {
    this.#ended = true;
    this.#socket.close(seedClose.malformed);
    this.#events.onEnd(what);
  }

  #onClose(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnd(this.#explain(code, reason));
  }

  #explain(code: number, reason: string): string {
    if (this.#fault !== "") return `${this.#welcomed ? "was lost" : "cannot be reached"}: ${this.#fault}`;
    if (code === 1006) return this.#welcomed ? "was lost" : "cannot be reached";
    if (code === seedClose.shutdown) return "shut down";
    if (code === seedClose.full) return "has no place for us at the moment";
    if (code === seedClose.version) return "speaks another version of the protocol";
    // The reason is the seed's text: shown short, and as a quotation.
    return `closed the connection (${code}${reason === "" ? "" : ` ${JSON.stringify(reason.slice(0, 60))}`})`;
  }

  #isFlood(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#messages = 0;
    }
    return ++this.#messages > seedClientLimits.messagesPerSecondMax;
  }
}

/** Node says what went wrong ("connect ECONNREFUSED ..."); browsers keep it to themselves. */
function faultOf(event: Event): string {
  const { message, error } = event as { message?: unknown; error?: { code?: unknown } };
  if (typeof message === "string" && message !== "") return message;
  return typeof error?.code === "string" ? error.code : "";
}
