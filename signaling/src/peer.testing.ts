/**
 * A peer as a seed meets it, for tests: a raw WebSocket, the messages that came in order, and how it ended. It can say
 * anything, well-formed or not.
 */
import { once } from "node:events";
import type { PeerMessage, SeedMessage } from "@grapevine/protocol/seed";
import { decodeSeedMessage, encodePeerMessage } from "@grapevine/protocol/seed";
import { WebSocket } from "ws";
import type { ClientOptions } from "ws";

export interface TestPeer {
  readonly socket: WebSocket;
  /** The code with which the socket closed. */
  readonly closed: Promise<number>;
  say(message: PeerMessage): void;
  /** The next message; rejects when the socket closes first. */
  nextOfAny(): Promise<SeedMessage>;
  /** The next message, which must be of this kind. */
  next<K extends SeedMessage["kind"]>(kind: K): Promise<Extract<SeedMessage, { kind: K }>>;
  /** Close in good order, and wait until it is closed. */
  leave(): Promise<void>;
}

export type SeatedTestPeer = TestPeer & { readonly welcome: Extract<SeedMessage, { kind: "welcome" }> };

/** A room by its first letter. */
export function roomOf(name: string): Uint8Array {
  return new Uint8Array(32).fill(name.charCodeAt(0));
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** An open WebSocket that has said nothing. Rejects with `ws`'s error when the seed refuses it. */
export async function connect(url: string, options: ClientOptions = {}): Promise<TestPeer> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const heard: SeedMessage[] = [];
  const waiting: { resolve: (message: SeedMessage) => void; reject: (error: Error) => void }[] = [];
  const closed = new Promise<number>((resolve) => {
    socket.on("close", (code) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`closed with ${code}`));
      resolve(code);
    });
  });
  socket.on("message", (data) => {
    const decoded = decodeSeedMessage(new Uint8Array(data as Buffer));
    if (!decoded.ok) throw new Error(`the seed said what does not decode: ${decoded.reason}`);
    const first = waiting.shift();
    if (first === undefined) heard.push(decoded.message);
    else first.resolve(decoded.message);
  });
  await once(socket, "open");
  socket.on("error", () => {});
  const nextOfAny = async (): Promise<SeedMessage> =>
    heard.shift() ?? new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  return {
    socket,
    closed,
    say: (message) => socket.send(encodePeerMessage(message)),
    nextOfAny,
    async next(kind) {
      const message = await nextOfAny();
      if (message.kind !== kind) throw new Error(`expected ${kind}, got ${message.kind}`);
      return message as Extract<SeedMessage, { kind: typeof kind }>;
    },
    async leave() {
      socket.close();
      await closed;
    },
  };
}

/** A peer that has been welcomed. */
export async function seated(
  url: string,
  card: string,
  room: string = "room",
  options: ClientOptions = {},
): Promise<SeatedTestPeer> {
  const peer = await connect(url, options);
  peer.say({ kind: "hello", version: 1, room: roomOf(room), card: bytesOf(card) });
  return Object.assign(peer, { welcome: await peer.next("welcome") });
}

/** The HTTP status with which the seed refuses a WebSocket. */
export async function refusal(url: string, options: ClientOptions = {}): Promise<number | undefined> {
  const socket = new WebSocket(url, options);
  socket.on("error", () => {});
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
  socket.terminate();
  return response.statusCode;
}
