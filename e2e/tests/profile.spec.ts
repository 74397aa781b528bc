// What a peer says of itself reaches tabs and Node peers over real links, and changes with it at all of them.
import { expect, test, type Tab } from "../support/fixtures.ts";

/** What this tab knows that others say of themselves, by peer. */
const profiles = (tab: Tab) =>
  tab.page.evaluate(() => Object.fromEntries(window.tab.mesh!.members.map(({ peer, profile }) => [peer, profile])));

const hosts = (tab: Tab) =>
  tab.page.evaluate(() =>
    window.tab.mesh!.find({ where: { roles: { has: "host" }, age: { min: 18 } } }).map(({ peer }) => peer),
  );

test("two tabs and a Node peer read what each says of itself, find each other by it and are told when it changes", async ({
  openTab,
  openNodePeer,
}) => {
  const [a, b, node] = await Promise.all([
    openTab({ profile: { name: "Ann", color: "red" } }),
    openTab({ profile: { name: "Bob", color: "blue" } }),
    openNodePeer(),
  ]);
  const nodeProfile = { name: "Nora", roles: ["host"], age: 44 };
  node.describe(nodeProfile);
  await expect
    .poll(() => profiles(a))
    .toEqual({ [b.peerId]: { name: "Bob", color: "blue" }, [node.peerId]: nodeProfile });
  await expect
    .poll(() => profiles(b))
    .toEqual({ [a.peerId]: { name: "Ann", color: "red" }, [node.peerId]: nodeProfile });
  expect(await hosts(a)).toEqual([node.peerId]);

  const seen = await a.page.evaluateHandle(() => {
    const told: string[] = [];
    const { mesh } = window.tab;
    mesh!.watch({ where: { color: "green" } }, ({ type, member }) => told.push(`${type} ${member.peer}`));
    mesh!.on("member-changed", ({ profile, previous }) =>
      told.push(`from ${String(previous["color"])} to ${String(profile["color"])}`),
    );
    return told;
  });
  await b.page.evaluate(() => window.tab.mesh!.profile.update({ color: "green" }));
  await expect
    .poll(async () => (await seen.jsonValue()).toSorted())
    .toEqual([`added ${b.peerId}`, "from blue to green"]);
  await expect.poll(() => node.changes).toContainEqual({ peer: b.peerId, profile: { name: "Bob", color: "green" } });
  await b.page.close();
  await expect.poll(async () => (await seen.jsonValue()).at(-1)).toEqual(`removed ${b.peerId}`);
});
