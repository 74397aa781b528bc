/**
 * What every test is given: a seed that it may kill, a server for the page under test, and tabs, each in a browser
 * context of its own unless it says otherwise. Everything that a test started ends with it.
 */
import type { BrowserContext, Page } from "@playwright/test";
import { test as base, expect } from "@playwright/test";
import type { JoinOptions } from "@grapevine/mesh";
import type { Seed } from "@grapevine/signaling";
import { startSeed } from "@grapevine/signaling";
import type { Tab as TabInPage } from "../page/tab.ts";
import type { NodeEngine, NodePeer } from "./node-peer.ts";
import { startNodePeer } from "./node-peer.ts";
import type { PageServer } from "./page-server.ts";
import { startPageServer } from "./page-server.ts";

declare global {
  interface Window {
    tab: TabInPage;
  }
}

export interface TabOptions extends Partial<JoinOptions> {
  readonly context?: BrowserContext;
  /** Keeps its history in the database of this name. */
  readonly store?: string;
}

/** One tab under test, joined. */
export interface Tab {
  readonly page: Page;
  readonly peerId: string;
  publish(data: unknown): Promise<void>;
  neighbors(): Promise<string[]>;
  members(): Promise<string[]>;
  /** Texts heard so far, in the order in which they came; of one author, if one is named. */
  heard(author?: string): Promise<string[]>;
}

interface Fixtures {
  readonly mesh: string;
  readonly seed: { readonly url: string; kill(): Promise<void>; restart(): Promise<void> };
  readonly openTab: (options?: TabOptions) => Promise<Tab>;
  readonly adopt: (page: Page, options?: TabOptions) => Promise<Tab>;
  readonly openNodePeer: (engine?: NodeEngine) => Promise<NodePeer>;
}

export const test: ReturnType<typeof extend> = extend();

function extend() {
  return base.extend<Fixtures, { pageServer: PageServer }>({
    pageServer: [
      async ({}, use) => {
        const server = await startPageServer();
        await use(server);
        await server.close();
      },
      { scope: "worker" },
    ],
    mesh: async ({}, use, info) => use(`e2e ${info.testId}`),
    seed: async ({}, use) => {
      let seed: Seed | undefined = await startSeed({ port: 0, host: "127.0.0.1" });
      const { url, port } = seed;
      await use({
        url,
        kill: async () => {
          await seed?.close();
          seed = undefined;
        },
        restart: async () => {
          seed = await startSeed({ port, host: "127.0.0.1" });
        },
      });
      await seed?.close();
    },
    adopt: async ({ mesh, seed }, use) => {
      await use(async (page, { context: _context, ...options } = {}) => {
        await page.waitForFunction(() => window.tab !== undefined);
        const peerId = await page.evaluate((given) => window.tab.start(given), {
          mesh,
          seeds: [seed.url],
          ...options,
        });
        return tabOf(page, peerId);
      });
    },
    openTab: async ({ browser, pageServer, adopt }, use) => {
      const contexts: BrowserContext[] = [];
      await use(async (options = {}) => {
        let { context } = options;
        if (context === undefined) {
          context = await browser.newContext();
          contexts.push(context);
        }
        const page = await context.newPage();
        await page.goto(pageServer.url);
        return adopt(page, options);
      });
      await Promise.all(contexts.map((context) => context.close()));
    },
    openNodePeer: async ({ mesh, seed }, use) => {
      const peers: NodePeer[] = [];
      await use(async (engine) => {
        const peer = await startNodePeer(mesh, [seed.url], engine);
        peers.push(peer);
        return peer;
      });
      for (const peer of peers) peer.kill();
    },
  });
}

function tabOf(page: Page, peerId: string): Tab {
  return {
    page,
    peerId,
    publish: (data) => page.evaluate(async (given) => void (await window.tab.publish(given)), data),
    neighbors: () => page.evaluate(() => window.tab.neighbors),
    members: () => page.evaluate(() => window.tab.members),
    heard: (author) =>
      page.evaluate(
        (wanted) =>
          window.tab.heard
            .filter((message) => wanted === undefined || message.author === wanted)

            .map(({ data }) => String(data)),
        author,
      ),
  };
}

export { expect };
