// Tabs that were away: closed while one went on.
import { expect, type Tab, test } from "../support/fixtures.ts";

async function set(tab: Tab, key: string, value: string): Promise<void> {
  await tab.page.evaluate(
    async ([key, value]) => {
      const map = window.tab.mesh!.map<string>("board");
      await map.ready;
      await map.set(key, value);
    },
    [key, value] as const,
  );
}

const board = (tab: Tab): Promise<[string, string][]> =>
  tab.page.evaluate(() => [...window.tab.mesh!.map<string>("board")]);

const digest = (tab: Tab): Promise<string> => tab.page.evaluate(() => window.tab.mesh!.map("board").digest());

test("when all tabs but one were closed, those that open again have the history and the map", async ({ openTab }) => {
  const tabs = [await openTab(), await openTab(), await openTab()];
  const [stays, ...others] = tabs as [Tab, Tab, Tab];
  for (const [i, tab] of tabs.entries()) {
    await tab.publish(`text ${i}`);
    await set(tab, `field ${i}`, `value ${i}`);
  }
  await expect.poll(async () => (await board(stays)).length).toBe(3);
  for (const tab of others) await tab.page.context().close();
  await stays.publish("alone");
  await set(stays, "field 1", "changed meanwhile");
  for (const again of [await openTab(), await openTab()]) {
    await expect
      .poll(async () => (await again.heard()).toSorted(), { timeout: 20_000 })
      .toEqual(["alone", "text 0", "text 1", "text 2"]);
    await expect.poll(() => digest(again)).toBe(await digest(stays));
    expect(await board(again)).toContainEqual(["field 1", "changed meanwhile"]);
  }
});
