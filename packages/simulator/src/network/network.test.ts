import { describe, expect, test } from "vitest";
import { canConnect, latencyMs } from "./geography.ts";
import { Bench, frame, linked } from "./pair.testing.ts";
import { decodeSignal, encodeSignal } from "./signal.ts";

const seeds = Array.from({ length: 20 }, (_, i) => i);

describe("a dial", () => {
  test("ends in linkUp at both ends, with each other's fingerprints, within a second and the signals' time", () => {
    for (const seed of seeds) {
      const bench = linked({}, seed);
      const [a] = bench.of(0, "linkUp");
      const [b] = bench.of(1, "linkUp");
      expect(a!.input.local).toEqual(b!.input.remote);
      expect(a!.input.remote).toEqual(b!.input.local);
      expect(a!.input.local).not.toEqual(a!.input.remote);
      const signalMs = bench.of(1, "localSignal")[0]!.atMs;
      expect(Math.min(a!.atMs, b!.atMs) - signalMs).toBeGreaterThanOrEqual(40);
      expect(Math.min(a!.atMs, b!.atMs) - signalMs).toBeLessThanOrEqual(1_000);
      expect(Math.abs(a!.atMs - b!.atMs)).toBeGreaterThan(0);
    }
  });

  test("that fails ends in linkDown at both ends", () => {
    const bench = linked({ dialFailure: 1 });
    bench.queue.runUntil(20_000);
    for (const end of [0, 1]) {
      expect(bench.of(end, "linkUp")).toEqual([]);
      expect(bench.of(end, "linkDown").map(({ input }) => input.reason)).toEqual(["timeout"]);
    }
  });

  test("fails between a pair that NATs keep apart, and only there", () => {
    const bench = new Bench({ unreachablePairs: 0.3 });
    for (let i = 0; i < 12; i++) bench.add();
    let link = 0;
    let apart = 0;
    for (let a = 0; a < 12; a++) {
      for (let b = a + 1; b < 12; b++) {
        const bothPlaces = [bench.adapters[a]!.place, bench.adapters[b]!.place] as const;
        const possible = canConnect(...bothPlaces, bench.network.options);
        if (!possible) apart++;
        bench.dial(a, b, ++link);
        bench.queue.runUntil(bench.queue.nowMs + 20_000);
        expect(bench.of(a, "linkUp").some(({ input }) => input.link === link)).toBe(possible);
      }
    }
    expect(apart).toBeGreaterThan(10);
    expect(apart).toBeLessThan(30);
  });

  test("waits for its turn when too many are under way", () => {
    const bench = new Bench({ dialsMax: 2, dialTimeoutMs: 10_000 });
    const caller = bench.adapters[bench.add()]!;
    for (const link of [1, 2, 3]) caller.connect(link, "offer", undefined);
    bench.queue.runUntil(9_000);
    expect(bench.of(0, "localSignal").map(({ input }) => input.link)).toHaveLength(2);
    bench.queue.runUntil(11_000);
    expect(bench.of(0, "localSignal").map(({ input }) => input.link)).toContain(3);
    expect(bench.of(0, "linkDown").map(({ input }) => input.link)).toEqual([1, 2]);
  });

  test("fails with a signal that is none", () => {
    const bench = linked();
    bench.adapters[0]!.connect(7, "answer", new Uint8Array([1, 2, 3]));
    bench.queue.runUntil(5_010);
    expect(bench.of(0, "linkDown").map(({ input }) => input.reason)).toEqual(["bad signal"]);
  });

  test("fails when whoever relays puts another certificate in", () => {
    const bench = new Bench();
    bench.dial(bench.add(), bench.add(), 1, (bytes) =>
      encodeSignal({ ...decodeSignal(bytes)!, fingerprint: new Uint8Array(32) }, bytes.length),
    );
    bench.queue.runUntil(20_000);
    expect(bench.of(0, "linkUp")).toEqual([]);
    expect(bench.of(1, "linkUp")).toEqual([]);
  });

  test("that is hung up ends at once here and by its time-out there", () => {
    const bench = new Bench();
    bench.dial(bench.add(), bench.add(), 1);
    bench.queue.runUntil(80);
    bench.adapters[0]!.hangUp(1);
    bench.queue.runUntil(100);
    expect(bench.of(0, "linkDown")).toHaveLength(1);
    bench.queue.runUntil(20_000);
    expect(bench.of(1, "linkUp")).toEqual([]);
    expect(bench.of(1, "linkDown")).toHaveLength(1);
  });
});

