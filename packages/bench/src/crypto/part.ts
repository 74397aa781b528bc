/** Signatures, sealing and hashes by backend, in Node and in a tab. */
import { openBrowser, pageOf } from "../browser.ts";
import type { Part } from "../part.ts";
import { format } from "../report.ts";
import { measure, type Measurements } from "./operations.ts";

export const cryptography: Part = {
  name: "crypto",
  title: "Cryptography",
  async run({ quick }) {
    const runMs = quick ? 100 : 1000;
    const node = await measure(runMs);
    const tab = await inTab(runMs);
    const names = [...new Set([...Object.keys(node.perSecond), ...Object.keys(tab.perSecond)])];
    const mean = ({ mintMs }: Measurements): string =>
      `${format(mintMs.reduce((sum, ms) => sum + ms, 0) / mintMs.length)} ms`;
    return {
      tables: [
        {
          title: "Operations a second",
          method: `One run of ${runMs} ms each. Node uses ${node.selected}, the tab ${tab.selected}; tweetnacl is the fallback.`,
          columns: ["", "Node", "Chromium"],
          rows: [
            ...names.map((name) => [
              name,
              ...[node, tab].map(({ perSecond }) => format(perSecond[name] ?? Number.NaN)),
            ]),
            ["a ticket for an open mesh, mean", mean(node), mean(tab)],
          ],
        },
      ],
      ratios: [],
      data: { node, tab },
    };
  },
};

async function inTab(runMs: number): Promise<Measurements> {
  const browser = await openBrowser();
  const served = await pageOf({ operations: new URL("operations.js", import.meta.url) });
  try {
    const page = await browser.newPage();
    await page.goto(served.url);
    // As text, for the compiler would have the import its way.
    return await page.evaluate<Measurements>(`import("/operations.js").then(({ measure }) => measure(${runMs}))`);
  } finally {
    await browser.close();
    await served.close();
  }
}
