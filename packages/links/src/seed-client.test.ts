import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Seed, startSeed } from "@grapevine/signaling";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LinkError } from "./link.ts";
import { type ScriptedSeed, type TestClient, bytesOf, room, scriptedSeed, testClient } from "./seed-client.testing.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

/** Undone after each test, last first. */
const undo: (() => unknown)[] = [];
let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock();
});

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function realSeed(port = 0, limits = {}): Promise<Seed> {
  const seed = await startSeed({ port, host: "127.0.0.1", limits });
  undo.push(() => seed.close());
  return seed;
}

async function fakeSeed(port?: number): Promise<ScriptedSeed> {
  const seed = await scriptedSeed(port);
  undo.push(() => seed.close());
  return seed;
}

/** A client in virtual time. */
function client(...seeds: string[]): TestClient {
  const made = testClient(seeds, { clock });
  undo.push(() => made.client.close());
  return made;
}

const stateOf = ({ client }: TestClient): string[] => client.states.map(({ state }) => state);

/** An address where nobody listens: a port that was free a moment ago. */
async function nowhere(): Promise<string> {
  const seed = await startSeed({ port: 0, host: "127.0.0.1" });
  await seed.close();
  return seed.url;
}

describe("at a real seed", () => {
  test("it connects once it has a card to show, and hears who is there", async () => {
    const seed = await realSeed();
    const silent = client(seed.url);
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    expect(await a.told("onUp")).toEqual([0]);
    expect(await a.told("onPeers")).toEqual([0, 0, []]);
    const b = client(seed.url);
    b.client.announce(bytesOf("b"));
    await b.told("onUp");
    expect(await b.told("onPeers")).toMatchObject([0, 1, [{ card: bytesOf("a") }]]);
    expect(stateOf(silent)).toEqual(["waiting"]);
    expect(seed.stats().welcomed).toBe(2);
  });

  test("it opens the connection before it has a card, says nothing, and says hello once it has one", async () => {
    const seed = await realSeed();
    const a = client(seed.url);
    a.client.prepare();
    a.client.prepare();
    expect(stateOf(a)).toEqual(["connecting"]);
    const b = client(seed.url);
    b.client.announce(bytesOf("b"));
    await b.told("onUp");
    expect(seed.stats().welcomed).toBe(1);
    expect(await b.told("onPeers")).toEqual([0, 0, []]);
    a.client.announce(bytesOf("a"));
    await a.told("onUp");
    expect(await a.told("onPeers")).toMatchObject([0, 1, [{ card: bytesOf("b") }]]);
    expect(seed.stats().welcomed).toBe(2);
  });

  test("its time for an answer begins with the card, however long that took", async () => {
    const seed = await fakeSeed();
    const a = client(seed.url);
    a.client.prepare();
    const caller = await seed.caller();
    await clock.pass(60_000);
    a.client.announce(bytesOf("a"));
    expect(await caller.heard()).toMatchObject({ kind: "hello", card: bytesOf("a") });
    expect(stateOf(a)).toEqual(["connecting"]);
    caller.say({ kind: "welcome", seat: "00".repeat(8), iceServers: [], others: 0, peers: [] });
    expect(await a.told("onUp")).toEqual([0]);
  });

  test("a welcome before hello is none", async () => {
    const seed = await fakeSeed();
    const a = client(seed.url);
    a.client.prepare();
    (await seed.caller()).say({ kind: "welcome", seat: "00".repeat(8), iceServers: [], others: 0, peers: [] });
    expect(await a.told("onProblem")).toMatchObject([0, expect.stringContaining("out of turn")]);
  });

  test("signals go both ways, a seat without anybody is gone, and a new card is shown from then on", async () => {
    const seed = await realSeed();
    const [a, b] = [client(seed.url), client(seed.url)];
    a.client.announce(bytesOf("a"));
    await a.told("onUp");
    await a.told("onPeers");
    a.client.announce(bytesOf("a, newer"));
    a.client.ask(0, 1);
    await a.told("onPeers");
    b.client.announce(bytesOf("b"));
    await b.told("onUp");
    const [, , [there]] = await b.told("onPeers");
    expect(there!.card).toEqual(bytesOf("a, newer"));
    b.client.send(0, there!.seat, bytesOf("offer"));
    const [, seat, offer] = await a.told("onSignal");
    expect(offer).toEqual(bytesOf("offer"));
    a.client.send(0, seat, bytesOf("answer"));
    expect(await b.told("onSignal")).toEqual([0, there!.seat, bytesOf("answer")]);
    b.client.send(0, "00".repeat(8), bytesOf("offer"));
    expect(await b.told("onGone")).toEqual([0, "00".repeat(8)]);
  });

  test("ICE servers come before the others do", async () => {
    const seed = await startSeed({ port: 0, host: "127.0.0.1", iceServers: [{ urls: "stun:stun.example.org" }] });
    undo.push(() => seed.close());
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    expect(await a.told("onIceServers")).toEqual([[{ urls: ["stun:stun.example.org"] }]]);
    await a.told("onUp");
  });

  test("a seed that is killed and comes back empty finds its mesh again", async () => {
    const seed = await realSeed();
    const [a, b] = [client(seed.url), client(seed.url)];
    for (const peer of [a, b]) {
      peer.client.announce(bytesOf("card"));
      await peer.told("onUp");
      await peer.told("onPeers");
    }
    await seed.close();
    for (const peer of [a, b]) {
      expect(await peer.told("onDown")).toEqual([0]);
      expect((await peer.told("onProblem"))[1]).toBe(`the seed ${seed.url} shut down; trying again in 1.0 s`);
      expect(stateOf(peer)).toEqual(["waiting"]);
    }
    const again = await realSeed(seed.port);
    await clock.pass(1000);
    await Promise.all([a, b].map(async (peer) => peer.told("onUp")));
    expect((await a.told("onPeers"))[1] + (await b.told("onPeers"))[1]).toBe(1);
    const newcomer = client(again.url);
    newcomer.client.announce(bytesOf("new"));
    await newcomer.told("onUp");
    expect((await newcomer.told("onPeers"))[1]).toBe(2);
  });

  test("one that releases it is left alone, stays up, and is gone back to when others are needed", async () => {
    const seed = await realSeed(0, { roomSample: 1, settleMs: 0, releaseGraceMs: 10, retryAfterMs: 600_000 });
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    await a.told("onUp");
    await a.told("onPeers");
    const b = client(seed.url);
    b.client.announce(bytesOf("b"));
    await b.told("onUp");
    await b.told("onPeers");
    // The seed has released `a`, and ends its socket a little later; no other event tells of that.
    while (seed.stats().sockets > 1) {
      b.client.ask(0, 1);
      await b.told("onPeers");
    }
    expect(a.client.states).toMatchObject([{ state: "released" }]);
    expect(a.client.states[0]!.retryAtMs).toBeGreaterThanOrEqual(300_000);
    await clock.pass(60_000);
    expect(seed.stats().welcomed).toBe(2);
    a.client.ask(0, 5);
    expect(await a.told("onPeers")).toMatchObject([0, 1, [{ card: bytesOf("b") }]]);
    expect(a.untold()).toEqual([]);
    expect(stateOf(a)).toEqual(["up"]);
  });
});

