import { afterEach, expect, test } from "vitest";
import type { MaliciousSeed, MaliciousSeedOptions } from "./malicious-seed.testing.ts";
import { startMaliciousSeed } from "./malicious-seed.testing.ts";
import { bytesOf, seated } from "./peer.testing.ts";

const started: MaliciousSeed[] = [];

async function start(options?: MaliciousSeedOptions): Promise<MaliciousSeed> {
  const seed = await startMaliciousSeed(options);
  started.push(seed);
  return seed;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(async (seed) => seed.close()));
});

test("left to itself it introduces and relays as a seed should, and notes what it sees", async () => {
  const seed = await start();
  const a = await seated(seed.url, "a");
  const b = await seated(seed.url, "b");
  const elsewhere = await seated(seed.url, "c", "other room");
  expect(b.welcome).toMatchObject({ others: 1, peers: [{ seat: a.welcome.seat, card: bytesOf("a") }] });
  expect(elsewhere.welcome.others).toBe(0);
  b.say({ kind: "signal", seat: a.welcome.seat, bytes: bytesOf("offer") });
  expect(await a.next("signal")).toMatchObject({ seat: b.welcome.seat, bytes: bytesOf("offer") });
  expect(seed.signals).toEqual([{ from: b.welcome.seat, to: a.welcome.seat, bytes: bytesOf("offer") }]);
  await b.leave();
  a.say({ kind: "ask", count: 4 });
  expect(await a.next("peers")).toMatchObject({ others: 0 });
});

test("it rewrites, drops and replays signals", async () => {
  const seed = await start({
    onSignal: (from, to, bytes) => {
      const text = Buffer.from(bytes).toString();
      if (text === "drop") return "drop";
      if (text === "replay") return [1, 2].map(() => ({ from, to, bytes }));
      return Promise.resolve(bytesOf(`${text}, rewritten`));
    },
  });
  const [a, b] = await Promise.all([seated(seed.url, "a"), seated(seed.url, "b")]);
  for (const text of ["drop", "replay", "offer"]) {
    a.say({ kind: "signal", seat: b.welcome.seat, bytes: bytesOf(text) });
  }
  const heard = [await b.next("signal"), await b.next("signal"), await b.next("signal")];
  expect(heard.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["replay", "replay", "offer, rewritten"]);
});

test("it lies about who is there, and says whatever it is told to", async () => {
  const stranger = { seat: "ab".repeat(8), card: bytesOf("nobody") };
  const seed = await start({ lieAboutPeers: () => ({ others: 99, peers: [stranger] }) });
  const a = await seated(seed.url, "a");
  expect(a.welcome).toMatchObject({ others: 99, peers: [stranger] });
  expect(seed.seats).toEqual([{ seat: a.welcome.seat, card: bytesOf("a") }]);
  seed.say(a.welcome.seat, { kind: "signal", seat: stranger.seat, bytes: bytesOf("invented") });
  expect(await a.next("signal")).toMatchObject({ seat: stranger.seat });
  seed.end(a.welcome.seat, 4999);
  expect(await a.closed).toBe(4999);
});
