/**
 * What the tests of the seed client share: a client whose events are noted and can be waited for, and a seed that says
 * exactly what a test tells it to.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { PeerMessage, SeedMessage } from "@grapevine/protocol/seed";
import { decodePeerMessage, encodeSeedMessage } from "@grapevine/protocol/seed";
import type { WebSocket as NodeWebSocket } from "ws";
import { WebSocketServer } from "ws";
import { createSeedClient } from "./seed-client.ts";
import type { SeedClient, SeedClientEvents, SeedClientOptions } from "./seed-client-contract.ts";

export type Told = { [K in keyof SeedClientEvents]: [K, ...Parameters<SeedClientEvents[K]>] }[keyof SeedClientEvents];
export type ToldOf<K extends keyof SeedClientEvents> = Parameters<SeedClientEvents[K]>;

/** A list that can be waited on. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#items.push(item);
    else first(item);
  }

  async next(): Promise<T> {
    if (this.#items.length > 0) return this.#items.shift()!;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What has come and was not taken. */
  take(): T[] {
    return this.#items.splice(0);
  }
}

export interface TestClient {
  readonly client: SeedClient;
  /** Wait for the next event, which must be this one. Empty lists of ICE servers are passed over. */
  told<K extends keyof SeedClientEvents>(event: K): Promise<ToldOf<K>>;
  /** Events that were not waited for, by name. */
  untold(): string[];
}

export const room: Uint8Array = new Uint8Array(32).fill(7);

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** `random` is 1 unless given, so that waits are the longest: 1, 2, 4 ... s. */
export function testClient(seeds: readonly string[], options: Partial<SeedClientOptions> = {}): TestClient {
  const inbox = new Inbox<Told>();
  const events = new Proxy({} as SeedClientEvents, {
    get:
      (_, event: keyof SeedClientEvents) =>
      (...args: unknown[]) => {
        if (event !== "onIceServers" || (args[0] as unknown[]).length > 0) inbox.push([event, ...args] as Told);
      },
  });
  return {
    client: createSeedClient({ seeds, room, events, random: () => 1, ...options }),
    async told<K extends keyof SeedClientEvents>(expected: K): Promise<ToldOf<K>> {
      const [event, ...args] = await inbox.next();
      if (event !== expected) throw new Error(`expected ${expected}, got ${event} ${JSON.stringify(args)}`);
      return args as unknown as ToldOf<K>;
    },
    untold: () => inbox.take().map(([event]) => event),
  };
}

/** One connection to a scripted seed. */
export interface Caller {
  readonly socket: NodeWebSocket;
  readonly closed: Promise<number>;
  heard(): Promise<PeerMessage>;
  say(message: SeedMessage): void;
}

export interface ScriptedSeed {
  readonly url: string;
  /** The next connection. */
  caller(): Promise<Caller>;
  /** The next connection, greeted, once it has said hello. */
  welcomed(others?: number): Promise<Caller>;
  close(): Promise<void>;
}

/** A seed that accepts connections, and says what it is told to. */
export async function scriptedSeed(port = 0): Promise<ScriptedSeed> {
  const server = new WebSocketServer({ port, host: "127.0.0.1" });
  await once(server, "listening");
  const callers = new Inbox<Caller>();
  server.on("connection", (socket) => {
    const heard = new Inbox<PeerMessage>();
    socket.on("message", (data) => {
      const decoded = decodePeerMessage(new Uint8Array(data as Buffer));
      if (!decoded.ok) throw new Error(`the client said what does not decode: ${decoded.reason}`);
      heard.push(decoded.message);
    });
    const closed = once(socket, "close").then(([code]) => code as number);
    callers.push({
      socket,
      closed,
      heard: async () => heard.next(),
      say: (message) => socket.send(encodeSeedMessage(message)),
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caller: async () => callers.next(),
    async welcomed(others = 0) {
      const caller = await callers.next();
      await caller.heard();
      caller.say({ kind: "welcome", seat: "00".repeat(8), iceServers: [], others, peers: [] });
      return caller;
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
