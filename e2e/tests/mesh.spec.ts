import { expect, test } from "../support/fixtures.ts";

test("tabs find each other, and every message reaches everyone exactly once, in its author's order", async ({
  openTab,
}) => {
  const tabs = [await openTab(), await openTab(), await openTab()];
  for (const tab of tabs) await expect.poll(() => tab.neighbors()).toHaveLength(2);
  await Promise.all(
    tabs.map(async (tab, t) => {
      for (let i = 0; i < 20; i++) await tab.publish(`${t}:${i}`);
    }),
  );
  for (const tab of tabs) {
    for (const [a, author] of tabs.entries()) {
      const expected = Array.from({ length: 20 }, (_, i) => `${a}:${i}`);
      await expect.poll(() => tab.heard(author.peerId)).toEqual(expected);
    }
    expect(await tab.heard()).toHaveLength(60);
  }
});

test("a tab that comes late hears what was said before", async ({ openTab }) => {
  const first = await openTab();
  await first.publish("early");
  const late = await openTab();
  await expect.poll(() => late.heard()).toEqual(["early"]);
});

test("direct messages are acknowledged, and requests are answered", async ({ openTab }) => {
  const [a, b] = [await openTab(), await openTab()];
  await expect.poll(() => a.neighbors()).toEqual([b.peerId]);
  await a.page.evaluate((to) => window.tab.mesh!.send(to, { text: "psst" }), b.peerId);
  expect(await b.page.evaluate(() => window.tab.direct)).toEqual([{ from: a.peerId, data: { text: "psst" } }]);
  const sum = await b.page.evaluate((to) => window.tab.mesh!.request<number>(to, "add", { a: 2, b: 3 }), a.peerId);
  expect(sum).toBe(5);
});

test("a tab that closes is noticed by the others", async ({ openTab }) => {
  const tabs = [await openTab(), await openTab(), await openTab()];
  for (const tab of tabs) await expect.poll(() => tab.neighbors()).toHaveLength(2);
  const closed = tabs.pop()!;
  await closed.page.close({ runBeforeUnload: false });
  for (const tab of tabs) {
    await expect.poll(() => tab.neighbors()).not.toContain(closed.peerId);
    await expect.poll(() => tab.members()).not.toContain(closed.peerId);
  }
});

test("a reload keeps the identity, and a duplicated tab takes its own", async ({ openTab, adopt }) => {
  const tab = await openTab();
  await tab.page.reload();
  const again = await adopt(tab.page);
  expect(again.peerId).toBe(tab.peerId);

  // A page that opens another one of its origin hands it a copy of its session storage, as "duplicate tab" does.
  const [popup] = await Promise.all([
    tab.page.waitForEvent("popup"),
    tab.page.evaluate(() => void window.open(window.location.href)),
  ]);
  const twin = await adopt(popup);
  expect(twin.peerId).not.toBe(tab.peerId);
  await expect.poll(() => twin.neighbors()).toEqual([again.peerId]);
});

test("eight tabs and two Node peers all hear each other", async ({ openTab, openNodePeer }) => {
  test.setTimeout(120_000);
  const nodes = [await openNodePeer(), await openNodePeer()];
  const tabs = [];
  for (let i = 0; i < 8; i++) tabs.push(await openTab());
  const everyone = [...tabs, ...nodes].map(({ peerId }) => peerId).toSorted();
  for (const tab of tabs) await tab.publish(`from ${tab.peerId}`);
  for (const node of nodes) node.publish(`from ${node.peerId}`);
  const expected = everyone.map((peerId) => `from ${peerId}`).toSorted();
  for (const tab of tabs) await expect.poll(async () => (await tab.heard()).toSorted()).toEqual(expected);
  for (const node of nodes)
    await expect.poll(() => node.heard.map(({ data }) => String(data)).toSorted()).toEqual(expected);
  for (const tab of tabs) await expect.poll(async () => (await tab.members()).length, { timeout: 30_000 }).toBe(9);
  for (const node of nodes) expect(await node.leave()).toBe(0);
});
