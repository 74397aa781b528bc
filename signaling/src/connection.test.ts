import { once } from "node:events";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { encodePeerMessage, encodeSeedMessage, seedClose, seedLimits } from "@grapevine/protocol/seed";
import { afterEach, describe, expect, test } from "vitest";
import type { SeedLimits } from "./limits.ts";
import type { TestPeer } from "./peer.testing.ts";
import { bytesOf, connect, roomOf, seated } from "./peer.testing.ts";
import type { Seed } from "./seed.ts";
import { startSeed } from "./seed.ts";

const started: Seed[] = [];

async function start(limits: Partial<SeedLimits> = {}): Promise<Seed> {
  const seed = await startSeed({ port: 0, host: "127.0.0.1", limits });
  started.push(seed);
  return seed;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(async (seed) => seed.close()));
});

const ask = encodePeerMessage({ kind: "ask", count: 1 });
const hello = encodePeerMessage({ kind: "hello", version: 1, room: roomOf("room"), card: bytesOf("card") });

/** The bytes under a WebSocket, to break frames; `mask` is four zero bytes, so that payloads stay as they are. */
async function rawUpgrade(seed: Seed): Promise<Duplex> {
  const upgrade = request({
    port: seed.port,
    host: "127.0.0.1",
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
    },
  });
  upgrade.end();
  const [, socket] = (await once(upgrade, "upgrade")) as [unknown, Duplex];
  return socket;
}

/** The code in the close frame with which the seed ends a raw socket; what comes before are short frames. */
async function rawCloseCode(socket: Duplex): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  let rest = Buffer.concat(chunks);
  while (rest[0] !== 0x88) rest = rest.subarray(2 + rest[1]!);
  return rest.readUInt16BE(2);
}

