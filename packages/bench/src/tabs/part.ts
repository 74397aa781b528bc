/**
 * Many tabs with some links each, as many rumors a second over all links: what it costs the processor beside bare data
 * channels that carry as many messages of that size a second, unsigned, unsealed, unchecked. Both are measured twice, at
 * rest and at the pace, for a tab costs something by being there.
 */
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { startSeed } from "@grapevine/signaling";
import { openBrowser, pageOf, type Served } from "../browser.ts";
import type { Part } from "../part.ts";
import { format } from "../report.ts";
import { sum } from "../statistics.ts";

const LINKS = 5;
const SIZE = 256;
/** Over all links together. */
const PER_SECOND = 1_000;
const READY_MS = 60_000;
/** `checked` are bare channels, with one verification for each message: nothing that checks signatures can cost less. */
const KINDS = ["bare", "checked", "mesh"] as const;
type Kind = (typeof KINDS)[number];

interface Measured {
  readonly restCores: number;
  readonly cores: number;
  readonly copiesPerSecond: number;
  readonly links: number;
}

export const tabs: Part = {
  name: "tabs",
  title: "Many tabs",
  async run({ quick, log }) {
    const count = quick ? 8 : 20;
    const measureMs = quick ? 5_000 : 15_000;
    const served = await pageOf({
      mesh: new URL("mesh-tab.js", import.meta.url),
      bare: new URL("bare-tab.js", import.meta.url),
    });
    const seed = await startSeed({ port: 0, host: "127.0.0.1" });
    try {
      const measured = {} as Record<Kind, Measured>;
      for (const kind of KINDS) {
        measured[kind] = await measure(kind, count, measureMs, served, seed.url);
        log(`${count} tabs, ${kind}: ${format(measured[kind].cores)} cores`);
      }
      const perCopy = ({ cores, copiesPerSecond }: Measured): number => cores / copiesPerSecond;
      const row = (name: string, of: (one: Measured) => number): string[] => [
        name,
        ...KINDS.map((kind) => format(of(measured[kind]))),
      ];
      return {
        tables: [
          {
            title: `${count} tabs of one Chromium, ${SIZE} B, some ${PER_SECOND} rumors a second over all links`,
            method: `One run of ${measureMs / 1000} s each, all processes of the browser together; copies are counted where they arrive.`,
            columns: ["", ...KINDS],
            rows: [
              row("links a tab", ({ links }) => links),
              row("copies a second", ({ copiesPerSecond }) => copiesPerSecond),
              row("cores at rest", ({ restCores }) => restCores),
              row("cores in use", ({ cores }) => cores),
            ],
          },
        ],
        ratios: [
          {
            what: `${count} tabs: processor time a copy, signed and sealed, over bare channels`,
            value: perCopy(measured.mesh) / perCopy(measured.bare),
            target: { kind: "at most", value: 1.3 },
          },
          {
            what: `${count} tabs: the same of bare channels that verify one signature for each message`,
            value: perCopy(measured.checked) / perCopy(measured.bare),
          },
        ],
        data: { count, links: LINKS, measured },
      };
    } finally {
      await served.close();
      await seed.close();
    }
  },
};

async function measure(kind: Kind, count: number, measureMs: number, served: Served, seed: string): Promise<Measured> {
  const browser = await openBrowser();
  try {
    const pages = await open(await browser.newContext(), kind, count, served, seed);
    const rest = await coresOver(browser, measureMs / 2);
    // A bare message crosses one link. A rumor crosses one to each other tab, so it is published that much more rarely.
    const everyMs = kind !== "mesh" ? (1000 * count * LINKS) / PER_SECOND : (1000 * count * (count - 1)) / PER_SECOND;
    // Calls as text: both kinds of pages offer these functions, which the compiler does not know here.
    await Promise.all(pages.map((page) => page.evaluate(`publish(${everyMs}, ${SIZE})`)));
    await sleep(measureMs / 2);
    const before = await copiesOf(pages);
    const startMs = performance.now();
    const cores = await coresOver(browser, measureMs);
    const copies = (await copiesOf(pages)) - before;
    const links = sum(await Promise.all(pages.map((page) => page.evaluate<number>("links()")))) / count;
    return { restCores: rest, cores, copiesPerSecond: copies / ((performance.now() - startMs) / 1000), links };
  } finally {
    await browser.close();
  }
}

async function open(
  context: BrowserContext,
  kind: Kind,
  count: number,
  served: Served,
  seed: string,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let at = 0; at < count; at++) {
    const page = await context.newPage();
    pages.push(page);
    const script = kind === "checked" ? "bare?checked&" : `${kind}?`;
    await page.goto(`${served.url}/${script}tab=${at}&links=${LINKS}&seed=${seed}`);
    await page.waitForFunction(() => "publish" in globalThis);
  }
  if (kind !== "mesh") {
    // A ring with chords: each dials the next two; every other one dials its opposite as well, which makes five.
    for (const [at, page] of pages.entries()) {
      const others = [at + 1, at + 2, ...(at < count / 2 ? [at + count / 2] : [])].map((other) => other % count);
      await page.evaluate(`dial(${JSON.stringify(others)})`);
    }
  }
  const least = kind === "mesh" ? LINKS - 2 : LINKS;
  for (const page of pages) {
    await page.waitForFunction(`links() >= ${least}`, undefined, { timeout: READY_MS });
  }
  return pages;
}

async function copiesOf(pages: readonly Page[]): Promise<number> {
  return sum(await Promise.all(pages.map((page) => page.evaluate<number>("counts().copies"))));
}

/** Cores that all processes of the browser use, from now on for so long. */
async function coresOver(browser: Browser, ms: number): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const seconds = async (): Promise<number> => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return sum(processInfo.map(({ cpuTime }) => cpuTime));
  };
  const [startMs, before] = [performance.now(), await seconds()];
  await sleep(ms);
  return ((await seconds()) - before) / ((performance.now() - startMs) / 1000);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
