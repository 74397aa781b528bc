/**
 * Late join: a peer without anything joins others that retain a long history, over real connections between processes.
 * Beside it, in the same run, what a Link and a bare channel need for as many bytes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startSeed } from "@grapevine/signaling";
import { openAcross, opened } from "../link/part.ts";
import type { Part } from "../part.ts";
import { format } from "../report.ts";
import { median, medians } from "../statistics.ts";
import { openBrowser, pageOf } from "../browser.ts";
import type { Caught, CaughtInTab, Course, FromPeer, ToPeer } from "./messages.ts";

const RUMORS = 50_000;
const BODY_BYTES = 256;
/** [authors, peers that have everything]. */
export const CASES: readonly (readonly [authors: number, elders: number])[] = [
  [1, 1],
  [10, 1],
  [10, 3],
];
const TAB_RUMORS = 20_000;
/** A tab is to be kept from everything else no longer. */
const TASK_MS = 50;
/** Of a Link's messages: what the bytes of the late join travel in too. */
const FRAME_BYTES = 16_384;

type Row = Caught & { readonly linkMs: number; readonly rawMs: number };

export const late: Part = {
  name: "late",
  title: "Late join",
  async run({ quick, runs, log }) {
    const rumors = quick ? RUMORS / 10 : RUMORS;
    const found: { readonly authors: number; readonly elders: number; readonly row: Row }[] = [];
    for (const [authors, elders] of CASES) {
      const rows: Row[] = [];
      for (let run = 0; run < (runs ?? (quick ? 1 : 3)); run++) rows.push(await once(rumors, authors, elders));
      const row = medians(rows);
      log(
        `${authors} author(s), ${elders} elder(s): held after ${format(row.heldMs)} ms, read ${format(row.readMs)}, ` +
          `link ${format(row.linkMs)}, raw ${format(row.rawMs)}, ${row.verified} signatures`,
      );
      found.push({ authors, elders, row });
    }
    const tabRumors = quick ? TAB_RUMORS / 10 : TAB_RUMORS;
    const tab = await onceInTab(tabRumors);
    log(
      `a tab: ${tabRumors} read after ${format(tab.readMs)} ms, ${tab.longTasks} long tasks, ${format(tab.longestMs)} ms`,
    );
    return {
      tables: [
        {
          title: `A newcomer, and ${rumors.toLocaleString("en")} retained rumors of ${BODY_BYTES} B`,
          method:
            "Peers with history in one process, the newcomer in another. From its first link to the last rumor held, and to " +
            "the last message read in order; beside it a Link and a bare channel with as many bytes, in the same run.",
          columns: [
            "authors, peers with history",
            "held, ms",
            "read, ms",
            "link, ms",
            "raw, ms",
            "MB",
            "signatures",
            "twice",
            "blocked, ms",
            "CPU, ms",
          ],
          rows: found.map(({ authors, elders, row }) => [
            `${authors}, ${elders}`,
            ...[row.heldMs, row.readMs, row.linkMs, row.rawMs, row.bytesIn / 1e6].map(format),
            `${row.verified}`,
            `${row.duplicates}`,
            ...[row.blockedMs, row.cpuMs].map(format),
          ]),
        },
        {
          title: `A tab as the newcomer, and ${tabRumors.toLocaleString("en")} of them`,
          method: "One run. A task counts as long from 50 ms on, as the browser reports it.",
          columns: ["read, ms", "long tasks", "longest, ms"],
          rows: [[format(tab.readMs), `${tab.longTasks}`, format(tab.longestMs)]],
        },
      ],
      ratios: [
        ...found.map(({ authors, elders, row }) => ({
          what: `late join over the bare channel, ${authors} author(s), ${elders} with history`,
          value: row.heldMs / row.rawMs,
          target: { kind: "at most", value: 2 } as const,
        })),
        {
          what: "longest task of a tab that catches up, ms",
          value: tab.longestMs,
          target: { kind: "at most", value: TASK_MS },
        },
      ],
      data: { found, tab },
    };
  },
};

export async function once(rumors: number, authors: number, elders: number): Promise<Row> {
  const seed = await startSeed({ port: 0, host: "127.0.0.1" });
  const children: ChildProcess[] = [];
  try {
    const course: Course = { seed: seed.url, rumors, authors, bodyBytes: BODY_BYTES, elders };
    const ready = await tell(children, { kind: "elders", course });
    if (ready.kind === "ready" && ready.bodyBytes !== BODY_BYTES)
      throw new Error(`expected bodies of ${BODY_BYTES} B, got ${ready.bodyBytes}`);
    const { caught } = (await tell(children, { kind: "newcomer", course })) as FromPeer & { kind: "caught" };
    if (caught.disorder > 0) throw new Error(`${caught.disorder} messages out of order`);
    await end(children);
    const [linkMs, rawMs] = [await transferMs("link", caught.bytesIn), await transferMs("raw", caught.bytesIn)];
    return { ...caught, linkMs, rawMs };
  } finally {
    await end(children);
    await seed.close();
  }
}

export async function onceInTab(rumors: number): Promise<CaughtInTab> {
  const seed = await startSeed({ port: 0, host: "127.0.0.1" });
  const served = await pageOf({ tab: new URL("tab.js", import.meta.url) });
  const browser = await openBrowser();
  const children: ChildProcess[] = [];
  try {
    await tell(children, {
      kind: "elders",
      course: { seed: seed.url, rumors, authors: 1, bodyBytes: BODY_BYTES, elders: 1 },
    });
    const page = await browser.newPage();
    await page.goto(`${served.url}/tab?${new URLSearchParams({ seed: seed.url, rumors: `${rumors}` }).toString()}`);
    await page.waitForFunction("typeof caught === 'function'");
    return await page.evaluate<CaughtInTab>("caught()");
  } finally {
    await browser.close();
    await end(children);
    await served.close();
    await seed.close();
  }
}

function tell(children: ChildProcess[], message: ToPeer): Promise<FromPeer> {
  const profile = process.env.LATE_PROFILE;
  const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const child = fork(fileURLToPath(new URL("peer.js", import.meta.url)), { execArgv });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once("message", (answer: FromPeer) => {
      if (answer.kind === "failed") reject(new Error(answer.error));
      else resolve(answer);
    });
    child.once("exit", (code) => reject(new Error(`a process of the late join ended with ${code}`)));
    child.send(message);
  });
}

async function end(children: ChildProcess[]): Promise<void> {
  await Promise.all(
    children.splice(0).map(async (child) => {
      const exit = new Promise((resolve) => child.once("exit", resolve));
      if (child.connected) child.disconnect();
      else if (child.exitCode !== null) return;
      await exit;
    }),
  );
}

async function transferMs(kind: "link" | "raw", bytes: number): Promise<number> {
  const pair = await opened(() => openAcross(kind));
  try {
    const rates: number[] = [];
    for (let i = 0; i < 3; i++) rates.push(await pair.transfer(FRAME_BYTES, bytes));
    return (bytes / median(rates)) * 1000;
  } finally {
    await pair.close();
  }
}