describe("bad input closes its own socket with a code, and harms nobody else", () => {
  test.each<[string, number, readonly (Uint8Array | string)[]]>([
    ["text", seedClose.malformed, ["hello"]],
    ["nothing", seedClose.malformed, [new Uint8Array(0)]],
    ["garbage", seedClose.malformed, [new Uint8Array(100).fill(0xee)]],
    ["a truncated hello", seedClose.malformed, [hello.slice(0, 20)]],
    ["a hello with something behind it", seedClose.malformed, [Uint8Array.of(...hello, 0)]],
    ["what only a seed says", seedClose.malformed, [hello, encodeSeedMessage({ kind: "release", retryAfterMs: 1 })]],
    ["an ask for too many", seedClose.malformed, [hello, Uint8Array.of(2, 255)]],
    ["a card that is too big", seedClose.malformed, [hello, Uint8Array.of(4, 0x81, 0x0c, ...new Uint8Array(1537))]],
    ["a message that is too big", seedClose.tooBig, [new Uint8Array(seedLimits.messageBytesMax + 1)]],
    ["hello of another version", seedClose.version, [Uint8Array.of(1, 2, 3, 4)]],
    ["an ask before hello", seedClose.unexpected, [ask]],
    ["a second hello", seedClose.unexpected, [hello, hello]],
  ])("%s: %i", async (_, code, messages) => {
    const seed = await start();
    const [a, b] = await Promise.all([seated(seed.url, "a"), seated(seed.url, "b")]);
    const bad = await connect(seed.url);
    for (const message of messages) bad.socket.send(message);
    expect(await bad.closed).toBe(code);
    a.say({ kind: "signal", seat: b.welcome.seat, bytes: bytesOf("still here") });
    expect(await b.next("signal")).toMatchObject({ seat: a.welcome.seat, bytes: bytesOf("still here") });
    a.say({ kind: "ask", count: 16 });
    expect(await a.next("peers")).toMatchObject({ others: 1, peers: [{ seat: b.welcome.seat }] });
    await askUntil(a, () => seed.stats().sockets === 2);
    expect(seed.stats().closed).toEqual({ [code]: 1 });
  });

  test.each<[string, number, readonly number[]]>([
    ["an opcode that does not exist", seedClose.brokenFrame, [0x83, 0x80, 0, 0, 0, 0]],
    ["a frame without a mask", seedClose.brokenFrame, [0x82, 0x01, 0x02]],
    ["compression that was not agreed", seedClose.brokenFrame, [0xc2, 0x80, 0, 0, 0, 0]],
    ["text that is not UTF-8", 1007, [0x81, 0x81, 0, 0, 0, 0, 0xff]],
    ["a length of 2^63", 1009, [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    // 70 pieces of one message, none of them the last.
    [
      "a message in too many pieces",
      1008,
      [0x02, 0x80, 0, 0, 0, 0, ...Array.from({ length: 70 }, () => [0x00, 0x81, 0, 0, 0, 0, 7]).flat()],
    ],
  ])("%s: %i", async (_, code, bytes) => {
    const seed = await start();
    const good = await seated(seed.url, "good");
    const socket = await rawUpgrade(seed);
    socket.write(Uint8Array.from(bytes));
    expect(await rawCloseCode(socket)).toBe(code);
    good.say({ kind: "ask", count: 1 });
    expect(await good.next("peers")).toMatchObject({ others: 0 });
  });

  test("one that pings without end and reads no answer is cut, for its answers would pile up", async () => {
    const endless = { perSecond: 1e9, burst: 1e9 };
    const all = { socketMessages: endless, socketBytes: endless, addressMessages: endless, addressBytes: endless };
    const seed = await start(all);
    const good = await seated(seed.url, "good");
    const socket = await rawUpgrade(seed);
    socket.pause();
    socket.on("error", () => {});
    const ping = Buffer.concat([Uint8Array.of(0x89, 0xfd, 0, 0, 0, 0), new Uint8Array(125)]);
    // More than both ends' kernels take. (`ws` bounds the pongs that wait.)
    const pings = Buffer.concat(Array.from({ length: 10_000 }, () => ping));
    for (let i = 0; i < 20; i++) socket.write(pings);
    await askUntil(good, () => seed.stats().sockets === 1);
    expect(seed.stats().closed).toEqual({ 1006: 1 });
  });

  test("a connection that breaks off in the middle of a message leaves nothing behind", async () => {
    const seed = await start();
    const good = await seated(seed.url, "good");
    const socket = await rawUpgrade(seed);
    socket.write(Uint8Array.of(0x82, 0xfe, 0x10, 0x00, 0, 0, 0, 0, 1, 2, 3));
    socket.destroy();
    await askUntil(good, () => seed.stats().sockets === 1);
    expect(seed.stats().closed).toEqual({ 1006: 1 });
  });
});

/** Ask until the seed has come to what we wait for: each answer means that it has had a turn. */
async function askUntil(peer: TestPeer, reached: () => boolean): Promise<void> {
  do {
    peer.say({ kind: "ask", count: 1 });
    await peer.next("peers");
  } while (!reached());
}

describe("time", () => {
  test("a socket without hello is closed", async () => {
    const seed = await start({ helloMs: 20 });
    const silent = await connect(seed.url);
    expect(await silent.closed).toBe(seedClose.helloTimeout);
  });

  test("a seated socket may be quiet for as long as it answers pings; one that does not is cut", async () => {
    const seed = await start({ pingPeriodMs: 100, helloMs: 10_000 });
    const alive = await seated(seed.url, "alive");
    const dead = await seated(seed.url, "dead", "room", { autoPong: false });
    expect(await dead.closed).toBe(1006);
    alive.say({ kind: "ask", count: 1 });
    expect(await alive.next("peers")).toMatchObject({ others: 0 });
  });

  test("a socket that answers no ping is handed out only for want of others, long before it is cut", async () => {
    const seed = await start({ doubtMs: 0 });
    await seated(seed.url, "dead", "room", { autoPong: false });
    const alive = await seated(seed.url, "alive");
    const asker = await seated(seed.url, "asker");
    for (let inARow = 0; inARow < 20;) {
      asker.say({ kind: "ask", count: 1 });
      const { others, peers } = await asker.next("peers");
      expect(others).toBe(2);
      inARow = peers[0]!.seat === alive.welcome.seat ? inARow + 1 : 0;
    }
    asker.say({ kind: "ask", count: 2 });
    expect((await asker.next("peers")).peers).toHaveLength(2);
  });

  test("a displaced socket is told to go, and may signal for a while", async () => {
    const seed = await start({ roomSample: 1, settleMs: 0, releaseGraceMs: 60_000, retryAfterMs: 1000 });
    const old = await seated(seed.url, "old");
    const newcomer = await seated(seed.url, "new");
    expect(newcomer.welcome.peers).toMatchObject([{ seat: old.welcome.seat }]);
    const { retryAfterMs } = await old.next("release");
    expect(retryAfterMs).toBeGreaterThanOrEqual(500);
    newcomer.say({ kind: "signal", seat: old.welcome.seat, bytes: bytesOf("offer") });
    await old.next("signal");
    old.say({ kind: "signal", seat: newcomer.welcome.seat, bytes: bytesOf("answer") });
    await newcomer.next("signal");
  });

  test("a displaced socket is closed when its grace is over", async () => {
    const seed = await start({ roomSample: 1, settleMs: 0, releaseGraceMs: 10 });
    const old = await seated(seed.url, "old");
    const newcomer = await seated(seed.url, "new");
    expect(await old.closed).toBe(seedClose.released);
    newcomer.say({ kind: "signal", seat: old.welcome.seat, bytes: bytesOf("offer") });
    expect(await newcomer.next("gone")).toMatchObject({ seat: old.welcome.seat });
  });
});

describe("rate", () => {
  test("a socket beyond its allowance is slowed down, and nothing is lost", async () => {
    const seed = await start({ socketMessages: { perSecond: 1000, burst: 4 } });
    const peer = await seated(seed.url, "peer");
    for (let i = 0; i < 40; i++) {
      peer.say({ kind: "ask", count: 1 });
      await peer.next("peers");
    }
    expect(seed.stats().closed).toEqual({});
  });

  test("a socket far beyond its allowance is closed", async () => {
    const seed = await start({ socketBytes: { perSecond: 1, burst: 1000 } });
    const peer = await seated(seed.url, "peer");
    peer.say({ kind: "signal", seat: peer.welcome.seat, bytes: new Uint8Array(3000) });
    expect(await peer.closed).toBe(seedClose.tooFast);
  });

  test("pings and pongs cost as much as messages", async () => {
    const seed = await start({ socketMessages: { perSecond: 1, burst: 10 } });
    for (const opcode of [0x89, 0x8a]) {
      const socket = await rawUpgrade(seed);
      socket.write(Uint8Array.from(Array.from({ length: 40 }, () => [opcode, 0x80, 0, 0, 0, 0]).flat()));
      expect(await rawCloseCode(socket)).toBe(seedClose.tooFast);
    }
  });

  test("who asks pays for the answers", async () => {
    const seed = await start({ socketBytes: { perSecond: 1, burst: 2000 } });
    await Promise.all(Array.from({ length: 16 }, async () => seated(seed.url, "c".repeat(seedLimits.cardBytesMax))));
    const peer = await seated(seed.url, "peer");
    peer.say({ kind: "ask", count: 16 });
    expect(await peer.closed).toBe(seedClose.tooFast);
  });

  test("an address beyond its allowance is slowed down, and no socket of it is closed", async () => {
    const seed = await start({ addressBytes: { perSecond: 100_000, burst: 1000 } });
    const [hog, other] = await Promise.all([seated(seed.url, "hog"), seated(seed.url, "other")]);
    hog.say({ kind: "signal", seat: other.welcome.seat, bytes: new Uint8Array(20_000) });
    await other.next("signal");
    other.say({ kind: "ask", count: 1 });
    expect(await other.next("peers")).toMatchObject({ others: 1 });
    hog.say({ kind: "ask", count: 1 });
    await hog.next("peers");
    expect(seed.stats().closed).toEqual({});
  });
});

describe("a socket that does not read", () => {
  test("is closed when its own answers pile up; the others do not notice", async () => {
    const unbounded = { perSecond: 1e9, burst: 1e9 };
    const seed = await start({
      bufferBytesMax: 64 * 1024,
      closeMs: 60_000,
      socketMessages: unbounded,
      socketBytes: unbounded,
      addressMessages: unbounded,
      addressBytes: unbounded,
    });
    const big = "c".repeat(seedLimits.cardBytesMax);
    const others = await Promise.all(Array.from({ length: 16 }, async () => seated(seed.url, big)));
    const slow = await seated(seed.url, "slow");
    slow.socket.pause();
    const witness = others[0]!;
    const full = seed.stats().seated;
    await askUntil(witness, () => {
      for (let i = 0; i < 20; i++) slow.say({ kind: "ask", count: 16 });
      return seed.stats().seated < full;
    });
    slow.socket.removeAllListeners("message");
    slow.socket.resume();
    expect(await slow.closed).toBe(seedClose.tooSlow);
    await askUntil(witness, () => seed.stats().sockets === 16);
    expect(seed.stats().closed).toEqual({ [seedClose.tooSlow]: 1 });
  });

  test("is not signalled to any more: its callers hear that it is gone, and it keeps its seat", async () => {
    const unbounded = { perSecond: 1e9, burst: 1e9 };
    const seed = await start({
      relayBufferBytesMax: 64 * 1024,
      socketMessages: unbounded,
      socketBytes: unbounded,
      addressMessages: unbounded,
      addressBytes: unbounded,
    });
    const slow = await seated(seed.url, "slow");
    const caller = await seated(seed.url, "caller");
    slow.socket.pause();
    const signal = {
      kind: "signal",
      seat: slow.welcome.seat,
      bytes: new Uint8Array(seedLimits.signalBytesMax),
    } as const;
    let answer;
    do {
      caller.say(signal);
      caller.say({ kind: "ask", count: 1 });
      answer = await caller.nextOfAny();
    } while (answer.kind === "peers");
    expect(answer).toEqual({ kind: "gone", seat: slow.welcome.seat });
    expect(await caller.next("peers")).toMatchObject({ others: 1 });
    slow.socket.resume();
    expect(await slow.next("signal")).toMatchObject({ seat: caller.welcome.seat });
  });
});
