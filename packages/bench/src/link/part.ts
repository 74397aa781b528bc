/** Our Link beside the bare channel that it is made of, both ends in one process and in two. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Effort, Part } from "../part.ts";
import { format, type Ratio } from "../report.ts";
import { median } from "../statistics.ts";
import { openEnd, type Kind } from "./ends.ts";
import type { FromFarEnd, ToFarEnd } from "./far-end.ts";
import { type Pair, openHere, timed } from "./pair.ts";

/** Frames in bytes, and how much is sent of each: a second of the bare channel on an idle machine. */
const SIZES: readonly (readonly [size: number, total: number])[] = [
  [256, 2_000_000],
  [1024, 6_000_000],
  [16_384, 32_000_000],
  [65_536, 32_000_000],
];
const KINDS: readonly Kind[] = ["raw", "link", "link-ndc"];
const PROCESSES = [1, 2] as const;
const WARM_UP = 0.1;
const TRIES_MAX = 4;

interface Row {
  readonly processes: number;
  readonly size: number;
  readonly raw: number;
  readonly link: number;
  /** Over the second engine, node-datachannel. */
  readonly ndc: number;
}

export const link: Part = {
  name: "link",
  title: "Link",
  async run({ quick, log }: Effort) {
    const runs = quick ? 1 : 3;
    const rows: Row[] = [];
    for (const processes of PROCESSES) {
      const measured = SIZES.map(() => ({ raw: [] as number[], link: [] as number[], "link-ndc": [] as number[] }));
      for (let run = 0; run < runs; run++) {
        for (const [i, [size, total]] of SIZES.entries()) {
          for (const kind of KINDS) {
            const pair = await opened(() => (processes === 1 ? openHere(kind) : openAcross(kind)));
            await pair.transfer(size, total * WARM_UP);
            measured[i]![kind].push(await pair.transfer(size, total));
            await pair.close();
          }
        }
      }
      for (const [i, [size]] of SIZES.entries()) {
        const { raw, link, "link-ndc": ndc } = measured[i]!;
        rows.push({ processes, size, raw: median(raw), link: median(link), ndc: median(ndc) });
        log(`${processes} process(es), ${size} B: ${format(median(link) / median(raw))} times raw`);
      }
    }
    return {
      tables: [
        {
          title: "A Link beside a bare @roamhq/wrtc data channel",
          method: `Medians of ${runs} runs, new connections for each, interleaved.`,
          columns: [
            "",
            "raw, messages/s",
            "link, messages/s",
            "link, node-datachannel",
            "raw, MB/s",
            "link, MB/s",
            "link, node-datachannel",
            "link over raw",
          ],
          rows: rows.map(({ processes, size, raw, link, ndc }) => [
            `${size} B, ${processes === 1 ? "one process" : "two processes"}`,
            ...[raw / size, link / size, ndc / size, raw / 1e6, link / 1e6, ndc / 1e6, link / raw].map(format),
          ]),
        },
      ],
      ratios: rows
        .filter(({ size }) => size === 256 || size === 16_384)
        .map(({ processes, size, raw, link }): Ratio => ({
          what: `${size === 256 ? "messages/s at 256 B" : "MB/s at 16 KiB"} over raw, ${processes === 1 ? "one process" : "two"}`,
          value: link / raw,
          target: { kind: "at least", value: size === 256 ? 5 : 0.95 },
        })),
      data: { bytesPerSecond: rows },
    };
  },
};

/** One connection of node-datachannel in a dozen fails between processes; a mesh dials again, and so does this. */
export async function opened(open: () => Promise<Pair>): Promise<Pair> {
  for (let tries = 1; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
    }
  }
}

export async function openAcross(kind: Kind): Promise<Pair> {
  const child = fork(fileURLToPath(new URL("far-end.js", import.meta.url)), { serialization: "advanced" });
  const tell = (message: ToFarEnd): void => void child.send(message);
  const heard = (kind: FromFarEnd["kind"]): Promise<void> =>
    new Promise((resolve) => {
      const listen = (message: FromFarEnd): void => {
        if (message.kind !== kind) return;
        child.off("message", listen);
        resolve();
      };
      child.on("message", listen);
    });
  tell({ kind: "open", of: kind });
  const ready = heard("ready");
  const from = openEnd(kind, "offer", (signal) => tell({ kind: "signal", signal }));
  child.on("message", (message: FromFarEnd) => {
    if (message.kind === "signal") from.signal(message.signal);
  });
  try {
    await Promise.all([from.ready, ready]);
  } catch (error) {
    child.kill();
    await from.close();
    throw error;
  }
  return {
    async transfer(size, total) {
      const expecting = heard("expecting");
      tell({ kind: "expect", total });
      await expecting;
      return timed(total, () => Promise.all([from.send(size, total), heard("received")]));
    },
    async close() {
      const exit = new Promise((resolve) => child.once("exit", resolve));
      child.disconnect();
      await Promise.all([from.close(), exit]);
    },
  };
}
