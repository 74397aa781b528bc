/** One tab of the demo is turned malicious, and the others prove it and shut it out; or it harms nobody. */
import type { BrowserContext, Page } from "@playwright/test";
import { type Demo, say, serveDemo } from "../support/demo.ts";
import { expect, test } from "../support/fixtures.ts";

let demo: Demo;
test.beforeAll(async () => {
  demo = await serveDemo();
});
test.afterAll(() => demo.close());

async function openAll(context: BrowserContext, mesh: string, seed: string, count: number): Promise<Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) pages.push(await demo.open(await context.newPage(), mesh, seed));
  for (const page of pages) await expect(page.locator("#count")).toContainText(`${count} peers`, { timeout: 30_000 });
  return pages;
}

async function cheat(page: Page, offence: string): Promise<void> {
  await page.getByRole("button", { name: "Laboratory" }).click();
  await page.getByRole("button", { name: `Cheat: ${offence}` }).click();
}

const idOf = (page: Page): Promise<string> => page.evaluate(() => window.grapevine!.mesh.peerId);
const neighborsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => window.grapevine!.mesh.neighbors.map(({ peer }) => peer));

declare global {
  interface Window {
    grapevine?: {
      mesh: {
        readonly peerId: string;
        readonly neighbors: readonly { readonly peer: string }[];
        readonly evidence: readonly { readonly peer: string; readonly offence: string }[];
      };
    };
  }
}

test("a tab that tells two stories is proved a cheat by its two signatures, everywhere, also to a newcomer", async ({
  context,
  mesh,
  seed,
}) => {
  test.setTimeout(120_000);
  const [liar, ...others] = await openAll(context, mesh, seed.url, 4);
  const liarId = await idOf(liar!);
  await cheat(liar!, "Tell two stories");

  for (const page of others) {
    const verdict = page.getByRole("alert").filter({ hasText: "is proved a cheat" });
    await expect(verdict).toContainText("One place in its log, two messages", { timeout: 20_000 });
    await expect(verdict.getByRole("figure")).toHaveCount(2);
    const [one, other] = await verdict.getByRole("figure").allTextContents();
    expect(one).not.toBe(other);
    // The same number of its log, twice.
    const places = [one, other].map((side) => /number \d+ of its log/.exec(side!)?.[0]);
    expect(places[0]).toBe(places[1]);
    await expect(page.locator("#count")).toContainText("3 peers");
    await expect(page.locator(`tr[data-kind="outcast"]`)).toContainText("shut out");
    expect(await neighborsOf(page)).not.toContain(liarId);
  }
  await expect(liar!.getByRole("alert")).toContainText("You are proved a cheat");
  await expect.poll(() => neighborsOf(liar!)).toEqual([]);
  // Half of them were told one story, half the other.
  const told = await Promise.all(others.map((page) => page.getByRole("log").textContent()));
  expect(told.some((log) => log!.includes("old vine"))).toBe(true);
  expect(told.some((log) => log!.includes("the press"))).toBe(true);
  for (const page of others) await expect(page.locator(".line.withdrawn")).toHaveCount(1);

  const newcomer = await demo.open(await context.newPage(), mesh, seed.url);
  await expect(newcomer.locator("#count")).toContainText("4 peers", { timeout: 30_000 });
  for (const page of others) await expect(page.locator("#count")).toContainText("4 peers");
  expect(await neighborsOf(newcomer)).not.toContain(liarId);
  // To whom it is an old story the proof is offered, not shown.
  await newcomer.getByRole("button", { name: "See the proof" }).click();
  await expect(newcomer.getByRole("alert").getByRole("figure")).toHaveCount(2);
  await say(newcomer, "what did I miss?");
  for (const page of others) await expect(page.getByRole("log")).toContainText("what did I miss?");
  await expect(liar!.getByRole("log")).not.toContainText("what did I miss?");

  // A reload keeps the key, and the key is burnt; another one is as good as any.
  await liar!.reload();
  await expect(liar!.getByRole("alert")).toContainText("You are proved a cheat", { timeout: 30_000 });
  await liar!.getByRole("button", { name: "Come back with a new key" }).click();
  await expect(liar!.locator("#count")).toContainText("5 peers", { timeout: 30_000 });
  expect(await idOf(liar!)).not.toBe(liarId);
});

test("a tab that mints twice is proved a cheat by its two signatures", async ({ context, mesh, seed }) => {
  test.setTimeout(120_000);
  const [cheater, ...others] = await openAll(context, mesh, seed.url, 3);
  await cheat(cheater!, "Mint twice");
  for (const page of others) {
    await expect(page.getByRole("alert")).toContainText("One period, two advertisements", { timeout: 30_000 });
    await expect(page.locator("#count")).toContainText("2 peers");
  }
  await expect(cheater!.getByRole("alert")).toContainText("You are proved a cheat");
});

test("a tab that forges and flips bits is believed by nobody and convicted by nobody", async ({
  context,
  mesh,
  seed,
}) => {
  test.setTimeout(120_000);
  const [forger, ...others] = await openAll(context, mesh, seed.url, 3);
  await say(others[0]!, "before");
  for (const page of others) await expect(page.getByRole("log")).toContainText("before");
  await cheat(forger!, "Forge and flip bits");
  // Whoever got a forgery says so, and hangs up.
  const blamed = (page: Page): Promise<boolean> =>
    page
      .getByRole("log")
      .textContent()
      .then((log) => log!.includes("sent what nobody signed"));
  await expect.poll(async () => (await Promise.all(others.map(blamed))).some(Boolean), { timeout: 30_000 }).toBe(true);
  await say(others[0]!, "after");
  await say(others[1]!, "all is well");
  for (const page of others) {
    await expect(page.getByRole("log")).toContainText("after");
    await expect(page.getByRole("log")).toContainText("all is well");
    expect(await page.evaluate(() => window.grapevine!.mesh.evidence)).toEqual([]);
  }
});
