import type { Input } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import { streamOf } from "./chance.ts";
import { EventQueue } from "./events.ts";
import { SeedModel, SeedSocket } from "./seed-model.ts";

function room(): {
  queue: EventQueue;
  seed: SeedModel;
  join: (side?: () => number) => { socket: SeedSocket; heard: Input[] };
} {
  const queue = new EventQueue();
  const seed = new SeedModel(0, queue, streamOf(1, "seed"));
  const join = (side: () => number = () => 0): { socket: SeedSocket; heard: Input[] } => {
    const heard: Input[] = [];
    const socket = new SeedSocket(seed, side, (input) => heard.push(input));
    socket.announce(Uint8Array.of(seed.size));
    queue.runUntil(queue.nowMs + 1_000);
    return { socket, heard };
  };
  return { queue, seed, join };
}

const of = <K extends Input["kind"]>(heard: readonly Input[], kind: K): (Input & { kind: K })[] =>
  heard.filter((input) => input.kind === kind) as never;

describe("introductions", () => {
  test("the first peer hears that nobody else is there, the second of the first", () => {
    const { join } = room();
    const [first, second] = [join(), join()];
    expect(of(first.heard, "seedPeers")).toMatchObject([{ others: 0, peers: [] }]);
    expect(of(second.heard, "seedPeers")).toMatchObject([{ others: 1, peers: [{ card: Uint8Array.of(0) }] }]);
  });

  test("a newcomer gets a few of many, and more when it asks", () => {
    const { queue, join } = room();
    for (let i = 0; i < 20; i++) join();
    const last = join();
    last.socket.ask(10);
    queue.runUntil(1e6);
    const answers = of(last.heard, "seedPeers");
    expect(answers.map(({ others, peers }) => [others, peers.length])).toEqual([
      [20, 4],
      [20, 10],
    ]);
    expect(new Set(answers[1]!.peers.map(({ seat }) => seat)).size).toBe(10);
  });
});

describe("relay", () => {
  test("brings a signal to a seat and names the sender's", () => {
    const { queue, join } = room();
    const [first, second] = [join(), join()];
    const { seat } = of(second.heard, "seedPeers")[0]!.peers[0]!;
    second.socket.send(seat, Uint8Array.of(1, 2, 3));
    queue.runUntil(1e5);
    expect(of(first.heard, "seedReceived")).toMatchObject([
      { bytes: Uint8Array.of(1, 2, 3), seat: second.socket.seat },
    ]);
  });

  test("says when nobody is in that seat", () => {
    const { queue, join } = room();
    const only = join();
    only.socket.send("0.99", Uint8Array.of(1));
    queue.runUntil(1e5);
    expect(of(only.heard, "seedGone")).toMatchObject([{ seat: "0.99" }]);
  });

  test("who crashed and was asked for in vain is named last", () => {
    const { queue, join } = room();
    const peers = Array.from({ length: 12 }, () => join());
    for (const { socket } of peers.slice(3)) socket.crash();
    const [asker] = peers;
    for (let i = 0; i < 4; i++) {
      asker!.socket.ask(2);
      queue.runUntil(queue.nowMs + 1_000);
    }
    const named = of(asker!.heard, "seedPeers")
      .at(-1)!
      .peers.map(({ seat }) => seat);
    expect(new Set(named)).toEqual(new Set([peers[1]!.socket.seat, peers[2]!.socket.seat]));
  });

  test("a clean close frees the seat at once, a crash within a minute", () => {
    const { queue, seed, join } = room();
    const [first, second] = [join(), join()];
    first.socket.close();
    queue.runUntil(queue.nowMs + 200);
    expect(seed.size).toBe(1);
    second.socket.crash();
    queue.runUntil(queue.nowMs + 61_000);
    expect(seed.size).toBe(0);
  });
});

describe("a seed that dies", () => {
  test("everybody hears of it, knocks again with back-off, and finds it empty", () => {
    const { queue, seed, join } = room();
    const [first, second] = [join(), join()];
    seed.kill();
    queue.runUntil(queue.nowMs + 60_000);
    expect(of(first.heard, "seedDown")).toHaveLength(1);
    expect(of(first.heard, "seedUp")).toHaveLength(1);
    expect(seed.size).toBe(0);
    seed.restart();
    queue.runUntil(queue.nowMs + 60_000);
    expect(of(first.heard, "seedUp")).toHaveLength(2);
    expect(of(second.heard, "seedUp")).toHaveLength(2);
    expect(seed.size).toBe(2);
    const others = [...of(first.heard, "seedPeers"), ...of(second.heard, "seedPeers")].map(({ others }) => others);
    expect(others.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
  });

  test("whoever is on the other side of a partition cannot reach it", () => {
    const { queue, join } = room();
    let side = 1;
    const apart = join(() => side);
    expect(apart.heard).toEqual([]);
    side = 0;
    queue.runUntil(1e5);
    expect(of(apart.heard, "seedUp")).toHaveLength(1);
  });
});

test("counts its load", () => {
  const { queue, seed, join } = room();
  const [first] = [join(), join()];
  first.socket.ask(3);
  first.socket.send("0.2", new Uint8Array(100));
  queue.runUntil(1e5);
  expect(seed.load).toMatchObject({ connections: 2, asks: 1, signals: 1, socketsMax: 2 });
  expect(seed.load.bytes).toBeGreaterThan(100);
  expect(seed.load.busiestSecond).toBeGreaterThan(0);
});
