/** The demo as it is published: under a Content-Security-Policy, which the server of development goes without. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { build, preview } from "vite";
import { say } from "../support/demo.ts";
import { expect, test } from "../support/fixtures.ts";

declare global {
  interface Window {
    violations: string[];
    ran?: boolean;
  }
}

test("a built demo works under its policy, and runs no script but its own", async ({ browser, mesh, seed }) => {
  const root = fileURLToPath(new URL("../../demo", import.meta.url));
  const outDir = await mkdtemp(join(tmpdir(), "grapevine-demo-"));
  const dev = (await import(new URL("../../packages/dev/simple-peer.js", import.meta.url).href)) as {
    readonly buildSimplePeer: () => Promise<void>;
  };
  await dev.buildSimplePeer();
  const config = { root, configFile: `${root}/vite.config.ts`, logLevel: "error" } as const;
  await build({ ...config, build: { outDir } });
  const server = await preview({ ...config, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  try {
    const { port } = server.httpServer.address() as { port: number };
    const open = async (): Promise<Page> => {
      const page = await (await browser.newContext()).newPage();
      await page.addInitScript(() => {
        window.violations = [];
        addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
          window.violations.push(`${violatedDirective} ${blockedURI}`);
        });
      });
      await page.goto(`http://localhost:${port}/?${new URLSearchParams({ mesh, seed: seed.url }).toString()}`);
      return page;
    };
    const [a, b] = [await open(), await open()];
    for (const page of [a, b]) await expect(page.locator("#count")).toContainText("2 peers", { timeout: 30_000 });
    await say(a, "<img src=x onerror='window.ran = true'> hello");
    await expect(b.getByText("<img src=x onerror='window.ran = true'> hello")).toBeVisible({ timeout: 20_000 });
    for (const page of [a, b])
      expect(await page.evaluate(() => [window.violations, window.ran])).toEqual([[], undefined]);

    await a.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    });
    await expect.poll(() => a.evaluate(() => window.violations.length)).toBe(1);
    expect(await a.evaluate(() => window.ran)).toBeUndefined();
    await Promise.all([a, b].map((page) => page.context().close()));
  } finally {
    await server.close();
    await rm(outDir, { recursive: true });
  }
});