describe("a link", () => {
  test("delivers every frame once and in order on each channel, whatever is lost", () => {
    for (const seed of seeds) {
      const bench = linked({ loss: 0.3 }, seed);
      for (let i = 0; i < 100; i++) {
        bench.queue.at(5_000 + 7 * i, () => bench.adapters[0]!.send(1, i % 2 === 0 ? "control" : "data", [frame(i)]));
      }
      bench.queue.runUntil(1e7);
      const received = bench.received(1);
      expect(received).toHaveLength(100);
      for (const parity of [0, 1]) {
        const lane = received.filter((number) => number % 2 === parity);
        expect(lane).toEqual(lane.toSorted((a, b) => a - b));
      }
    }
  });

  test("loses its share of what is sent unreliably, and delivers the rest once, in any order", () => {
    const bench = linked({ loss: 0.3, jitterMs: 20 });
    for (let i = 0; i < 250; i++) {
      bench.queue.at(5_000 + i, () => bench.adapters[0]!.send(1, "unreliable", [frame(i, 500)]));
    }
    bench.queue.runUntil(10_000);
    const received = bench.received(1);
    expect(received.length).toBeGreaterThan(140);
    expect(received.length).toBeLessThan(210);
    expect(new Set(received).size).toBe(received.length);
    expect(received).not.toEqual(received.toSorted((a, b) => a - b));
  });

  test("drops what is sent unreliably and cannot leave soon, fits no packet, or meets a blackout", () => {
    const bench = linked({ uplinkBytesPerMs: 100 });
    const [sender] = bench.adapters;
    sender!.send(1, "unreliable", [frame(200, 1_098), frame(201, 1_097)]);
    bench.queue.runUntil(6_000);
    expect(bench.received(1)).toEqual([201]);
    for (let i = 0; i < 100; i++) sender!.send(1, "unreliable", [frame(i, 1_000)]);
    bench.queue.runUntil(7_000);
    expect(bench.received(1).length).toBeLessThan(20);
    const before = bench.received(1).length;
    bench.network.partition((adapter) => (adapter === sender ? 1 : 2), bench.adapters);
    sender!.send(1, "unreliable", [frame(202)]);
    bench.queue.runUntil(7_100);
    bench.network.heal(bench.adapters);
    bench.queue.runUntil(9_000);
    expect(bench.received(1)).toHaveLength(before);
  });

  test("takes its pair's latency, the same both ways", () => {
    const bench = linked({ jitterMs: 0 });
    const [a, b] = bench.adapters;
    a!.send(1, "control", [frame(1)]);
    b!.send(1, "control", [frame(2)]);
    bench.queue.runUntil(6_000);
    const thereMs = bench.of(1, "received")[0]!.atMs - 5_000;
    const backMs = bench.of(0, "received")[0]!.atMs - 5_000;
    expect(thereMs).toBeCloseTo(backMs, 6);
    expect(thereMs).toBeGreaterThan(latencyMs(a!.place, b!.place));
    expect(thereMs).toBeLessThan(latencyMs(a!.place, b!.place) + 1);
  });

  test("repeats a lost packet after about a second, then two, then every three, and a round trip", () => {
    const delays = seeds.map((seed) => {
      const bench = linked({ loss: 0.5, jitterMs: 0 }, seed);
      const oneWayMs = latencyMs(bench.adapters[0]!.place, bench.adapters[1]!.place);
      bench.adapters[0]!.send(1, "control", [frame(1)]);
      bench.queue.runUntil(1e7);
      const lateMs = bench.of(1, "received")[0]!.atMs - 5_000 - oneWayMs;
      return lateMs < 1 ? 0 : Math.round((lateMs - 2 * oneWayMs) / 100) / 10;
    });
    for (const seconds of delays) expect([0, 1, 3, 6, 9, 12, 15]).toContain(seconds);
    expect(delays.filter((seconds) => seconds === 0).length).toBeGreaterThan(3);
    expect(delays).toContain(1);
    expect(delays).toContain(3);
  });

  test("repeats a packet that others follow within a round trip", () => {
    const delays = seeds.map((seed) => {
      const bench = linked({ loss: 0.02, jitterMs: 0 }, seed);
      const oneWayMs = latencyMs(bench.adapters[0]!.place, bench.adapters[1]!.place);
      bench.adapters[0]!.send(1, "data", [frame(1, 100_000)]);
      bench.queue.runUntil(1e7);
      return (bench.of(1, "received")[0]!.atMs - 5_000 - 90 - oneWayMs) / oneWayMs;
    });
    const repeatedFast = delays.filter((roundTrips) => roundTrips > 1.5 && roundTrips < 2.5);
    expect(repeatedFast.length).toBeGreaterThan(10);
  });

  test("repeats a lost packet when three messages behind it came through, on whichever channel", () => {
    for (const seed of seeds) {
      const bench = linked({ jitterMs: 0 }, seed);
      const [a, b] = bench.adapters;
      bench.network.set({ loss: 0.9999 });
      a!.send(1, "data", [frame(1)]);
      bench.network.set({ loss: 0 });
      for (const first of [2, 3, 4]) a!.send(1, first === 2 ? "data" : "control", [frame(first)]);
      bench.queue.runUntil(1e7);
      expect(bench.received(1)).toEqual([3, 4, 1, 2]);
      expect(bench.of(1, "received").at(-1)!.atMs - 5_000).toBeCloseTo(3 * latencyMs(a!.place, b!.place), -1);
    }
  });

  test("a lost packet holds up what follows on its channel and nothing on the other", () => {
    for (const seed of seeds) {
      const bench = linked({ jitterMs: 0 }, seed);
      bench.network.set({ loss: 0.9999 });
      bench.adapters[0]!.send(1, "data", [frame(1)]);
      bench.network.set({ loss: 0 });
      bench.adapters[0]!.send(1, "data", [frame(2)]);
      bench.adapters[0]!.send(1, "control", [frame(3)]);
      bench.queue.runUntil(1e7);
      expect(bench.received(1)).toEqual([3, 1, 2]);
    }
  });

  test("shares its node's uplink: a megabyte on one link delays data on another, control hardly", () => {
    const bench = new Bench({ jitterMs: 0, uplinkBytesPerMs: 1_000 });
    const [a, b, c] = [bench.add(), bench.add(), bench.add()];
    bench.dial(a, b, 1);
    bench.queue.runUntil(5_000);
    bench.dial(a, c, 2);
    bench.queue.runUntil(10_000);
    const sender = bench.adapters[a]!;
    for (let i = 0; i < 10; i++) sender.send(1, "data", [frame(i, 100_000)]);
    sender.send(2, "data", [frame(100)]);
    sender.send(2, "control", [frame(200)]);
    bench.queue.runUntil(60_000);
    const [control, data] = bench.of(c, "received");
    expect(control!.input.bytes[0]).toBe(200);
    expect(control!.atMs - 10_000).toBeLessThan(150);
    expect(data!.atMs - 10_000).toBeGreaterThan(1_000);
  });

  test("says when its queue is full and when there is room again", () => {
    const bench = linked();
    for (let i = 0; i < 20; i++) bench.adapters[0]!.send(1, "data", [frame(i, 100_000)]);
    bench.queue.runUntil(5_000);
    expect(bench.of(0, "writable").map(({ input }) => input.writable)).toEqual([false]);
    bench.queue.runUntil(60_000);
    expect(bench.of(0, "writable").map(({ input }) => input.writable)).toEqual([false, true]);
    expect(bench.received(1)).toHaveLength(20);
  });

  test("flushes what is queued before it closes, and the other end hears of it", () => {
    const bench = linked();
    bench.adapters[0]!.send(1, "data", [frame(9, 50_000)]);
    bench.adapters[0]!.send(1, "control", [frame(8)]);
    bench.adapters[0]!.hangUp(1);
    bench.queue.runUntil(8_000);
    expect(bench.received(1).toSorted((a, b) => a - b)).toEqual([8, 9]);
    expect(bench.of(0, "linkDown").map(({ input }) => input.reason)).toEqual(["closed"]);
    expect(bench.of(1, "linkDown").map(({ input }) => input.reason)).toEqual(["closed"]);
    expect(bench.of(1, "linkDown")[0]!.atMs).toBeGreaterThan(bench.of(1, "received").at(-1)!.atMs);
  });
});

