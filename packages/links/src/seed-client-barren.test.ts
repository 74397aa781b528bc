import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Caller,
  type ScriptedSeed,
  type TestClient,
  bytesOf,
  scriptedSeed,
  testClient,
} from "./seed-client.testing.ts";
import { seedClientLimits } from "./seed-client-limits.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

const { barrenMs, shunMs } = seedClientLimits;
const undo: (() => unknown)[] = [];
let clock: VirtualClock;
let linked: boolean;

beforeEach(() => {
  clock = new VirtualClock();
  linked = false;
});

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function seeds(count: number): Promise<ScriptedSeed[]> {
  const made = await Promise.all(Array.from({ length: count }, () => scriptedSeed()));
  for (const seed of made) undo.push(() => seed.close());
  return made;
}

/** Up at the first of these, which says that so many others are there. */
async function upAt(list: readonly ScriptedSeed[], others: number): Promise<{ peer: TestClient; caller: Caller }> {
  const peer = testClient(
    list.map(({ url }) => url),
    { clock, isLinked: () => linked },
  );
  undo.push(() => peer.client.close());
  peer.client.announce(bytesOf("a"));
  const caller = await list[0]!.welcomed(others);
  await peer.told("onUp");
  await peer.told("onPeers");
  return { peer, caller };
}

const stateOf = ({ client }: TestClient): string[] => client.states.map(({ state }) => state);

describe("a seed that names others and leads to nobody", () => {
  test("is passed over for the next one, and is the first choice again later", async () => {
    const [liar, honest] = (await seeds(2)) as [ScriptedSeed, ScriptedSeed];
    const { peer } = await upAt([liar, honest], 9);
    await clock.pass(barrenMs - 1);
    expect(peer.untold()).toEqual([]);
    await clock.pass(1);
    expect(await peer.told("onDown")).toEqual([0]);
    expect((await peer.told("onProblem"))[1]).toMatch(/names others, and leads to nobody; trying again in 300\.0 s$/);
    await honest.welcomed(1);
    expect(await peer.told("onUp")).toEqual([1]);
    await peer.told("onPeers");
    linked = true;
    await clock.pass(shunMs - barrenMs - 1_000);
    expect(stateOf(peer)).toEqual(["waiting", "up"]);
    await clock.pass(2 * barrenMs);
    await liar.welcomed(9);
    expect(await peer.told("onUp")).toEqual([0]);
  });

  test("is kept while there is a link, and when nobody else is said to be there", async () => {
    for (const [others, isLinked] of [
      [9, true],
      [0, false],
    ] as const) {
      linked = isLinked;
      const { peer } = await upAt(await seeds(2), others);
      await clock.pass(2 * barrenMs);
      expect(stateOf(peer)).toEqual(["up", "waiting"]);
      expect(peer.untold()).toEqual([]);
    }
  });

  test("is kept for want of another", async () => {
    const { peer } = await upAt(await seeds(1), 9);
    await clock.pass(2 * barrenMs);
    expect(stateOf(peer)).toEqual(["up"]);
  });

  test("of two such seeds the second is kept", async () => {
    const [first, second] = (await seeds(2)) as [ScriptedSeed, ScriptedSeed];
    const { peer } = await upAt([first, second], 9);
    await clock.pass(barrenMs);
    await peer.told("onDown");
    await peer.told("onProblem");
    await second.welcomed(9);
    await peer.told("onUp");
    await peer.told("onPeers");
    await clock.pass(2 * barrenMs);
    expect(stateOf(peer)).toEqual(["waiting", "up"]);
  });
});
