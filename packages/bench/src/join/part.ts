/** From the load of a page to its first link, beside the least that two pages can do; and a Link in a tab beside a bare channel. */
import type { BrowserContext, Page } from "@playwright/test";
import { startSeed } from "@grapevine/signaling";
import { openBrowser, pageOf } from "../browser.ts";
import type { Part } from "../part.ts";
import { format } from "../report.ts";
import { median } from "../statistics.ts";

const WAYS = ["bare simple-peer", "Grapevine, secret", "Grapevine, open"] as const;
type Way = (typeof WAYS)[number];
const FRAME_BYTES = 4096;
const TRANSFER_BYTES = 16_000_000;

export const joining: Part = {
  name: "join",
  title: "Joining, and a Link in a tab",
  async run({ quick, log }) {
    const runs = quick ? 3 : 9;
    const seed = await startSeed({ port: 0, host: "127.0.0.1" });
    const served = await pageOf({
      mesh: new URL("mesh-page.js", import.meta.url),
      bare: new URL("bare-page.js", import.meta.url),
      pair: new URL("../link/pair.js", import.meta.url),
    });
    const browser = await openBrowser();
    try {
      const context = await browser.newContext();
      const times: Record<Way, number[]> = { "bare simple-peer": [], "Grapevine, secret": [], "Grapevine, open": [] };
      // The first of each warms up caches, and is not counted.
      for (let run = 0; run <= runs; run++) {
        for (const way of WAYS) {
          const ms = await joinOnce(context, addressOf(way, served.url, seed.url, run));
          if (run > 0) times[way].push(ms);
        }
      }
      const ms = WAYS.map((way) => median(times[way]));
      log(`join: ${ms.map(format).join(", ")} ms`);
      const page = await context.newPage();
      await page.goto(served.url);
      const rates = { raw: [] as number[], link: [] as number[] };
      for (let run = 0; run < (quick ? 1 : 5); run++) {
        for (const kind of ["raw", "link"] as const) rates[kind].push(await transferIn(page, kind));
      }
      const [raw, link] = [median(rates.raw), median(rates.link)];
      return {
        tables: [
          {
            title: "From page load to the first link, in Chromium",
            method: `The other page waits already. Medians of ${runs} runs, interleaved, by the same seed.`,
            columns: ["", "ms", "over bare"],
            rows: WAYS.map((way, i) => [way, format(ms[i]!), format(ms[i]! / ms[0]!)]),
          },
          {
            title: "A Link beside a bare channel, both ends in one tab",
            method: `Frames of ${FRAME_BYTES} B, medians of ${rates.raw.length} runs, interleaved.`,
            columns: ["", "MB/s"],
            rows: [
              ["bare", format(raw / 1e6)],
              ["link", format(link / 1e6)],
            ],
          },
        ],
        ratios: [
          {
            what: "join over bare, mesh with a secret",
            value: ms[1]! / ms[0]!,
            target: { kind: "at most", value: 1.3 },
          },
          {
            what: "join over bare, open mesh with its proof of work",
            value: ms[2]! / ms[0]!,
            target: { kind: "at most", value: 1.3 },
          },
          {
            what: "MB/s at 4 KiB over the bare channel, in a tab",
            value: link / raw,
            target: { kind: "at least", value: 0.9 },
          },
        ],
        data: { joinMs: times, bytesPerSecond: rates },
      };
    } finally {
      await browser.close();
      await served.close();
      await seed.close();
    }
  },
};

function addressOf(way: Way, base: string, seed: string, run: number): string {
  if (way === "bare simple-peer") return `${base}/bare?room=${run}&seed=${seed}`;
  return `${base}/mesh?mesh=${run}&seed=${seed}${way === "Grapevine, secret" ? `&secret=${run + 1}` : ""}`;
}

/** Milliseconds from navigation to the first link, of the second of two pages. */
async function joinOnce(context: BrowserContext, address: string): Promise<number> {
  const pages: Page[] = [];
  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    pages.push(page);
    await page.goto(address);
    return page;
  };
  const first = await open();
  await first.waitForFunction(() => "waiting" in globalThis);
  const second = await open();
  const handle = await second.waitForFunction(() => (globalThis as { linkedMs?: number }).linkedMs);
  const ms = (await handle.jsonValue())!;
  await Promise.all(pages.map((page) => page.close()));
  return ms;
}

/** As text, for the compiler would have the import its way. */
function transferIn(page: Page, kind: "raw" | "link"): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const { openHere } = await import("/pair.js");
    const pair = await openHere("${kind}");
    await pair.transfer(${FRAME_BYTES}, ${TRANSFER_BYTES / 4});
    const rate = await pair.transfer(${FRAME_BYTES}, ${TRANSFER_BYTES});
    await pair.close();
    return rate;
  })()`);
}