describe("silence", () => {
  test("after a crash the other end stays half-open for 5 to 30 s", () => {
    for (const seed of seeds) {
      const bench = linked({}, seed);
      bench.adapters[0]!.crash();
      bench.adapters[1]!.send(1, "control", [frame(1)]);
      bench.queue.runUntil(9_900);
      expect(bench.of(1, "linkDown")).toEqual([]);
      bench.queue.runUntil(36_000);
      expect(bench.of(1, "linkDown").map(({ input }) => input.reason)).toEqual(["lost"]);
      expect(bench.of(0, "received")).toEqual([]);
      expect(bench.of(0, "linkDown")).toEqual([]);
    }
  });

  test("what had left before the crash still arrives, what was queued does not", () => {
    const bench = linked({ uplinkBytesPerMs: 100, jitterMs: 0 });
    bench.adapters[0]!.send(1, "data", [frame(1, 100)]);
    bench.adapters[0]!.send(1, "data", [frame(2, 100_000)]);
    bench.queue.runUntil(5_010);
    bench.adapters[0]!.crash();
    bench.queue.runUntil(40_000);
    expect(bench.received(1)).toEqual([1]);
  });

  test("a partition ends the links across it, at different times at each end", () => {
    for (const seed of seeds) {
      const bench = linked({}, seed);
      bench.network.partition((adapter) => (adapter === bench.adapters[0] ? 1 : 2), bench.adapters);
      bench.queue.runUntil(9_999);
      expect([...bench.of(0, "linkDown"), ...bench.of(1, "linkDown")]).toEqual([]);
      bench.queue.runUntil(40_000);
      const [a] = bench.of(0, "linkDown");
      const [b] = bench.of(1, "linkDown");
      expect(Math.abs(a!.atMs - b!.atMs)).toBeGreaterThan(1);
    }
  });

  test("a short partition only delays what is sent across it", () => {
    const bench = linked();
    bench.network.partition((adapter) => (adapter === bench.adapters[0] ? 1 : 2), bench.adapters);
    for (let i = 0; i < 10; i++) {
      bench.queue.at(5_100 + 300 * i, () => bench.adapters[0]!.send(1, "control", [frame(i)]));
    }
    bench.queue.runUntil(9_000);
    expect(bench.received(1)).toEqual([]);
    bench.network.heal(bench.adapters);
    bench.adapters[0]!.send(1, "control", [frame(10)]);
    bench.queue.runUntil(60_000);
    expect(bench.received(1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([...bench.of(0, "linkDown"), ...bench.of(1, "linkDown")]).toEqual([]);
  });

  test("a dial across a partition times out", () => {
    const bench = new Bench();
    const [a, b] = [bench.add(), bench.add()];
    bench.network.partition((adapter) => (adapter === bench.adapters[0] ? 1 : 2), bench.adapters);
    bench.dial(a, b, 1);
    bench.queue.runUntil(20_000);
    expect(bench.of(0, "linkUp")).toEqual([]);
    expect(bench.of(1, "linkDown")).toHaveLength(1);
  });
});

test("the same seed gives the same run, another seed another", () => {
  const times = (seed: number): string =>
    JSON.stringify(linked({ loss: 0.1 }, seed).heard.map((all) => all.map(({ atMs }) => atMs)));
  expect(times(3)).toBe(times(3));
  expect(times(3)).not.toBe(times(4));
});
