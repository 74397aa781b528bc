/** Real tabs whose seed is an attacker: it replays, misdirects and invents signals, lies about who is there, and refuses. */
import { startMaliciousSeed, type MaliciousSeed, type MaliciousSeedOptions } from "@grapevine/signaling/malicious-seed";
import type { Tab } from "../support/fixtures.ts";
import { expect, test } from "../support/fixtures.ts";

async function withSeed(options: MaliciousSeedOptions, play: (seed: MaliciousSeed) => Promise<void>): Promise<void> {
  const seed = await startMaliciousSeed(options);
  try {
    await play(seed);
  } finally {
    await seed.close();
  }
}

/** Everyone says something, and hears each of the others once. */
async function expectConversation(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) await tab.publish(`from ${tab.peerId}`);
  const expected = tabs.map(({ peerId }) => `from ${peerId}`).toSorted();
  for (const tab of tabs) await expect.poll(async () => (await tab.heard()).toSorted()).toEqual(expected);
}

test("offers and answers that are replayed, twice and to the wrong peers, make no second link and no wrong one", async ({
  openTab,
}) => {
  const seen: Uint8Array[] = [];
  const options: MaliciousSeedOptions = {
    onSignal: (from, to, bytes) => {
      seen.push(bytes);
      const old = seen[Math.floor(seen.length / 2)]!;
      // The true one, once more, an older one, and itself back to its sender.
      return [
        { from, to, bytes },
        { from, to, bytes },
        { from, to, bytes: old },
        { from: to, to: from, bytes },
      ];
    },
  };
  await withSeed(options, async ({ url }) => {
    const tabs = [await openTab({ seeds: [url] }), await openTab({ seeds: [url] }), await openTab({ seeds: [url] })];
    for (const tab of tabs) {
      const others = tabs.filter((other) => other !== tab).map(({ peerId }) => peerId);
      await expect.poll(async () => (await tab.neighbors()).toSorted(), { timeout: 20_000 }).toEqual(others.toSorted());
    }
    await expectConversation(tabs);
  });
});

test("a seed that names strangers and the dead keeps nobody out who has another, and puts nobody in the place of its mesh", async ({
  openTab,
  seed,
}) => {
  test.setTimeout(60_000);
  const stranger = { seat: "ab".repeat(8), card: new Uint8Array(200).fill(7) };
  let lies = true;
  const options: MaliciousSeedOptions = {
    lieAboutPeers: (_, truth) => (lies ? { others: 99, peers: [stranger, stranger] } : truth),
  };
  await withSeed(options, async ({ url }) => {
    const first = await openTab({ seeds: [seed.url] });
    // Seeds are tried in turn, and this one answers.
    const second = await openTab({ seeds: [url, seed.url] });
    await expect.poll(() => second.neighbors(), { timeout: 20_000 }).toEqual([first.peerId]);
    await expectConversation([first, second]);
    // Who knows no other seed is kept out, and knows it.
    const third = await openTab({ seeds: [url] });
    expect(await third.neighbors()).toEqual([]);
    expect(await third.page.evaluate(() => window.tab.mesh!.state)).toBe("cut-off");
    // Once it has told the truth to one of them, there is nothing that it can do about the rest.
    lies = false;
    const bridge = await openTab({ seeds: [url] });
    await expect.poll(() => third.neighbors(), { timeout: 30_000 }).toContain(bridge.peerId);
    await third.publish("in at last");
    await expect.poll(() => bridge.heard(third.peerId)).toEqual(["in at last"]);
  });
});

test("a seed that takes everybody in and then refuses everything ends no link, and starts none", async ({
  openTab,
}) => {
  test.setTimeout(90_000);
  let refuses = false;
  const options: MaliciousSeedOptions = {
    onHello: (room) => (refuses ? undefined : room),
    onSignal: (_from, _to, bytes) => (refuses ? "drop" : bytes),
  };
  await withSeed(options, async (seed) => {
    const tabs = [await openTab({ seeds: [seed.url] }), await openTab({ seeds: [seed.url] })];
    for (const tab of tabs) await expect.poll(() => tab.neighbors()).toHaveLength(1);
    refuses = true;
    for (const { seat } of seed.seats) seed.end(seat, 4_000, "go away");
    await expectConversation(tabs);
    await expect(openTab({ seeds: [seed.url] })).rejects.toThrow(/seed-unreachable/);
    for (const tab of tabs) expect(await tab.neighbors()).toHaveLength(1);
  });
});

test("garbage from a seed, and frames that say what no seed says, end nothing but its socket", async ({ openTab }) => {
  await withSeed({}, async (seed) => {
    const tabs = [await openTab({ seeds: [seed.url] }), await openTab({ seeds: [seed.url] })];
    for (const tab of tabs) await expect.poll(() => tab.neighbors()).toHaveLength(1);
    for (const { seat } of seed.seats) {
      seed.say(seat, { kind: "signal", seat: "cd".repeat(8), bytes: new Uint8Array(500).fill(1) });
      seed.sayRaw(seat, new Uint8Array([255, 255, 255, 255]));
      seed.sayRaw(seat, "no seed speaks text");
    }
    await expectConversation(tabs);
  });
});
