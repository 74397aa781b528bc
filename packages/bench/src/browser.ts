/** A browser, and pages for it whose scripts are bundled as an application would. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "@playwright/test";
import { build } from "esbuild";

export async function openBrowser(): Promise<Browser> {
  // Plain JavaScript of the checkout, found from the compiled benchmarks.
  const finder = new URL("../../dev/browser.js", import.meta.url).href;
  const { findBrowser } = (await import(finder)) as { findBrowser: () => string };
  return chromium.launch({ executablePath: findBrowser(), args: ["--no-sandbox"] });
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** An empty page at the root, which is a secure context, a page for each script under its name, and the scripts. */
export async function pageOf(scripts: Readonly<Record<string, URL>>): Promise<Served> {
  const bundles = new Map<string, Uint8Array>();
  for (const [name, path] of Object.entries(scripts)) {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(path)],
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      external: ["@roamhq/wrtc"],
    });
    bundles.set(`/${name}.js`, outputFiles[0]!.contents);
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0]!;
    const script = bundles.get(path);
    const named = bundles.has(`${path}.js`);
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(script ?? `<!doctype html>${named ? `<script type="module" src="${path}.js"></script>` : ""}`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
