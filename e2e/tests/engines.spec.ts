// The engines of Node with the browser: whoever calls, the tab is linked to both. (With each other: the links package.)
import { expect, test } from "../support/fixtures.ts";

test("a tab is linked to a peer on wrtc and to one on node-datachannel, and all hear each other", async ({
  openTab,
  openNodePeer,
}) => {
  const tab = await openTab();
  const nodes = [await openNodePeer("node-datachannel"), await openNodePeer("wrtc")];
  await expect.poll(async () => (await tab.neighbors()).length, { timeout: 20_000 }).toBe(2);
  await tab.publish(`from ${tab.peerId}`);
  for (const node of nodes) node.publish(`from ${node.peerId}`);
  const expected = [tab, ...nodes].map(({ peerId }) => `from ${peerId}`).toSorted();
  await expect.poll(async () => (await tab.heard()).toSorted()).toEqual(expected);
  for (const node of nodes) {
    await expect.poll(() => node.heard.map(({ data }) => String(data)).toSorted()).toEqual(expected);
  }
  for (const node of nodes) expect(await node.leave()).toBe(0);
  await expect.poll(() => tab.neighbors()).toEqual([]);
});
