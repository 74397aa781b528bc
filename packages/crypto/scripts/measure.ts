/**
 * Prints the operations a second of every backend on this machine, in Node, and with `--browser` in Chromium too.
 *
 *   npx tsx --conditions=@grapevine/source packages/crypto/scripts/measure.ts [--browser]
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
// oxlint-disable-next-line no-restricted-imports -- a script of this package reaches its own sources
import type { Ed25519Vector } from "../src/vectors.testing.ts";
import type * as operations from "./operations.ts";
import { measure, type Measurements } from "./operations.ts";

const { vectors } = JSON.parse(readFileSync(new URL("../vectors/ed25519.json", import.meta.url), "utf8")) as {
  readonly vectors: readonly Ed25519Vector[];
};

function print(where: string, { perSecond, mintMs, raw, ruled, selected }: Measurements): void {
  const lines = Object.entries(perSecond).map(
    ([what, rate]) => `  ${what.padEnd(32)} ${rate.toFixed(0).padStart(9)} /s`,
  );
  const mean = mintMs.reduce((sum, ms) => sum + ms, 0) / mintMs.length;
  lines.push(`  a ticket: mean ${mean.toFixed(0)} ms, worst of ${mintMs.length} ${mintMs.at(-1)!.toFixed(0)} ms`);
  for (const [name, classes] of Object.entries(raw))
    lines.push(`  ${name} without the rule errs on: ${classes.join(", ")}`);
  for (const [name, classes] of Object.entries(ruled))
    lines.push(`  ${name} with the rule errs on: ${classes.join(", ") || "nothing"}`);
  process.stdout.write(`${where} (uses ${selected})\n${lines.join("\n")}\n`);
}

/** In a page from 127.0.0.1, which is a secure context. */
async function measureInBrowser(): Promise<Measurements> {
  const { chromium } = await import("@playwright/test");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("operations.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["@grapevine/source", "browser"],
  });
  const server = createServer((request, response) => {
    const isScript = request.url === "/operations.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? outputFiles[0]!.text : "<!doctype html>");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const executablePath = process.env["GRAPEVINE_BROWSER"] ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as { readonly port: number }).port}/`);
    return await page.evaluate(async (vectors) => {
      const script = "/operations.js";
      const { measure } = (await import(script)) as typeof operations;
      return measure(vectors);
    }, vectors);
  } finally {
    await browser.close();
    server.close();
  }
}

print(`Node ${process.version}`, await measure(vectors));
if (process.argv.includes("--browser")) print("Chromium", await measureInBrowser());
