import { createConnection } from "node:net";
import { once } from "node:events";
import { seedClose } from "@grapevine/protocol/seed";
import { afterEach, describe, expect, test } from "vitest";
import { SeedError } from "./error.ts";
import type { SeedOptions } from "./options.ts";
import { bytesOf, connect, refusal, seated } from "./peer.testing.ts";
import type { Seed } from "./seed.ts";
import { seedVersion, startSeed } from "./seed.ts";

const started: Seed[] = [];

async function start(options: Partial<SeedOptions> = {}): Promise<Seed> {
  const seed = await startSeed({ port: 0, host: "127.0.0.1", ...options });
  started.push(seed);
  return seed;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(async (seed) => seed.close()));
});

const http = (seed: Seed, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${seed.port}${path}`, init);

describe("over HTTP", () => {
  test("/health tells its state in numbers", async () => {
    const seed = await start();
    await seated(seed.url, "peer");
    const response = await http(seed, "/health?x=1");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      status: "ok",
      version: seedVersion,
      rooms: 1,
      sockets: 1,
      uptimeS: expect.any(Number) as number,
    });
  });

  test.each([
    ["GET", "/", 426],
    ["POST", "/", 426],
    ["POST", "/health", 404],
    ["GET", "/etc/passwd", 404],
    ["GET", "//health", 404],
  ])("%s %s is answered with %i", async (method, path, status) => {
    const seed = await start();
    expect((await http(seed, path, { method })).status).toBe(status);
  });

  test("an upgrade that is refused keeps no half of its connection", async () => {
    const seed = await start();
    const socket = createConnection({ port: seed.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.write("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    const closed = new Promise<unknown>((resolve) => socket.once("close", resolve));
    const [answer] = (await once(socket.resume(), "data")) as [Buffer];
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1.1 404 /);
    await once(socket, "end");
    // Nobody is there any more to take it.
    const talking = setInterval(() => socket.write("x"), 5);
    await closed;
    clearInterval(talking);
  });

  test("bytes that are not HTTP end their connection only", async () => {
    const seed = await start();
    const peer = await seated(seed.url, "peer");
    const socket = createConnection(seed.port, "127.0.0.1");
    socket.end(Buffer.from([0xff, 0, 0xff, 0, 13, 10, 13, 10]));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1.1 400 /);
    peer.say({ kind: "ask", count: 1 });
    expect(await peer.next("peers")).toMatchObject({ others: 0 });
  });
});

describe("connections that say nothing", () => {
  test("are cut when the time for headers is over", async () => {
    const seed = await start({ limits: { headersMs: 40 } });
    const socket = createConnection(seed.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1.1 408 /);
  });

  test("are not taken without end from one address", async () => {
    const seed = await start({ limits: { addressSocketsMax: 0 } });
    const sockets = Array.from({ length: 65 }, () => createConnection(seed.port, "127.0.0.1"));
    const cut = await Promise.race(sockets.map(async (socket) => once(socket, "close").then(() => socket)));
    expect(sockets).toContain(cut);
    const others = sockets.filter((socket) => socket !== cut);
    await Promise.all(
      others.map(async (socket) => {
        socket.end();
        await once(socket, "close");
      }),
    );
    for (let taken = false; !taken;)
      taken = await http(seed, "/health").then(
        ({ ok }) => ok,
        () => false,
      );
  });
});

test("headers that are too big are refused", async () => {
  const seed = await start({ limits: { headersBytesMax: 1024 } });
  const response = await http(seed, "/health", { headers: { "X-Long": "x".repeat(2000) } });
  expect(response.status).toBe(431);
});

describe("a WebSocket is refused", () => {
  test("elsewhere than at /", async () => {
    const seed = await start();
    expect(await refusal(`${seed.url}/health`)).toBe(404);
  });

  test("from a page of another origin, if origins are named; from no page it is let in", async () => {
    const seed = await start({ origins: ["https://example.org"] });
    expect(await refusal(seed.url, { origin: "https://example.com" })).toBe(403);
    await seated(seed.url, "page", "room", { origin: "https://example.org" });
    await seated(seed.url, "daemon");
  });

  test("beyond the sockets of one address, and taken again when one has left", async () => {
    const seed = await start({ limits: { addressSocketsMax: 2 } });
    const first = await seated(seed.url, "a");
    await seated(seed.url, "b");
    expect(await refusal(seed.url)).toBe(429);
    await first.leave();
    // The seed may hear of the end a moment after the peer does.
    for (let taken = false; !taken;) taken = await connect(seed.url).then(Boolean, () => false);
    expect(seed.stats().refused[429]).toBeGreaterThanOrEqual(1);
  });

  test("beyond the new sockets of one address in a while", async () => {
    const seed = await start({ limits: { addressHandshakes: { perSecond: 1e-6, burst: 2 } } });
    await (await seated(seed.url, "a")).leave();
    await (await seated(seed.url, "b")).leave();
    expect(await refusal(seed.url)).toBe(429);
  });

  test("by the address that a trusted proxy names", async () => {
    const seed = await start({ trustProxy: true, limits: { addressSocketsMax: 1 } });
    const from = (address: string): object => ({ headers: { "X-Forwarded-For": `1.2.3.4, ${address}` } });
    await seated(seed.url, "a", "room", from("192.0.2.1"));
    await seated(seed.url, "b", "room", from("192.0.2.2"));
    expect(await refusal(seed.url, from("192.0.2.1"))).toBe(429);
  });

  test("beyond the sockets of the seed", async () => {
    const seed = await start({ limits: { socketsMax: 1 } });
    await seated(seed.url, "a");
    expect(await refusal(seed.url)).toBe(503);
    expect(seed.stats().refused).toEqual({ 503: 1 });
  });

  test("when its upgrade is broken, and then takes no place", async () => {
    const seed = await start({ limits: { addressSocketsMax: 1 } });
    const response = await http(seed, "/", {
      headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
    }).catch(() => undefined);
    // Node's fetch sends no Upgrade header; a raw request does.
    expect(response?.status ?? 426).toBe(426);
    const socket = createConnection(seed.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1.1 400 /);
    if (!socket.closed) await once(socket, "close");
    for (let taken = false; !taken;) taken = await connect(seed.url).then(Boolean, () => false);
    expect(seed.stats().sockets).toBe(1);
  });
});

describe("ICE servers", () => {
  const turn = { urls: "turn:turn.example.org?transport=udp", username: "u", credential: "c" };

  test("as configured are in every welcome", async () => {
    const seed = await start({ iceServers: [{ urls: "stun:stun.example.org:3478" }, turn] });
    const { welcome } = await seated(seed.url, "peer");
    expect(welcome.iceServers).toEqual([
      { urls: ["stun:stun.example.org:3478"] },
      { urls: ["turn:turn.example.org?transport=udp"], username: "u", credential: "c" },
    ]);
  });

  test("of a function are made anew for each", async () => {
    let calls = 0;
    const seed = await start({ iceServers: () => [{ ...turn, username: `user ${++calls}` }] });
    expect((await seated(seed.url, "a")).welcome.iceServers[0]?.username).toBe("user 1");
    expect((await seated(seed.url, "b")).welcome.iceServers[0]?.username).toBe("user 2");
  });

  test("of a function that fails are none, and the operator is warned", async () => {
    const warned = once(process, "warning");
    const seed = await start({
      iceServers: () => {
        throw new Error("no secret");
      },
    });
    expect((await seated(seed.url, "a")).welcome.iceServers).toEqual([]);
    const [warning] = (await warned) as [Error];
    expect(warning.message).toContain("no secret");
  });
});

describe("its life", () => {
  test("url and port are those it listens on", async () => {
    const seed = await start();
    expect(seed.url).toBe(`ws://127.0.0.1:${seed.port}`);
    expect(seed.port).toBeGreaterThan(0);
    expect((await start({ host: "0.0.0.0" })).url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect((await start({ host: "::1" })).url).toMatch(/^ws:\/\/\[::1\]:\d+$/);
  });

  test("a port that is taken is said to be", async () => {
    const { port } = await start();
    const second = start({ port });
    await expect(second).rejects.toBeInstanceOf(SeedError);
    await expect(second).rejects.toMatchObject({
      code: "port-taken",
      message: `port ${port} of 127.0.0.1 is taken by another program`,
    });
  });

  test("a host that is not this machine's is said to be", async () => {
    await expect(start({ host: "192.0.2.1" })).rejects.toMatchObject({
      code: "listen-failed",
      message: expect.stringMatching(/^cannot listen on port 0 of 192\.0\.2\.1: that host is not/) as string,
    });
  });

  test("close tells every socket, leaves the port free, and may be called twice", async () => {
    const seed = await start();
    const peer = await seated(seed.url, "peer");
    const stranger = await connect(seed.url);
    const closed = Promise.all([seed.close(), seed.close()]);
    expect(await peer.closed).toBe(seedClose.shutdown);
    expect(await stranger.closed).toBe(seedClose.shutdown);
    await closed;
    expect(seed.stats()).toMatchObject({ rooms: 0, sockets: 0, seated: 0 });
    const again = await start({ port: seed.port });
    expect(again.url).toBe(seed.url);
    await seated(again.url, "peer");
  });

  test("close does not wait for sockets that do not answer", async () => {
    const seed = await start({ limits: { closeMs: 30 } });
    const deaf = await seated(seed.url, "deaf");
    deaf.socket.pause();
    await seed.close();
    deaf.socket.resume();
    await deaf.closed;
    expect(seed.stats().sockets).toBe(0);
  });

  test("stats count what has passed, and name nobody", async () => {
    const seed = await start();
    const [a, b] = await Promise.all([seated(seed.url, "a"), seated(seed.url, "b")]);
    a.say({ kind: "signal", seat: b.welcome.seat, bytes: bytesOf("x") });
    await b.next("signal");
    a.say({ kind: "signal", seat: "00".repeat(8), bytes: bytesOf("x") });
    await a.next("gone");
    expect(seed.stats()).toEqual({
      rooms: 1,
      sockets: 2,
      seated: 2,
      uptimeMs: expect.any(Number) as number,
      welcomed: 2,
      relayed: 1,
      gone: 1,
      released: 0,
      refused: {},
      closed: {},
    });
  });
});
