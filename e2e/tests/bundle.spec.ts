// `@grapevine/mesh/bundle` as pages with no bundler load it: one file, in which simple-peer has no streams beneath it.
import type { Page } from "@playwright/test";
import { serveBundle } from "../support/bundle.ts";
import { expect, test } from "../support/fixtures.ts";

test("two pages that load the bundle and a Node peer join, hear each other, and notice who leaves", async ({
  browser,
  mesh,
  seed,
  openNodePeer,
}) => {
  const server = await serveBundle();
  const contexts = [await browser.newContext(), await browser.newContext()];
  try {
    const node = await openNodePeer();
    const pages: Page[] = [];
    for (const context of contexts) {
      const page = await context.newPage();
      await page.goto(server.address(mesh, seed.url));
      await page.waitForFunction(() => window.bundled !== undefined);
      pages.push(page);
    }
    const [first, second] = pages as [Page, Page];
    await first.evaluate(() => window.bundled.publish("from the first page"));
    await second.evaluate(() => window.bundled.publish("from the second page"));
    node.publish("from Node");
    const expected = ["from Node", "from the first page", "from the second page"];
    for (const page of pages) {
      await expect.poll(() => page.evaluate(() => window.bundled.heard.toSorted())).toEqual(expected);
    }
    await expect.poll(() => node.heard.map(({ data }) => String(data)).toSorted()).toEqual(expected);
    const left = await first.evaluate(async () => {
      await window.bundled.leave();
      return window.bundled.peerId;
    });
    await expect.poll(() => second.evaluate(() => window.bundled.lost)).toEqual([left]);
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
    server.close();
  }
});
