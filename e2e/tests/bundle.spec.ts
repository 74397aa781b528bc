// `@grapevine/mesh/bundle` as pages with no bundler load it: one file, in which simple-peer has no streams beneath it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/fixtures.ts";

interface BundledPage {
  readonly peerId: string;
  readonly heard: string[];
  readonly lost: string[];
  publish(text: string): Promise<void>;
  leave(): Promise<void>;
}

declare global {
  interface Window {
    bundled: BundledPage;
  }
}

const script = `
  import { join } from "/bundle.js";
  const [mesh, seed] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const joined = await join({ mesh, seeds: [seed], iceServers: [] });
  const chat = joined.topic("chat");
  window.bundled = {
    peerId: joined.peerId,
    heard: [],
    lost: [],
    publish: async (text) => void (await chat.publish(text)),
    leave: () => joined.leave(),
  };
  joined.on("neighbor-down", ({ peer }) => window.bundled.lost.push(peer));
  for await (const { data } of chat.messages({ from: "start" })) window.bundled.heard.push(data);
`;

async function serve(files: Readonly<Record<string, string>>): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ""];
    const type = request.url === "/" ? "text/html" : "text/javascript";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test("two pages that load the bundle and a Node peer join, hear each other, and notice who leaves", async ({
  browser,
  mesh,
  seed,
  openNodePeer,
}) => {
  const { bundleMesh } = (await import(new URL("../../packages/dev/bundle.js", import.meta.url).href)) as {
    bundleMesh: () => Promise<{ text: string }>;
  };
  const server = await serve({
    "/": `<!doctype html><title>bundle</title><script type="module" src="/main.js"></script>`,
    "/main.js": script,
    "/bundle.js": (await bundleMesh()).text,
  });
  const contexts = [await browser.newContext(), await browser.newContext()];
  try {
    const node = await openNodePeer();
    const pages: Page[] = [];
    for (const context of contexts) {
      const page = await context.newPage();
      await page.goto(`${server.url}#${encodeURIComponent(JSON.stringify([mesh, seed.url]))}`);
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
