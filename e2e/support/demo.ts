/** The demo, served as `npm start` serves it, and opened in tabs. */
import type { Page } from "@playwright/test";
import { fileURLToPath } from "node:url";
import { createServer, type ViteDevServer } from "vite";

export interface Demo {
  /** In this tab, in a mesh of its own, introduced by that seed. */
  open(page: Page, mesh: string, seed: string): Promise<Page>;
  close(): Promise<void>;
}

export async function serveDemo(): Promise<Demo> {
  const root = fileURLToPath(new URL("../../demo", import.meta.url));
  const vite: ViteDevServer = await createServer({
    root,
    configFile: `${root}/vite.config.ts`,
    // Two servers that make the libraries for a page in one directory take them from under each other.
    cacheDir: `${root}/node_modules/.vite-${process.env["TEST_WORKER_INDEX"] ?? "0"}`,
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null },
  });
  await vite.listen();
  const { port } = vite.httpServer!.address() as { port: number };
  return {
    open: async (page, mesh, seed) => {
      await page.goto(`http://localhost:${port}/?${new URLSearchParams({ mesh, seed }).toString()}`);
      return page;
    },
    close: () => vite.close(),
  };
}

export async function say(page: Page, text: string): Promise<void> {
  const box = page.getByLabel("Message", { exact: true });
  await box.fill(text);
  await box.press("Enter");
}
