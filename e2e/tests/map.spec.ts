// The wall of the demo is a replicated map: what one tab paints all others show, also those that come later or were away.
import type { Page } from "@playwright/test";
import { type Demo, serveDemo } from "../support/demo.ts";
import { expect, test } from "../support/fixtures.ts";

let demo: Demo;
test.beforeAll(async () => {
  demo = await serveDemo();
});
test.afterAll(() => demo.close());

const square = (page: Page, row: number, column: number) =>
  page.getByRole("button", { name: `Row ${row}, column ${column}:` });

const painted = (page: Page): Promise<number> => page.locator('.square:not([data-painted=""])').count();

const print = (page: Page): Promise<string> => page.locator("#wall-print").innerText();

async function openAll(count: number, open: () => Promise<Page>): Promise<Page[]> {
  const pages: Page[] = [];
  for (let i = 0; i < count; i++) pages.push(await open());
  for (const page of pages) {
    await expect(page.locator("#count")).toContainText(`${count} peers`, { timeout: 30_000 });
  }
  return pages;
}

test("what one tab paints every other shows, with who did it; a late tab has it all", async ({
  context,
  mesh,
  seed,
}) => {
  test.setTimeout(120_000);
  const open = async () => demo.open(await context.newPage(), mesh, seed.url);
  const [a, b, c] = (await openAll(3, open)) as [Page, Page, Page];
  await square(a, 2, 3).click();
  await expect(square(a, 2, 3)).toHaveAccessibleName(/yours$/);
  const name = await a.locator("#name").inputValue();
  for (const page of [b, c]) {
    await expect(square(page, 2, 3)).toHaveAccessibleName(new RegExp(`: ${name}$`));
    await expect(page.locator("#wall-news")).toHaveText(`${name} painted a square`);
  }
  // The last to paint a square has it, and may wipe it.
  await square(b, 2, 3).click();
  await expect(square(a, 2, 3)).not.toHaveAccessibleName(/yours$/);
  await square(b, 4, 5).click();
  await square(b, 4, 5).click();
  await square(c, 6, 12).click();
  await expect.poll(() => Promise.all([a, b, c].map(painted))).toEqual([2, 2, 2]);

  const late = await demo.open(await context.newPage(), mesh, seed.url);
  await expect.poll(() => painted(late), { timeout: 30_000 }).toBe(2);
  await expect.poll(async () => new Set(await Promise.all([a, b, c, late].map(print))).size).toBe(1);
  expect(await print(late)).toMatch(/^[0-9a-f]{8}$/);
});

test("two tabs that paint one square while apart agree on it when they meet", async ({ context, mesh, seed }) => {
  test.setTimeout(120_000);
  const open = async () => demo.open(await context.newPage(), mesh, seed.url);
  const [a, b] = (await openAll(2, open)) as [Page, Page];
  await b.locator("#pause").click();
  await expect(a.locator("#count")).toContainText("1 peer", { timeout: 30_000 });
  await square(a, 1, 1).click();
  await square(a, 1, 2).click();
  await square(b, 1, 3).click();
  await square(b, 1, 1).click();
  await expect(square(a, 1, 1)).toHaveAccessibleName(/yours$/);
  await expect(square(b, 1, 1)).toHaveAccessibleName(/yours$/);
  await b.locator("#pause").click();
  await expect.poll(() => Promise.all([a, b].map(painted)), { timeout: 30_000 }).toEqual([3, 3]);
  // The later of the two stands, in both.
  await expect(square(a, 1, 1)).not.toHaveAccessibleName(/yours$/);
  await expect(square(b, 1, 1)).toHaveAccessibleName(/yours$/);
  expect(await print(a)).toBe(await print(b));
});

test("a map is there again when all its tabs were closed", async ({ openTab, context }) => {
  const store = "map";
  const a = await openTab({ context, store });
  await a.page.evaluate(async () => {
    const map = window.tab.mesh!.map("board");
    for (let i = 0; i < 20; i++) await map.set(`field ${i % 10}`, i);
    await map.delete("field 3");
  });
  await a.page.close();
  const b = await openTab({ context, store });
  const entries = await b.page.evaluate(async () => {
    const map = window.tab.mesh!.map<number>("board");
    await map.ready;
    return [...map];
  });
  expect(entries).toHaveLength(9);
  expect(entries.at(-1)).toEqual(["field 9", 19]);
});
