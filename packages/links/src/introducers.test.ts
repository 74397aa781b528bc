import { afterEach, expect, test } from "vitest";
import { createIntroducers } from "./introducers.ts";
import { bytesOf, Inbox, room, scriptedSeed } from "./seed-client.testing.ts";
import type { SeedClientEvents } from "./seed-client-contract.ts";
import { seedClientLimits } from "./seed-client-limits.ts";
import { SIBLINGS } from "./siblings.ts";
import { Broadcasts } from "./siblings.testing.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

test("siblings are asked a second after the last seed went down, and left alone when one is up", async () => {
  const clock = new VirtualClock();
  const broadcasts = new Broadcasts();
  const seed = await scriptedSeed();
  undo.push(() => seed.close());
  const make = (): { client: ReturnType<typeof createIntroducers>; told: Inbox<[string, number]> } => {
    const told = new Inbox<[string, number]>();
    const events = new Proxy({} as SeedClientEvents, {
      get:
        (_, event: string) =>
        (number: number): void => {
          if (event === "onUp" || event === "onDown") told.push([event, number]);
        },
    });
    const client = createIntroducers({
      seeds: [seed.url],
      room,
      events,
      clock,
      random: () => 1,
      openBroadcast: broadcasts.open,
    });
    undo.push(() => client.close());
    return { client, told };
  };
  const [a, b] = [make(), make()];
  a.client.announce(bytesOf("a"));
  const caller = await seed.welcomed();
  expect(await a.told.next()).toEqual(["onUp", 0]);
  b.client.announce(bytesOf("b"));
  // B's seed never answers; a second later it asks its sibling, whose seed does.
  await clock.pass(seedClientLimits.seedlessMs + seedClientLimits.siblingsMs);
  expect(await b.told.next()).toEqual(["onUp", SIBLINGS]);
  expect(a.told.take()).toEqual([]);
  caller.socket.terminate();
  expect(await a.told.next()).toEqual(["onDown", 0]);
  await clock.pass(seedClientLimits.seedlessMs - 1);
  expect(a.told.take()).toEqual([]);
  await clock.pass(1 + seedClientLimits.siblingsMs);
  expect(await a.told.next()).toEqual(["onUp", SIBLINGS]);
  // A's next connection, after B's that is still unanswered.
  const held = await seed.caller();
  await seed.welcomed();
  expect(await a.told.next()).toEqual(["onDown", SIBLINGS]);
  expect(await a.told.next()).toEqual(["onUp", 0]);
  held.socket.terminate();
  expect(a.client.states).toHaveLength(1);
});

test("without a channel there are seeds alone", async () => {
  const events = {} as SeedClientEvents;
  const client = createIntroducers({ seeds: [], room, events, openBroadcast: undefined });
  undo.push(() => client.close());
  expect(client.states).toEqual([]);
});
