/**
 * The seed itself: an HTTP server that answers `/health` and turns `/` into WebSockets, and the few clocks that it
 * takes. It keeps sockets and cards in memory and nothing else, writes nothing down, and can be ended at any time.
 */
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { STATUS_CODES, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { seedClose, seedLimits } from "@grapevine/protocol/seed";
import type { ServerOptions } from "ws";
import { WebSocketServer } from "ws";
import { Addresses, addressOf, network } from "./addresses.ts";
import { Connection } from "./connection.ts";
import { SeedError } from "./error.ts";
import { Matchmaker } from "./matchmaker.ts";
import type { CheckedOptions, SeedOptions } from "./options.ts";
import { checkOptions } from "./options.ts";

export interface Seed {
  /** What peers put into `seeds`: "ws://127.0.0.1:7700". */
  readonly url: string;
  readonly port: number;
  stats(): SeedStats;
  /** Close every socket with `shutdown`, and the port. Resolves when nothing is left, within `limits.closeMs`. */
  close(): Promise<void>;
}

/** Numbers only: a seed knows nobody. */
export interface SeedStats {
  readonly rooms: number;
  /** Open WebSockets. */
  readonly sockets: number;
  /** Those of them that have said hello. */
  readonly seated: number;
  readonly uptimeMs: number;
  /** Since the start. */
  readonly welcomed: number;
  readonly relayed: number;
  readonly gone: number;
  readonly released: number;
  /** WebSockets refused by HTTP status. */
  readonly refused: Readonly<Record<number, number>>;
  /** WebSockets ended, by close code; 1006 are those cut without one. */
  readonly closed: Readonly<Record<number, number>>;
}

/** TCP connections beyond the WebSockets that are granted. Reason: requests for `/health`, and upgrades under way. */
const CONNECTIONS_SPARE = 64;

/** Version of this package. */
export const seedVersion: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** Listen. Rejects with a SeedError: "invalid-argument", "port-taken" or "listen-failed". */
export async function startSeed(options: SeedOptions): Promise<Seed> {
  const server = new SeedServer(checkOptions(options));
  await server.listen();
  return server;
}

class SeedServer implements Seed {
  /** The one it listens on, or did. */
  port: number;
  private readonly options: CheckedOptions;
  private readonly http: Server;
  private readonly webSockets: WebSocketServer;
  private readonly connections = new Set<Connection>();
  private readonly addresses: Addresses;
  /** TCP connections of each address. */
  private readonly dialed = new Map<string, number>();
  private readonly matchmaker: Matchmaker;
  private readonly refused: Record<number, number> = {};
  private readonly closed: Record<number, number> = {};
  private readonly startedMs = performance.now();
  private heart: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(options: CheckedOptions) {
    this.options = options;
    this.port = options.port;
    const { limits } = options;
    // The published types lack the last three.
    const webSocketBounds: ServerOptions & { closeTimeout: number; maxFragments: number; maxBufferedChunks: number } = {
      noServer: true,
      clientTracking: false,
      // Sealed bytes do not compress, and a window for each socket would cost more than all the rest.
      perMessageDeflate: false,
      maxPayload: seedLimits.messageBytesMax,
      closeTimeout: limits.closeMs,
      // A message comes in few pieces; a thousand are an attack on our memory.
      maxFragments: 64,
      maxBufferedChunks: 1024,
    };
    this.webSockets = new WebSocketServer(webSocketBounds);
    this.addresses = new Addresses(limits);
    this.matchmaker = new Matchmaker({
      limits,
      below: (bound) => (bound <= 1 ? 0 : randomInt(bound)),
      newSeat: () => randomBytes(seedLimits.seatBytes).toString("hex"),
      iceServers: () => this.iceServers(),
    });
    const bounds = {
      maxHeaderSize: limits.headersBytesMax,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.max(1, limits.headersMs / 4),
    };
    this.http = createServer(bounds, (request, response) => this.onRequest(request, response));
    this.http.maxConnections = limits.socketsMax + CONNECTIONS_SPARE;
    this.http.on("connection", (socket) => this.onConnection(socket));
    this.http.on("upgrade", (request, socket, head) => this.onUpgrade(request, socket, head));
  }

  get url(): string {
    const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[this.options.host] ?? this.options.host;
    return `ws://${host.includes(":") ? `[${host}]` : host}:${this.port}`;
  }

  stats(): SeedStats {
    return {
      rooms: this.matchmaker.roomCount,
      sockets: this.connections.size,
      seated: this.matchmaker.seatedCount,
      uptimeMs: performance.now() - this.startedMs,
      ...this.matchmaker.counts,
      refused: { ...this.refused },
      closed: { ...this.closed },
    };
  }

  async listen(): Promise<void> {
    const { host, port, limits } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.http.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      this.http.listen({ host, port }, resolve);
    });
    this.port = (this.http.address() as AddressInfo).port;
    this.heart = setInterval(() => this.beat(), limits.pingPeriodMs);
  }

  async close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.heart);
    const stopped = new Promise<void>((resolve) => {
      this.http.close(() => resolve());
    });
    const empty = new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      if (this.connections.size === 0) resolve();
    });
    for (const connection of this.connections) connection.end(seedClose.shutdown, "the seed shuts down");
    const cut = setTimeout(() => {
      for (const connection of this.connections) connection.cut();
    }, this.options.limits.closeMs);
    await empty;
    clearTimeout(cut);
    this.http.closeAllConnections();
    await stopped;
  }

  private beat(): void {
    const nowMs = performance.now();
    for (const connection of this.connections) connection.beat();
    this.matchmaker.sweep(nowMs);
    this.addresses.sweep(nowMs);
  }

  // --- HTTP -----------------------------------------------------------------------------------------------------------

  /** Before anything is said: an address holds no more connections than it may hold WebSockets, and a few. */
  private onConnection(socket: Socket): void {
    // Behind a proxy all come from one address, and bounding them is the proxy's part.
    if (this.options.trustProxy) return;
    const name = network(socket.remoteAddress ?? "unknown");
    const count = (this.dialed.get(name) ?? 0) + 1;
    if (count > this.options.limits.addressSocketsMax + CONNECTIONS_SPARE) {
      socket.destroy();
      return;
    }
    this.dialed.set(name, count);
    socket.once("close", () => {
      const left = this.dialed.get(name)! - 1;
      if (left === 0) this.dialed.delete(name);
      else this.dialed.set(name, left);
    });
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    response.setHeader("Connection", "close");
    if (path === "/health" && (request.method === "GET" || request.method === "HEAD")) {
      const { rooms, sockets, uptimeMs } = this.stats();
      const health = { status: "ok", version: seedVersion, rooms, sockets, uptimeS: Math.floor(uptimeMs / 1000) };
      response.setHeader("Content-Type", "application/json");
      response.setHeader("Cache-Control", "no-store");
      response.end(JSON.stringify(health));
      return;
    }
    const status = path === "/" ? 426 : 404;
    if (status === 426) response.setHeader("Upgrade", "websocket");
    response.writeHead(status, { "Content-Type": "text/plain" }).end(`${STATUS_CODES[status]}\n`);
  }

  private onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const nowMs = performance.now();
    const admitted = this.admit(request, nowMs);
    if (typeof admitted === "number") {
      this.refused[admitted] = (this.refused[admitted] ?? 0) + 1;
      // The other side may be gone already.
      socket.on("error", () => socket.destroy());
      // Nor may it keep its half of the connection open, of which nobody counts the time any more.
      socket.once("finish", () => socket.destroy());
      socket.end(`HTTP/1.1 ${admitted} ${STATUS_CODES[admitted]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    // `ws` answers a broken upgrade by itself and does not call back; the place is given back when the socket closes.
    let taken = false;
    socket.once("close", () => {
      if (!taken) this.addresses.release(admitted);
    });
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      taken = true;
      const { limits } = this.options;
      const connection = new Connection({
        socket: webSocket,
        address: admitted,
        matchmaker: this.matchmaker,
        limits,
        nowMs: () => performance.now(),
        onEnd: (connection, code) => {
          this.connections.delete(connection);
          this.addresses.release(admitted);
          this.closed[code] = (this.closed[code] ?? 0) + 1;
          if (this.connections.size === 0) this.onEmpty?.();
        },
      });
      this.connections.add(connection);
    });
  }

  /** The account of a new socket's address, or the HTTP status that refuses it. */
  private admit(request: IncomingMessage, nowMs: number): ReturnType<Addresses["admit"]> | 403 | 404 {
    const { origins, limits, trustProxy } = this.options;
    if (pathOf(request) !== "/") return 404;
    const { origin } = request.headers;
    if (origins !== undefined && origin !== undefined && !origins.has(origin)) return 403;
    if (this.closing !== undefined || this.connections.size >= limits.socketsMax) return 503;
    return this.addresses.admit(addressOf(request, trustProxy), nowMs);
  }

  private iceServers(): ReturnType<CheckedOptions["iceServers"]> {
    try {
      return this.options.iceServers();
    } catch (error) {
      // The operator's function failed; peers on one network still find each other.
      process.emitWarning(`the seed hands out no ICE servers: ${String(error)}`, { code: "GRAPEVINE_SEED_ICE" });
      return [];
    }
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").replace(/\?.*$/, "");
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): SeedError {
  const where = `port ${port} of ${host}`;
  if (error.code === "EADDRINUSE") {
    return new SeedError("port-taken", `${where} is taken by another program`, { cause: error });
  }
  const why =
    error.code === "EACCES"
      ? "this process may not listen there"
      : error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND"
        ? "that host is not an address of this machine"
        : error.message;
  return new SeedError("listen-failed", `cannot listen on ${where}: ${why}`, { cause: error });
}
