import { describe, expect, test } from "vitest";
import type { Outcome } from "../scenario.ts";
import { protocolFlags, type ProtocolValues } from "./broadcast-flags.ts";
import { runProtocol } from "./broadcast-protocol.ts";

const seed = 1;

function run(nodes: number, values: Partial<ProtocolValues>): Readonly<Record<string, number | string>> {
  const fallbacks = Object.fromEntries(Object.entries(protocolFlags).map(([name, { fallback }]) => [name, fallback]));
  const given = { ...fallbacks, view: 0, model: "rooms", ...values } as ProtocolValues;
  const outcome: Outcome = runProtocol(given, {
    seed,
    nodes,
    replay: `npx grapevine simulate broadcast --seed ${seed} --nodes ${nodes} --protocol ${given.protocol}`,
    vaults: undefined,
    progress: () => undefined,
  });
  return outcome.facts;
}

describe(`broadcasts by the shipped rooms, seed ${seed}`, () => {
  test("a tree in a stable overlay reaches everyone with hardly a copy too many", () => {
    const { reliability, rmr } = run(1_000, { protocol: "tree", trees: 0, warm: 4, messages: 4 });
    expect(reliability).toBe(1);
    expect(rmr).toBeLessThan(0.05);
  });

  test("a flood over five links a node costs three copies too many", () => {
    const { reliability, rmr } = run(300, { protocol: "flood", warm: 0, messages: 4 });
    expect(reliability).toBe(1);
    expect(Math.abs(Number(rmr) - 3)).toBeLessThan(0.15);
  });

  test.each(["tree", "adaptive"] as const)("%s: with loss and churn everyone is reached in the end", (protocol) => {
    const { reliability, rmr } = run(200, { protocol, loss: 0.05, churn: 0.01, warm: 8, messages: 12 });
    expect(reliability).toBe(1);
    if (protocol === "tree") expect(rmr).toBeLessThan(0.5);
  });

  test.each(["tree", "adaptive"] as const)(
    "%s: the first message after half have crashed reaches the rest",
    (protocol) => {
      const { firstReliability, firstRounds } = run(300, { protocol, kill: 0.5, warm: 8, messages: 4 });
      expect(firstReliability).toBe(1);
      expect(firstRounds).toBeLessThanOrEqual(6);
    },
  );

  test("a source with a tree of its own is heard sooner", () => {
    const some = { protocol: "tree", sources: 2, warm: 70, messages: 8 } as const;
    const [own, shared] = [run(100, some), run(100, { ...some, trees: 0 })];
    expect(own.latencyP50Ms).toBeLessThan(Number(shared.latencyP50Ms));
    expect(own.ldh).toBeLessThan(Number(shared.ldh));
  });

  test("gossipsub costs what it is known to cost", () => {
    const { reliability, rmr } = run(250, { protocol: "gossipsub", warm: 0, messages: 8 });
    expect(reliability).toBe(1);
    // 6.67 messages on the wire for each delivery.
    expect(Math.abs(1 + Number(rmr) - 6.67)).toBeLessThan(0.4);
  });
});

describe(`broadcasts by whole peers, seed ${seed}`, () => {
  test("a tree of ten that all publish sends less than 1.3 copies for each delivery", () => {
    const { reliability, rmr } = run(10, {
      protocol: "adaptive",
      model: "peers",
      sources: 10,
      warm: 100,
      messages: 40,
    });
    expect(reliability).toBe(1);
    expect(rmr).toBeLessThan(0.3);
  });
});
