/**
 * A seed that does what no honest one does, for tests of what peers make of it: it can rewrite, drop, replay, misdirect
 * and invent signals, lie about who is there, and say any bytes at all. It introduces peers as the real seed does where
 * it is not told otherwise, and sets no limits.
 */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import type { IceServer, Seat, SeatedPeer, SeedMessage } from "@grapevine/protocol/seed";
import { decodePeerMessage, encodeSeedMessage, seedLimits } from "@grapevine/protocol/seed";
import type { WebSocket } from "ws";
import { WebSocketServer } from "ws";

/** A signal on its way. `from` is what the receiver is told. */
export interface Relayed {
  readonly from: Seat;
  readonly to: Seat;
  readonly bytes: Uint8Array;
}

/** Relay these bytes instead, relay nothing, or relay all of these: replayed, misdirected, invented. */
export type Tampering = Uint8Array | "drop" | readonly Relayed[];

export interface MaliciousSeedOptions {
  /** On 127.0.0.1; a free one if not given. */
  readonly port?: number;
  /** Sees every signal; "drop", the same `bytes`, other bytes, or a list of what is relayed instead. */
  onSignal?(from: Seat, to: Seat, bytes: Uint8Array): Tampering | Promise<Tampering>;
  /** What `asker` is told of who is there, at its welcome and when it asks. */
  lieAboutPeers?(asker: Seat, truth: Introduction): Introduction;
  readonly iceServers?: readonly IceServer[];
  /** Take a socket for another room than the one that it named. Undefined closes it. */
  onHello?(room: Uint8Array, card: Uint8Array): Uint8Array | undefined;
}

export interface Introduction {
  readonly others: number;
  readonly peers: readonly SeatedPeer[];
}

export interface MaliciousSeed {
  readonly url: string;
  readonly port: number;
  /** Everything that peers sent to each other, in order. */
  readonly signals: readonly Relayed[];
  /** Who sits there now, with their cards. */
  readonly seats: readonly SeatedPeer[];
  /** Say something to a seat. */
  say(seat: Seat, message: SeedMessage): void;
  /** Say anything to a seat: bytes, or a text message. */
  sayRaw(seat: Seat, data: Uint8Array | string): void;
  /** End a seat's socket. */
  end(seat: Seat, code: number, reason?: string): void;
  close(): Promise<void>;
}

interface Victim {
  readonly seat: Seat;
  readonly room: string;
  readonly socket: WebSocket;
  card: Uint8Array;
}

export async function startMaliciousSeed(options: MaliciousSeedOptions = {}): Promise<MaliciousSeed> {
  const server = new WebSocketServer({ port: options.port ?? 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const victims = new Map<Seat, Victim>();
  const signals: Relayed[] = [];

  const sayRaw = (seat: Seat, data: Uint8Array | string): void => {
    victims.get(seat)?.socket.send(data, { binary: typeof data !== "string" });
  };
  const say = (seat: Seat, message: SeedMessage): void => sayRaw(seat, encodeSeedMessage(message));

  const introduce = (asker: Victim, count: number): Introduction => {
    const others = [...victims.values()].filter((other) => other !== asker && other.room === asker.room);
    const peers = others.slice(0, count).map(({ seat, card }) => ({ seat, card }));
    const truth = { others: others.length, peers };
    return options.lieAboutPeers?.(asker.seat, truth) ?? truth;
  };

  const relay = async (from: Seat, to: Seat, bytes: Uint8Array): Promise<void> => {
    signals.push({ from, to, bytes });
    const tampering = (await options.onSignal?.(from, to, bytes)) ?? bytes;
    if (tampering === "drop") return;
    const relayed = tampering instanceof Uint8Array ? [{ from, to, bytes: tampering }] : tampering;
    for (const { from, to, bytes } of relayed) {
      if (victims.has(to)) say(to, { kind: "signal", seat: from, bytes });
      else say(from, { kind: "gone", seat: to });
    }
  };

  const welcome = (socket: WebSocket, room: Uint8Array, card: Uint8Array): Victim | undefined => {
    const given = options.onHello === undefined ? room : options.onHello(room, card);
    if (given === undefined) {
      socket.terminate();
      return undefined;
    }
    const seat = randomBytes(seedLimits.seatBytes).toString("hex");
    const victim: Victim = { seat, room: Buffer.from(given).toString("hex"), socket, card };
    victims.set(seat, victim);
    socket.on("close", () => victims.delete(seat));
    say(seat, {
      kind: "welcome",
      seat,
      iceServers: options.iceServers ?? [],
      ...introduce(victim, seedLimits.peersMax),
    });
    return victim;
  };

  server.on("connection", (socket) => {
    let victim: Victim | undefined;
    socket.on("error", () => {});
    socket.on("message", (data) => {
      const decoded = decodePeerMessage(new Uint8Array(data as Buffer));
      if (!decoded.ok) return socket.terminate();
      const { message } = decoded;
      if (message.kind === "hello") victim ??= welcome(socket, message.room, message.card);
      if (victim === undefined) return;
      if (message.kind === "card") victim.card = message.card;
      if (message.kind === "ask") say(victim.seat, { kind: "peers", ...introduce(victim, message.count) });
      if (message.kind === "signal") void relay(victim.seat, message.seat, message.bytes);
    });
  });

  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    signals,
    get seats() {
      return [...victims.values()].map(({ seat, card }) => ({ seat, card }));
    },
    say,
    sayRaw,
    end: (seat, code, reason) => victims.get(seat)?.socket.close(code, reason),
    async close() {
      for (const socket of server.clients) socket.terminate();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