describe("seeds that fail", () => {
  test("are said to, and tried again after waits that grow up to a quarter of a minute", async () => {
    const url = await nowhere();
    const a = client(url);
    a.client.announce(bytesOf("a"));
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      const [, what] = await a.told("onProblem");
      expect(what).toMatch(/^the seed ws:\S+ cannot be reached: connect ECONNREFUSED \S+; trying again in [\d.]+ s$/);
      const waitMs = a.client.states[0]!.retryAtMs - clock.nowMs();
      waits.push(waitMs);
      await clock.pass(waitMs);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  test("are waited for with jitter: half the time to all of it", async () => {
    const url = await nowhere();
    const a = testClient([url], { clock, random: () => 0 });
    undo.push(() => a.client.close());
    a.client.announce(bytesOf("a"));
    await a.told("onProblem");
    expect(a.client.states).toMatchObject([{ state: "waiting", retryAtMs: 500 }]);
  });

  test("begin with short waits again after a minute in which all was well", async () => {
    const seed = await fakeSeed();
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    const waits: number[] = [];
    for (const stoodMs of [0, 0, 59_999, 60_000]) {
      const caller = await seed.welcomed();
      await a.told("onUp");
      await a.told("onPeers");
      await clock.pass(stoodMs);
      caller.socket.terminate();
      await a.told("onDown");
      await a.told("onProblem");
      waits.push(a.client.states[0]!.retryAtMs - clock.nowMs());
      await clock.pass(waits.at(-1)!);
    }
    expect(waits).toEqual([1000, 2000, 4000, 1000]);
  });

  test("give way to the next in the list, until they come back", async () => {
    const url = await nowhere();
    const second = await realSeed();
    const a = client(url, second.url);
    a.client.announce(bytesOf("a"));
    expect((await a.told("onProblem"))[0]).toBe(0);
    expect(await a.told("onUp")).toEqual([1]);
    await a.told("onPeers");
    expect(stateOf(a)).toEqual(["waiting", "up"]);
    const first = await realSeed(Number(new URL(url).port));
    await clock.pass(1000);
    expect(await a.told("onUp")).toEqual([0]);
    await a.told("onPeers");
    expect(await a.told("onDown")).toEqual([1]);
    expect(stateOf(a)).toEqual(["up", "waiting"]);
    await first.close();
    expect(await a.told("onDown")).toEqual([0]);
    await a.told("onProblem");
    expect(await a.told("onUp")).toEqual([1]);
  });

  test("and say nothing do not hold up the next for long, and are given up in the end", async () => {
    const mute = await fakeSeed();
    const second = await realSeed();
    const a = client(mute.url, second.url);
    a.client.announce(bytesOf("a"));
    const caller = await mute.caller();
    await caller.heard();
    expect(stateOf(a)).toEqual(["connecting", "waiting"]);
    await clock.pass(2000);
    expect(await a.told("onUp")).toEqual([1]);
    await a.told("onPeers");
    expect(stateOf(a)).toEqual(["connecting", "up"]);
    await clock.pass(8000);
    expect((await a.told("onProblem"))[1]).toBe(`the seed ${mute.url} does not answer; trying again in 1.0 s`);
    await caller.closed;
  });

  test("and fall silent later are found out by an ask", async () => {
    const seed = await fakeSeed();
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    const caller = await seed.welcomed();
    await a.told("onUp");
    await a.told("onPeers");
    await clock.pass(3_600_000);
    a.client.ask(0, 3);
    expect(await caller.heard()).toEqual({ kind: "ask", count: 3 });
    await clock.pass(10_000);
    await a.told("onDown");
    expect((await a.told("onProblem"))[1]).toMatch(/does not answer any more; trying again in 1\.0 s$/);
  });

  test("at a name are its addresses, one after the other", async () => {
    const seed = await realSeed();
    const a = client(`dns:localhost:${seed.port}`);
    expect(a.client.states).toMatchObject([{ seed: 0, url: `dns:localhost:${seed.port}`, state: "waiting" }]);
    a.client.announce(bytesOf("a"));
    const [number] = await a.told("onUp");
    expect(a.client.states.find(({ state }) => state === "up")).toMatchObject({ seed: number, url: seed.url });
  });

  test("at a name that does not resolve are tried again", async () => {
    const a = client("dns:a..b:7700");
    a.client.announce(bytesOf("a"));
    for (const waitMs of [1000, 2000]) {
      expect((await a.told("onProblem"))[1]).toMatch(/^the seed dns:a\.\.b:7700 cannot be resolved: .*ENOTFOUND/);
      expect(a.client.states[0]!.retryAtMs - clock.nowMs()).toBe(waitMs);
      await clock.pass(waitMs);
    }
  });
});

describe("a seed that releases it", () => {
  const released = async (
    ...more: string[]
  ): Promise<{ a: TestClient; seed: ScriptedSeed; caller: Awaited<ReturnType<ScriptedSeed["caller"]>> }> => {
    const seed = await fakeSeed();
    const a = client(seed.url, ...more);
    a.client.announce(bytesOf("a"));
    const caller = await seed.welcomed();
    await a.told("onUp");
    await a.told("onPeers");
    caller.say({ kind: "release", retryAfterMs: 60_000 });
    // The signal behind it shows that it was heard.
    caller.say({ kind: "signal", seat: "11".repeat(8), bytes: bytesOf("late offer") });
    await a.told("onSignal");
    return { a, seed, caller };
  };

  test("still relays, until it closes the socket", async () => {
    const { a, caller } = await released();
    a.client.send(0, "11".repeat(8), bytesOf("late answer"));
    expect(await caller.heard()).toMatchObject({ kind: "signal", bytes: bytesOf("late answer") });
    caller.socket.close(4000);
    await caller.closed;
    expect([stateOf(a), a.untold()]).toEqual([["released"], []]);
  });

  test("and does not close the socket is hung up on", async () => {
    const { a, caller } = await released();
    await clock.pass(30_000);
    await caller.closed;
    expect([stateOf(a), a.untold()]).toEqual([["released"], []]);
  });

  test("is gone back to when the time is over", async () => {
    const { a, seed, caller } = await released();
    caller.socket.close(4000);
    await caller.closed;
    await clock.pass(60_000);
    await seed.welcomed(5);
    expect(await a.told("onPeers")).toEqual([0, 5, []]);
    expect(stateOf(a)).toEqual(["up"]);
  });

  test("is gone back to for an ask, even while the old socket stands", async () => {
    const { a, seed, caller } = await released();
    await clock.pass(1000);
    a.client.ask(0, 3);
    await caller.closed;
    await seed.welcomed(5);
    expect(await a.told("onPeers")).toEqual([0, 5, []]);
  });

  test("and cannot be reached then is down", async () => {
    const { a, seed } = await released();
    await seed.close();
    expect(a.untold()).toEqual([]);
    await clock.pass(1000);
    a.client.ask(0, 3);
    expect(await a.told("onDown")).toEqual([0]);
    expect((await a.told("onProblem"))[1]).toMatch(/cannot be reached/);
  });

  test("leaves its turn to the next in the list", async () => {
    const second = await realSeed();
    const { a } = await released(second.url);
    expect(await a.told("onUp")).toEqual([1]);
    expect(stateOf(a)).toEqual(["released", "up"]);
  });
});

describe("its life", () => {
  test("a pause closes, a resume goes back, and nothing is told in between", async () => {
    const seed = await realSeed();
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    await a.told("onUp");
    await a.told("onPeers");
    a.client.pause();
    expect(await a.told("onDown")).toEqual([0]);
    expect(clock.pending).toBe(0);
    a.client.announce(bytesOf("a, newer"));
    await clock.pass(100_000);
    expect([stateOf(a), a.untold()]).toEqual([["waiting"], []]);
    a.client.resume();
    await a.told("onUp");
  });

  test("close ends it for good, from inside an event too", async () => {
    const seed = await realSeed();
    const heard: string[] = [];
    const a = testClient([seed.url]);
    undo.push(() => a.client.close());
    const gone = new Promise<void>((resolve) => {
      const b = testClient([seed.url], {
        events: {
          onIceServers: () => heard.push("ice"),
          onUp: () => {
            heard.push("up");
            b.client.close();
            resolve();
          },
          onDown: () => heard.push("down"),
          onPeers: () => heard.push("peers"),
          onSignal: () => heard.push("signal"),
          onGone: () => heard.push("gone"),
          onProblem: () => heard.push("problem"),
        },
      });
      b.client.announce(bytesOf("b"));
    });
    await gone;
    // By the time that another is welcomed, whatever was still to be told would have been.
    a.client.announce(bytesOf("a"));
    await a.told("onUp");
    expect(heard).toEqual(["ice", "up"]);
  });

  test("a process exits promptly after close, whatever the state of its seeds", { timeout: 20_000 }, async () => {
    const [up, dead, mute] = await Promise.all([realSeed(), nowhere(), fakeSeed()]);
    const program = fileURLToPath(new URL("seed-client-exit.testing.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      ["--conditions=@grapevine/source", "--import", "tsx", program, mute.url, dead, up.url],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    undo.push(() => child.kill("SIGKILL"));
    // It will not hear the goodbye.
    (await mute.caller()).socket.pause();
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    // A timer or a socket left over would keep it beyond the time that a test has.
    const [code] = (await once(child, "close")) as [number];
    expect([code, out]).toEqual([0, "connecting, waiting, up"]);
  });

  test("one timer at most is set, whatever the number of seeds", async () => {
    const urls = await Promise.all([nowhere(), nowhere(), nowhere()]);
    const a = client(...urls);
    expect(clock.pending).toBe(0);
    a.client.announce(bytesOf("a"));
    for (let i = 0; i < 12; i++) {
      await a.told("onProblem");
      expect(clock.pending).toBe(1);
      await clock.pass(Math.max(0, Math.min(...a.client.states.map(({ retryAtMs }) => retryAtMs)) - clock.nowMs()));
    }
    a.client.close();
    expect(clock.pending).toBe(0);
  });

  test("without seeds it does nothing", () => {
    const a = client();
    a.client.announce(bytesOf("a"));
    a.client.ask(0, 1);
    a.client.send(0, "00".repeat(8), bytesOf("x"));
    expect([a.client.states, a.untold(), clock.pending]).toEqual([[], [], 0]);
  });

  test("signals that are too big are said to be, and not sent", async () => {
    const seed = await realSeed();
    const a = client(seed.url);
    a.client.announce(bytesOf("a"));
    await a.told("onUp");
    await a.told("onPeers");
    a.client.send(0, "00".repeat(8), new Uint8Array(32 * 1024 + 1));
    expect((await a.told("onProblem"))[1]).toBe("expected a signal of at most 32768 bytes, got 32769");
    expect(stateOf(a)).toEqual(["up"]);
  });

  test("mistakes of the caller throw", () => {
    expect(() => client("http://localhost")).toThrow(LinkError);
    expect(() => client(...Array.from({ length: 17 }, () => "ws://localhost"))).toThrow(
      "expected at most 16 seeds, got 17",
    );
    expect(() => testClient([], { room: room.slice(1) })).toThrow("expected a room of 32 bytes, got 31");
    expect(() => client().client.announce(new Uint8Array(1537))).toThrow(
      "expected a card of at most 1536 bytes, got 1537",
    );
  });
});
