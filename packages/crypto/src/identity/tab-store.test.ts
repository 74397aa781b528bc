import { describe, expect, it } from "vitest";
import { createIdentity } from "./identity.ts";
import { openIdentity, type OpenIdentity } from "./open-identity.ts";
import { noGuard, type TabGuard } from "./tab-guard.ts";
import { tabStore } from "./tab-store.ts";
import { FakeBrowser, FakeStorage } from "./tabs.testing.ts";

interface Page {
  readonly storage: FakeStorage;
  readonly guard: TabGuard;
}

async function open(
  { storage, guard }: Page,
  { browser, name = "default", warnings = [] }: { browser?: FakeBrowser; name?: string; warnings?: string[] } = {},
): Promise<OpenIdentity> {
  const opening = openIdentity({ store: tabStore({ storage, guard, name, onWarning: (text) => warnings.push(text) }) });
  // Once for the key that is kept, once for a new one.
  await browser?.elapse();
  await browser?.elapse();
  return opening;
}

describe.each<[string, (browser: FakeBrowser) => TabGuard]>([
  ["Web Locks", (browser) => browser.withLocks()],
  ["BroadcastChannel", (browser) => browser.withChannel()],
])("a tab's identity, guarded by %s,", (_kind, guardIn) => {
  it("is kept over a reload, with its slot and incarnation", async () => {
    const browser = new FakeBrowser();
    const storage = new FakeStorage();
    const before = await open({ storage, guard: guardIn(browser) }, { browser });
    expect([before.lastMintSlot, before.lastIncarnation]).toEqual([-1, 0]);
    await before.saveSlot(41);
    await before.saveIncarnation(1000);
    await before.close();
    const after = await open({ storage, guard: guardIn(browser) }, { browser });
    expect(after.identity.peerId).toBe(before.identity.peerId);
    expect([after.lastMintSlot, after.lastIncarnation]).toEqual([41, 1000]);
  });

  it("is another one in a duplicated tab, which keeps that over its own reload", async () => {
    const browser = new FakeBrowser();
    const original: Page = { storage: new FakeStorage(), guard: guardIn(browser) };
    const first = await open(original, { browser });
    await first.saveSlot(41);
    const duplicate: Page = { storage: original.storage.duplicate(), guard: guardIn(browser) };
    const second = await open(duplicate, { browser });
    expect(second.identity.peerId).not.toBe(first.identity.peerId);
    expect([second.lastMintSlot, second.lastIncarnation]).toEqual([-1, 0]);
    await second.saveSlot(7);
    await second.close();
    const reloaded = await open({ ...duplicate, guard: guardIn(browser) }, { browser });
    expect(reloaded.identity.peerId).toBe(second.identity.peerId);
    expect(reloaded.lastMintSlot).toBe(7);
  });

  it("is its own in each of two copies that are restored at once", async () => {
    const browser = new FakeBrowser();
    const original: Page = { storage: new FakeStorage(), guard: guardIn(browser) };
    await (await open(original, { browser })).close();
    const copies = [original.storage.duplicate(), original.storage.duplicate()];
    const opening = copies.map((storage) => open({ storage, guard: guardIn(browser) }));
    for (let i = 0; i < 3; i++) await browser.elapse();
    const [a, b] = await Promise.all(opening);
    expect(a!.identity.peerId).not.toBe(b!.identity.peerId);
  });

  it("is another one for a second peer of the same page, which leaves the kept one alone", async () => {
    const browser = new FakeBrowser();
    const page: Page = { storage: new FakeStorage(), guard: guardIn(browser) };
    const first = await open(page, { browser });
    const second = await open(page, { browser });
    expect(second.identity.peerId).not.toBe(first.identity.peerId);
    await second.saveSlot(99);
    await second.close();
    await first.close();
    const next = await open({ ...page, guard: guardIn(browser) }, { browser });
    expect(next.identity.peerId).toBe(first.identity.peerId);
    expect(next.lastMintSlot).toBe(-1);
  });

  it("is another one under another name", async () => {
    const browser = new FakeBrowser();
    const page: Page = { storage: new FakeStorage(), guard: guardIn(browser) };
    const a = await open(page, { browser, name: "a" });
    const b = await open(page, { browser, name: "b" });
    await a.close();
    await b.close();
    expect((await open(page, { browser, name: "a" })).identity.peerId).toBe(a.identity.peerId);
    expect((await open(page, { browser, name: "b" })).identity.peerId).toBe(b.identity.peerId);
  });
});

describe("a tab's identity", () => {
  it("whose record is corrupt is set aside with a warning, and a new one is made", async () => {
    const browser = new FakeBrowser();
    const storage = new FakeStorage(new Map([["grapevine identity default", '{"version":1,"identity":"x"}']]));
    const warnings: string[] = [];
    const opened = await open({ storage, guard: browser.withLocks() }, { warnings });
    expect(warnings).toEqual([expect.stringContaining("set aside")]);
    expect(storage.getItem("grapevine identity default (set aside)")).toBe('{"version":1,"identity":"x"}');
    await opened.close();
    const again = await open({ storage, guard: browser.withLocks() }, { warnings });
    expect(again.identity.peerId).toBe(opened.identity.peerId);
    expect(warnings).toHaveLength(1);
  });

  it("is not kept where duplicates cannot be told", async () => {
    const storage = new FakeStorage();
    const warnings: string[] = [];
    const page: Page = { storage, guard: noGuard };
    const opened = await open(page, { warnings });
    await opened.saveSlot(4);
    await opened.close();
    expect(storage.entries.size).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("not kept over a reload")]);
    expect((await open(page)).identity.peerId).not.toBe(opened.identity.peerId);
  });

  it("is not kept where there is no room, and an older state of it does not stay behind", async () => {
    const browser = new FakeBrowser();
    const storage = new FakeStorage();
    const warnings: string[] = [];
    storage.full = true;
    await (await open({ storage, guard: browser.withLocks() }, { warnings })).close();
    expect(warnings).toEqual([expect.stringContaining("storage is full")]);

    storage.full = false;
    const opened = await open({ storage, guard: browser.withLocks() });
    await opened.saveSlot(4);
    storage.full = true;
    await expect(opened.saveSlot(5)).rejects.toMatchObject({ code: "store-failed" });
    expect(storage.entries.size).toBe(0);
  });

  it("names its lock without telling its secret", async () => {
    const names: string[] = [];
    const guard: TabGuard = { hold: (name) => (names.push(name), Promise.resolve(() => Promise.resolve())) };
    const { identity } = await open({ storage: new FakeStorage(), guard });
    expect(names).toEqual([`grapevine identity ${identity.peerId}`]);
    expect(createIdentity().peerId).not.toBe(identity.peerId);
  });
});
