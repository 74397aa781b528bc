import { describe, expect, it } from "vitest";
import { lockGuard, noGuard, type TabGuard } from "./tab-guard.ts";
import { FakeBrowser } from "./tabs.testing.ts";

type Release = (() => Promise<void>) | undefined;

describe.each<[string, (browser: FakeBrowser) => TabGuard]>([
  ["by locks", (browser) => browser.withLocks()],
  ["by channel", (browser) => browser.withChannel()],
])("a guard %s", (_kind, tab) => {
  async function hold(browser: FakeBrowser, guard: TabGuard, name = "a"): Promise<Release> {
    const held = guard.hold(name);
    await browser.elapse();
    return held;
  }

  it("gives a name to one tab at a time", async () => {
    const browser = new FakeBrowser();
    const [first, second] = [tab(browser), tab(browser)];
    expect(await hold(browser, first)).toBeTypeOf("function");
    expect(await hold(browser, second)).toBeUndefined();
    expect(await hold(browser, second, "b")).toBeTypeOf("function");
  });

  it("gives a released name to the next", async () => {
    const browser = new FakeBrowser();
    const release = await hold(browser, tab(browser));
    await release!();
    expect(await hold(browser, tab(browser))).toBeTypeOf("function");
  });

  it("gives a name to one of two tabs that ask at once", async () => {
    const browser = new FakeBrowser();
    const asked = [tab(browser).hold("a"), tab(browser).hold("a")];
    await browser.elapse();
    const held = await Promise.all(asked);
    expect(held.filter((release) => release !== undefined)).toHaveLength(1);
  });
});

describe("a guard by locks", () => {
  it("waits for a page that is being torn down", async () => {
    const browser = new FakeBrowser();
    const release = await browser.withLocks().hold("a");
    const next = browser.withLocks().hold("a");
    await release!();
    expect(await next).toBeTypeOf("function");
  });

  it("holds nothing on a page that may not use locks", async () => {
    const refused = lockGuard({ request: () => Promise.reject(new Error("SecurityError")) }, () => Promise.resolve());
    expect(await refused.hold("a")).toBeUndefined();
  });
});

describe("a guard by channel", () => {
  it.each([
    ["1", "2"],
    ["2", "1"],
  ])("yields to a holder, whatever their ids (%s, %s)", async (older, newer) => {
    const browser = new FakeBrowser();
    const first = browser.withChannel(older).hold("a");
    await browser.elapse();
    expect(await first).toBeTypeOf("function");
    const second = browser.withChannel(newer).hold("a");
    await browser.elapse();
    expect(await second).toBeUndefined();
  });

  it("is not disturbed by what else is said on its channel", async () => {
    const browser = new FakeBrowser();
    const held = browser.withChannel("5").hold("a");
    const other = browser.openChannel("a", () => {});
    for (const garbage of [undefined, null, 7, "5", {}, { from: 3 }, { from: "5" }, { to: "4" }, { to: 5 }]) {
      other.post(garbage);
    }
    await browser.elapse();
    expect(await held).toBeTypeOf("function");
  });
});

it("without locks and channels nothing is held", async () => {
  expect(await noGuard.hold("a")).toBeUndefined();
});
