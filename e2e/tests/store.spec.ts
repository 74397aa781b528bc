// History in IndexedDB, in real tabs: what every store owes its peer, tabs that share one store, and tabs that die.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "../support/fixtures.ts";

declare global {
  interface Window {
    storeCases: readonly string[];
    runStoreCase(index: number): Promise<void>;
  }
}

/** The contract of stores, as one script that runs it over IndexedDB. */
async function contractScript(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { levelStore } from "@grapevine/store";
        import { storeCases } from "./packages/store/src/store-contract.testing.ts";
        window.storeCases = storeCases.map(({ name }) => name);
        window.runStoreCase = (index) => storeCases[index].run((bytesMax) =>
          levelStore("case " + index, bytesMax === undefined ? {} : { bytesMax }));`,
      resolveDir: fileURLToPath(new URL("../../", import.meta.url)),
    },
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    conditions: ["@grapevine/source"],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

test("a store in IndexedDB keeps every promise of a store", async ({ page, pageServer }) => {
  await page.goto(pageServer.url);
  await page.addScriptTag({ content: await contractScript() });
  const names = await page.evaluate(() => window.storeCases);
  expect(names.length).toBeGreaterThan(5);
  for (const [index, name] of names.entries()) {
    await test.step(name, () => page.evaluate((index) => window.runStoreCase(index), index));
  }
});

test("tabs of one origin share a store, and when all were closed the next one has their history", async ({
  openTab,
  context,
}) => {
  const store = "shared";
  const [a, b] = [await openTab({ context, store }), await openTab({ context, store })];
  await a.publish("from a");
  await b.publish("from b");
  for (const tab of [a, b])
    await expect.poll(() => tab.heard().then((texts) => texts.toSorted())).toEqual(["from a", "from b"]);
  // The one that may evict goes first, and the other takes over.
  await a.page.close();
  await b.publish("b, alone");
  await b.page.close();
  const c = await openTab({ context, store });
  await expect.poll(() => c.heard().then((texts) => texts.toSorted())).toEqual(["b, alone", "from a", "from b"]);
});

test("a tab that crashes has lost nothing that it acknowledged", async ({ openTab, context }) => {
  const store = "crash";
  const a = await openTab({ context, store });
  const texts = Array.from({ length: 50 }, (_, i) => `text ${i}`);
  for (const text of texts) await a.publish(text);
  const crashed = a.page.waitForEvent("crash");
  void a.page.goto("chrome://crash").catch(() => {});
  await crashed;
  const b = await openTab({ context, store });
  await expect.poll(() => b.heard()).toEqual(texts);
});

test("a tab that is reloaded is the same peer with the same history, and hears nothing of it twice", async ({
  openTab,
  adopt,
  context,
}) => {
  const store = "reload";
  const a = await openTab({ context, store });
  await a.publish("before");
  await a.page.reload();
  const again = await adopt(a.page, { store });
  expect(again.peerId).toBe(a.peerId);
  await again.publish("after");
  await expect.poll(() => again.heard()).toEqual(["before", "after"]);
});
