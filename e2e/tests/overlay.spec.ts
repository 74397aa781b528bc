/** The overlay at the size of a class: thirty Node peers and five tabs, no seed, and a third of them killed. */
import type { Crowd } from "../support/crowd.ts";
import { peersPerProcess, startCrowd } from "../support/crowd.ts";
import { expect, test } from "../support/fixtures.ts";

const NODE_PEERS = 30;
const TABS = 5;
/** A third of all. */
const VICTIMS = 12;
const KILL_PERIOD_MS = 2_500;

test("thirty Node peers and five tabs stay one overlay without a seed, while a third of them is killed", async ({
  mesh,
  seed,
  openTab,
}) => {
  test.setTimeout(300_000);
  const crowds: Crowd[] = [];
  try {
    // Whoever is to be killed has a process of its own.
    const sizes = [...Array<number>(VICTIMS).fill(1), ...shares(NODE_PEERS - VICTIMS, Math.min(6, peersPerProcess()))];
    while (sizes.length > 0) {
      const some = sizes.splice(0, 4).map((size) => startCrowd(mesh, [seed.url], size));
      crowds.push(...(await Promise.all(some)));
    }
    const tabs = await Promise.all(Array.from({ length: TABS }, () => openTab()));
    await expect.poll(() => leastLinks(crowds), { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
    await seed.kill();

    const victims = crowds.splice(0, VICTIMS);
    for (const victim of victims) {
      victim.kill();
      await new Promise((resolve) => setTimeout(resolve, KILL_PERIOD_MS));
    }

    for (const crowd of crowds) crowd.publish("still here");
    await Promise.all(tabs.map((tab) => tab.publish(`still here of ${tab.peerId}`)));
    const survivors = [...crowds.flatMap(({ peerIds }) => peerIds), ...tabs.map(({ peerId }) => peerId)];
    const expected = survivors.map((peerId) => `still here of ${peerId}`).toSorted();
    const dead = new Set(victims.flatMap(({ peerIds }) => peerIds));
    await expect
      .poll(() => crowds.flatMap((crowd) => crowd.peerIds.map((peer) => crowd.heard.get(peer)?.size ?? 0)), {
        timeout: 90_000,
      })
      .toEqual(crowds.flatMap((crowd) => crowd.peerIds.map(() => survivors.length)));
    for (const crowd of crowds) {
      for (const peer of crowd.peerIds) expect([...crowd.heard.get(peer)!].toSorted()).toEqual(expected);
    }
    for (const tab of tabs) await expect.poll(async () => (await tab.heard()).toSorted()).toEqual(expected);

    // The dead are nobody's neighbors any more, and all that are left are one component.
    const linksOf = async (): Promise<Map<string, readonly string[]>> =>
      new Map([
        ...crowds.flatMap((crowd) => [...crowd.links]),
        ...(await Promise.all(tabs.map(async (tab) => [tab.peerId, await tab.neighbors()] as const))),
      ]);
    await expect
      .poll(async () => [...(await linksOf()).values()].flat().filter((peer) => dead.has(peer)), { timeout: 60_000 })
      .toEqual([]);
    expect(componentOf(survivors[0]!, await linksOf()).size).toBe(survivors.length);
  } finally {
    for (const crowd of crowds) crowd.kill();
  }
});

function shares(total: number, most: number): number[] {
  const sizes: number[] = [];
  for (let left = total; left > 0; left -= most) sizes.push(Math.min(most, left));
  return sizes;
}

function leastLinks(crowds: readonly Crowd[]): number {
  return Math.min(...crowds.flatMap(({ links }) => [...links.values()].map(({ length }) => length)));
}

function componentOf(start: string, links: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([start]);
  for (const peer of reached) for (const next of links.get(peer) ?? []) reached.add(next);
  return reached;
}
