import { describe, expect, onTestFinished, test } from "vitest";
import {
  type Caller,
  type ScriptedSeed,
  type TestClient,
  bytesOf,
  scriptedSeed,
  testClient,
} from "./seed-client.testing.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

/** A client in virtual time that has shown its card to a seed which says what it is told to say. */
async function announced(): Promise<{ seed: ScriptedSeed; a: TestClient }> {
  const seed = await scriptedSeed();
  onTestFinished(() => seed.close());
  const a = testClient([seed.url], { clock: new VirtualClock() });
  onTestFinished(() => a.client.close());
  a.client.announce(bytesOf("a"));
  return { seed, a };
}

async function up(): Promise<{ a: TestClient; caller: Caller }> {
  const { seed, a } = await announced();
  const caller = await seed.welcomed();
  await a.told("onUp");
  await a.told("onPeers");
  return { a, caller };
}

describe("a seed that misbehaves is hung up on", () => {
  test.each<[string, Uint8Array | string, RegExp]>([
    ["text", "hello", /sent text/],
    ["garbage", new Uint8Array(50).fill(0xee), /sent a message that does not decode \(unknown-kind\)/],
    ["a truncated message", Uint8Array.of(0x44, 1), /does not decode \(truncated\)/],
    ["a message that is too big", new Uint8Array(100_000), /was lost: Max payload size exceeded/],
    ["a second welcome", Uint8Array.of(0x41, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), /sent welcome out of turn/],
    [
      "an ICE server that would make the platform throw",
      Uint8Array.of(0x41, ...Buffer.alloc(8), 1, 1, 5, ...Buffer.from("http:"), 0, 0, 0),
      /does not decode \(bad-ice-server\)/,
    ],
  ])("%s", async (_, data, what) => {
    const { a, caller } = await up();
    caller.socket.send(data);
    await a.told("onDown");
    expect((await a.told("onProblem"))[1]).toMatch(what);
    await caller.closed;
  });

  test("anything before the welcome", async () => {
    const { seed, a } = await announced();
    (await seed.caller()).say({ kind: "signal", seat: "00".repeat(8), bytes: bytesOf("x") });
    expect((await a.told("onProblem"))[1]).toMatch(/sent signal out of turn/);
  });

  test("a flood", async () => {
    const { a, caller } = await up();
    for (let i = 0; i < 600; i++) caller.say({ kind: "gone", seat: "00".repeat(8) });
    for (let i = 0; i < 511; i++) await a.told("onGone");
    await a.told("onDown");
    expect((await a.told("onProblem"))[1]).toMatch(/floods us/);
  });

  test("but introductions that nobody asked for are only passed over", async () => {
    const { a, caller } = await up();
    caller.say({ kind: "peers", others: 9, peers: [] });
    caller.say({ kind: "gone", seat: "00".repeat(8) });
    await a.told("onGone");
    a.client.ask(0, 1);
    await caller.heard();
    caller.say({ kind: "peers", others: 3, peers: [] });
    caller.say({ kind: "peers", others: 9, peers: [] });
    caller.say({ kind: "gone", seat: "00".repeat(8) });
    expect(await a.told("onPeers")).toEqual([0, 3, []]);
    await a.told("onGone");
  });

  test("what it says when it closes is shown short and quoted", async () => {
    const { a, caller } = await up();
    caller.socket.close(4999, 'say "please"\n');
    await a.told("onDown");
    expect((await a.told("onProblem"))[1]).toMatch(/closed the connection \(4999 "say \\"please\\"\\n"\); trying/);
  });
});
