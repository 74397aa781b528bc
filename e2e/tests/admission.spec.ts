/**
 * Who is out, in real tabs: a member that an admin removes from a mesh with certificates, and somebody in the room of a
 * mesh with a secret who does not have it.
 */
import { createRoot, createSecret, inviteText, issueInvite } from "@grapevine/crypto";
import type { Page } from "@playwright/test";
import type { Tab } from "../support/fixtures.ts";
import { expect, test } from "../support/fixtures.ts";

const texts = async (tab: Tab): Promise<string[]> => (await tab.heard()).toSorted();

const events = (page: Page): Promise<string[]> => page.evaluate(() => [...window.tab.events]);

test("a member that an admin removes is told, loses its links, reads nothing newer, and is not heard or let in again", async ({
  openTab,
  adopt,
  mesh,
}) => {
  const root = createRoot(mesh, new Uint8Array(32).fill(3));
  const invite = async (role: "admin" | "writer"): Promise<string> => inviteText(await issueInvite({ root }, { role }));
  const admin = await openTab({ invite: await invite("admin") });
  const member = await openTab({ invite: await invite("writer") });
  const ticket = await invite("writer");
  const removed = await openTab({ invite: ticket });
  for (const tab of [admin, member, removed]) await expect.poll(() => tab.neighbors()).toHaveLength(2);
  await removed.publish("while it was a member");
  for (const tab of [admin, member, removed]) await expect.poll(() => texts(tab)).toEqual(["while it was a member"]);

  const peers = await admin.page.evaluate(async (peer) => (await window.tab.mesh!.revoke(peer)).peers, removed.peerId);
  expect(peers).toEqual([removed.peerId]);
  await expect.poll(() => removed.neighbors()).toEqual([]);
  await expect.poll(() => events(removed.page)).toContain("revoked own true by admin");
  await expect.poll(() => events(member.page)).toContain("revoked own false by admin");
  for (const [tab, other] of [
    [admin, member],
    [member, admin],
  ] as const) {
    await expect.poll(() => tab.neighbors()).toEqual([other.peerId]);
    expect(await tab.members()).toEqual([other.peerId]);
  }

  // What it says is refused where it says it, and gets to nobody.
  const said = removed.page.evaluate(() =>
    window.tab.publish("after it was removed").catch((error: Error) => error.message),
  );
  expect(await said).toMatch(/revoked|may not|read/);
  await member.publish("without it");
  for (const tab of [admin, member])
    await expect.poll(() => texts(tab)).toEqual(["while it was a member", "without it"]);
  expect(await removed.heard()).toEqual(["while it was a member"]);
  expect(await removed.neighbors()).toEqual([]);

  // It comes again, as a page that was loaded anew, with the same key and the same invitation.
  await removed.page.reload();
  await expect(adopt(removed.page, { invite: ticket })).rejects.toThrow(/admission-refused.*revoked/s);
});

/** What passes between a page and the seed, both ways. */
function captured(page: Page, into: Buffer[]): void {
  const take = ({ payload }: { payload: string | Buffer }): void => void into.push(Buffer.from(payload));
  page.on("websocket", (socket) => {
    socket.on("framesent", take);
    socket.on("framereceived", take);
  });
}

test("without the secret nobody in the room learns a word, a name or an address, and is told within three seconds", async ({
  openTab,
  browser,
}) => {
  const [members, outsider]: [Buffer[], Buffer[]] = [[], []];
  const [inside, outside] = [await browser.newContext(), await browser.newContext()];
  inside.on("page", (page) => captured(page, members));
  outside.on("page", (page) => captured(page, outsider));
  const secret = createSecret();
  const tabs = [await openTab({ secret, context: inside }), await openTab({ secret, context: inside })];
  for (const tab of tabs) await expect.poll(() => tab.neighbors()).toHaveLength(1);
  await tabs[0]!.publish("a word");
  await expect.poll(() => tabs[1]!.heard()).toEqual(["a word"]);

  const stranger = await openTab({ secret: createSecret(), context: outside });
  await expect
    .poll(() => events(stranger.page), { timeout: 3_000 })
    .toContainEqual(expect.stringContaining("another secret"));
  expect([await stranger.neighbors(), await stranger.members(), await stranger.heard()]).toEqual([[], [], []]);

  // Even what the seed handled between the members tells nothing; of it the stranger got a part.
  expect(members.length).toBeGreaterThan(4);
  expect(outsider.length).toBeGreaterThan(1);
  const told = ["a word", "chat", "candidate", "fingerprint", "a=ice-", "v=0\r\n", "127.0.0.1", ".local"];
  const ids = await Promise.all(tabs.map(({ page }) => page.evaluate(() => window.tab.mesh!.peerId)));
  for (const bytes of [...members, ...outsider]) {
    for (const part of [...told, ...ids]) expect(bytes.includes(part)).toBe(false);
  }
  await Promise.all([inside.close(), outside.close()]);
});
