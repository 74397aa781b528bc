/** `npm run reproduce`: every experiment, published figures, ours and the deviation side by side. */
import { shown, table } from "../summary.ts";
import { agreementExperiments } from "./agreement.ts";
import { attackExperiments } from "./attacks.ts";
import { broadcastExperiments } from "./broadcasts.ts";
import { compare, type Compared, type Experiment } from "./experiment.ts";
import { liveLinkExperiments } from "./live-links.ts";
import { rumorExperiments } from "./rumors.ts";
import { samplingExperiments } from "./sampling.ts";
import { siegeExperiments } from "./sieges.ts";

export const experiments: readonly Experiment[] = [
  ...samplingExperiments,
  ...broadcastExperiments,
  ...liveLinkExperiments,
  ...attackExperiments,
  ...siegeExperiments,
  ...rumorExperiments,
  ...agreementExperiments,
];

export interface ReproduceIo {
  out(text: string): void;
  err(text: string): void;
  nowMs(): number;
}

export interface ReproduceOptions {
  /** Only what is over in seconds, one seed each. */
  readonly quick: boolean;
  /** Only experiments whose title has this text. */
  readonly only: string;
}

const LEGEND =
  "published: as the paper prints it. reference: an independent simulation of the same algorithm. ours: this one.\n\n";

/** Returns how many figures missed. Throws an error when no title has the text. */
export function reproduce({ quick, only }: ReproduceOptions, io: ReproduceIo): number {
  const chosen = experiments.filter(
    (one) => (one.quick || !quick) && one.title.toLowerCase().includes(only.toLowerCase()),
  );
  if (chosen.length === 0) {
    const titles = experiments.filter((one) => one.quick || !quick).map(({ title }) => `  ${title}\n`);
    throw new Error(`expected a part of one of these titles, got "${only}":\n${titles.join("")}`);
  }
  io.out(LEGEND);
  const startMs = io.nowMs();
  let held = 0;
  let missed = 0;
  for (const [i, experiment] of chosen.entries()) {
    const beganMs = io.nowMs();
    let shownMs = beganMs;
    const progress = (what: string): void => {
      if (io.nowMs() - shownMs < 2_000) return;
      shownMs = io.nowMs();
      io.err(`${i + 1} of ${chosen.length}: ${experiment.title}: ${what}\n`);
    };
    const runs = quick ? 1 : experiment.runs;
    const compared = compare(experiment, runs, progress);
    const seconds = ((io.nowMs() - beganMs) / 1_000).toFixed(1);
    io.out(`${experiment.title} (${runs === 1 ? "one run" : `mean of ${runs} runs`}, ${seconds} s)\n`);
    if (experiment.command !== undefined) io.out(`  npx grapevine ${experiment.command}\n`);
    io.out(`${table([["", "published", "reference", "ours", "deviation", "holds if", ""], ...compared.map(rowOf)])}\n`);
    const counted = compared.filter(({ hold }) => hold !== "shown");
    held += counted.filter(({ ok }) => ok).length;
    missed += counted.filter(({ ok }) => !ok).length;
  }
  io.out(`${held} of ${held + missed} figures hold, ${((io.nowMs() - startMs) / 1_000).toFixed(0)} s\n`);
  return missed;
}

function rowOf({ name, published, reference, ours, spread, hold, ok }: Compared): string[] {
  const known = !Number.isNaN(reference);
  const deviation =
    known && reference !== 0 ? `${(100 * (ours / reference - 1)).toFixed(1)}%` : known ? shown(ours - reference) : "";
  const conditions = {
    near: `within ${shown(spread)}`,
    least: `at least ${shown(reference - spread)}`,
    most: `at most ${shown(reference + spread)}`,
    shown: "",
  };
  return [
    `  ${name}`,
    published ?? "",
    known ? shown(reference) : "",
    shown(ours),
    deviation,
    conditions[hold],
    hold === "shown" ? "" : ok ? "ok" : "MISSED",
  ];
}
