import { expect, test } from "../support/fixtures.ts";

test("the seed is killed, and nothing stops", async ({ openTab, openNodePeer, seed }) => {
  const node = await openNodePeer();
  const tabs = [await openTab(), await openTab(), await openTab()];
  for (const tab of tabs) await expect.poll(() => tab.neighbors()).toHaveLength(3);
  await seed.kill();
  for (const [i, tab] of tabs.entries()) await tab.publish(`no seed ${i}`);
  node.publish("no seed 3");
  const expected = [0, 1, 2, 3].map((i) => `no seed ${i}`);
  for (const tab of tabs) await expect.poll(async () => (await tab.heard()).toSorted()).toEqual(expected);
  await expect.poll(() => node.heard.map(({ data }) => String(data)).toSorted()).toEqual(expected);
});

test("a tab that lost its neighbors is linked again through the mesh, with no seed", async ({ openTab, seed }) => {
  test.setTimeout(120_000);
  const tabs = [];
  for (let i = 0; i < 9; i++) tabs.push(await openTab({ neighborsMax: 5 }));
  for (const tab of tabs)
    await expect.poll(async () => (await tab.neighbors()).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
  for (const tab of tabs) await expect.poll(async () => (await tab.members()).length, { timeout: 60_000 }).toBe(8);
  await seed.kill();
  const [victim, ...others] = tabs;
  const before = await victim!.neighbors();
  const lost = others.filter((tab) => before.slice(1).includes(tab.peerId));
  for (const tab of lost) await tab.page.close();
  const stay = others.filter((tab) => !lost.includes(tab));
  const relinked = async (): Promise<boolean> => {
    const now = await victim!.neighbors();
    return stay.filter((tab) => now.includes(tab.peerId)).length >= Math.min(3, stay.length);
  };
  await expect.poll(relinked, { timeout: 30_000 }).toBe(true);
  await victim!.publish("still here");
  for (const tab of stay) await expect.poll(() => tab.heard(victim!.peerId)).toEqual(["still here"]);
});

test("a seed comes back empty, and newcomers join the old mesh", async ({ openTab, seed }) => {
  test.setTimeout(150_000);
  const old = [await openTab(), await openTab(), await openTab()];
  for (const tab of old) await expect.poll(() => tab.neighbors()).toHaveLength(2);
  await seed.kill();
  await seed.restart();
  const back = (): Promise<boolean> =>
    old[0]!.page.evaluate(() => window.tab.mesh!.stats().seeds.some(({ state }) => state === "up"));
  // A browser makes one WebSocket connection to an address at a time (RFC 6455, 4.1), so the tabs' attempts stand in line.
  await expect.poll(back, { timeout: 90_000 }).toBe(true);
  const newcomer = await openTab();
  await newcomer.publish("hello, old mesh");
  for (const tab of [...old, newcomer]) {
    await expect.poll(() => tab.heard(), { timeout: 20_000 }).toEqual(["hello, old mesh"]);
  }
  await expect.poll(async () => (await newcomer.members()).length, { timeout: 20_000 }).toBe(3);
});

test("a seed that is not there is a clear error, not a hang", async ({ openTab, seed }) => {
  await seed.kill();
  const failed = openTab();
  await expect(failed).rejects.toThrow(/seed-unreachable: expected an answer of a seed/);
});

test("with the seed gone, a tab that is opened or reloaded comes in by the other tabs of its browser", async ({
  openTab,
  adopt,
  openNodePeer,
  seed,
  browser,
}) => {
  const context = await browser.newContext();
  const node = await openNodePeer();
  const first = await openTab({ context });
  await expect.poll(() => first.neighbors()).toHaveLength(1);
  await seed.kill();
  const second = await openTab({ context });
  await second.publish("no seed ever saw me");
  await expect.poll(() => first.heard()).toEqual(["no seed ever saw me"]);
  await expect.poll(() => node.heard.map(({ data }) => String(data))).toEqual(["no seed ever saw me"]);
  // Who reloads a tab must not be the only way between the others.
  await expect.poll(() => second.neighbors(), { timeout: 20_000 }).toHaveLength(2);
  await first.page.reload();
  const again = await adopt(first.page);
  await expect.poll(() => again.heard()).toEqual(["no seed ever saw me"]);
  await expect.poll(async () => (await again.members()).length, { timeout: 20_000 }).toBe(2);
  await context.close();
});
