import type { Page } from "@playwright/test";
import { type Demo, say, serveDemo } from "../support/demo.ts";
import { expect, test } from "../support/fixtures.ts";

let demo: Demo;
test.beforeAll(async () => {
  demo = await serveDemo();
});
test.afterAll(() => demo.close());

test("five tabs find each other, count themselves and chat; the seed is killed, and they go on", async ({
  context,
  mesh,
  seed,
}) => {
  test.setTimeout(120_000);
  const faults: string[] = [];
  const pages: Page[] = [];
  for (let i = 0; i < 5; i++) {
    const page = await context.newPage();
    page.on("pageerror", (error) => void faults.push(error.message));
    pages.push(await demo.open(page, mesh, seed.url));
  }
  for (const page of pages) {
    await expect(page.locator("#count")).toContainText("5 peers", { timeout: 30_000 });
    await expect(page.getByRole("status").first()).toContainText("Connected");
  }

  await say(pages[1]!, "hello, vine");
  for (const page of pages) await expect(page.getByRole("log")).toContainText("hello, vine");
  // The first message on a young tree may come by way of another.
  await expect(pages[0]!.getByRole("log")).toContainText(/[1-4] hops? · ~\d+ ms/);

  await seed.kill();
  await expect(pages[0]!.locator("#seed-pill")).toContainText(/gone/i, { timeout: 30_000 });
  await say(pages[3]!, "no seed, no matter");
  for (const page of pages) await expect(page.getByRole("log")).toContainText("no seed, no matter");
  expect(faults).toEqual([]);
});

test("the page fits a phone, and the mesh can be read without seeing the graph", async ({ browser, mesh, seed }) => {
  const phone = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const [first, second] = [await phone.newPage(), await phone.newPage()];
  for (const page of [first, second]) await demo.open(page, mesh, seed.url);
  await expect(first.locator("#count")).toContainText("2 peers", { timeout: 30_000 });
  const overflow = await first.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await first.getByRole("button", { name: "Peers" }).click();
  await expect(first.getByRole("table").getByRole("row")).toHaveCount(3);
  await phone.close();
});

test("without a seed the page says what to do, and goes on trying", async ({ page, mesh, seed }) => {
  await seed.kill();
  await demo.open(page, mesh, seed.url);
  await expect(page.getByText("npm start")).toBeVisible({ timeout: 30_000 });
});
