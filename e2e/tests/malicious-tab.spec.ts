/** A tab full of adversaries, each with a key of its own and a way of its own to break the rules, among honest tabs. */
import { expect, test } from "../support/fixtures.ts";

const KINDS = ["withhold", "phantom", "storm", "replay", "malformed", "accuse", "stale"] as const;

test("a tab that withholds, lies about what it has, storms, replays, babbles and accuses costs others its links at most", async ({
  mesh,
  openTab,
  seed,
}) => {
  test.setTimeout(120_000);
  const honest = [await openTab(), await openTab(), await openTab()];
  const ids = honest.map(({ peerId }) => peerId);
  for (const tab of honest) await expect.poll(() => tab.neighbors()).toHaveLength(2);
  const { page } = await openTab();
  const liars = await page.evaluate(([options, kinds]) => window.tab.deviate(options, kinds), [
    { mesh, seeds: [seed.url] },
    KINDS,
  ] as const);
  expect(new Set(liars).size).toBe(KINDS.length);

  const said: string[] = [];
  for (let round = 0; round < 5; round++) {
    for (const [i, tab] of honest.entries()) {
      said.push(`${i}: ${round}`);
      await tab.publish(`${i}: ${round}`);
    }
    await page.waitForTimeout(1_000);
  }
  for (const tab of honest) {
    await expect.poll(async () => (await tab.heard()).toSorted(), { timeout: 30_000 }).toEqual(said.toSorted());
    for (const id of ids) expect((await tab.heard(id)).map((text) => Number(text.slice(3)))).toEqual([0, 1, 2, 3, 4]);
    const convicted = await tab.page.evaluate(() => window.tab.mesh!.evidence.map(({ peer }) => peer));
    expect(convicted.filter((peer) => ids.includes(peer))).toEqual([]);
    await expect.poll(async () => (await tab.neighbors()).filter((peer) => ids.includes(peer))).toHaveLength(2);
  }
  // Who babbles, or accuses falsely, has lost what it had.
  const shunned = new Set([liars[KINDS.indexOf("malformed")], liars[KINDS.indexOf("accuse")]]);
  for (const tab of honest) {
    await expect.poll(async () => (await tab.neighbors()).filter((peer) => shunned.has(peer))).toEqual([]);
  }
});
