/** Peer sampling: Cyclon, a random graph, the framework's healer and swapper, owned descriptors. */
import { streamOf } from "../chance.ts";
import { sampling } from "../commands/sampling.ts";
import { Cyclon } from "../models/cyclon.ts";
import { type Measures, measure } from "../models/graph-measures.ts";
import { Views } from "../models/views.ts";
import { commanded, type Experiment, type Figure, forComparison, most, near } from "./experiment.ts";

interface Sampled {
  readonly cycles: readonly ({ readonly cycle: number } & Measures)[];
}

const lastOf = ({ cycles }: Sampled): Measures => cycles.at(-1)!;
const at = ({ cycles }: Sampled, cycle: number): Measures => cycles.find((row) => row.cycle === cycle)!;
const five = ({ clustering, pathLength, inDegree: { sd, min, max } }: Measures): number[] => [
  clustering,
  pathLength,
  sd,
  min,
  max,
];

/** Clustering within 5%, path lengths within 0.3%, spread of in-degrees within 7%, their extremes within 3. */
function row(clustering: number, pathLength: number, sd: number, min: number, max: number): Figure[] {
  return [
    near("clustering", clustering, clustering * 0.05),
    near("path length", pathLength, 0.01),
    near("in-degree sd", sd, sd * 0.07),
    near("in-degree min", min, 3),
    near("in-degree max", max, 3),
  ];
}

/** A crash of half the nodes at the end of cycle 60. */
const CRASH = 60;

export const samplingExperiments: readonly Experiment[] = [
  commanded(
    sampling,
    10_000,
    { view: 20, shuffle: 8, cycles: 60, every: 60 },
    {
      title: "Cyclon, N=1e4 c=20 l=8",
      quick: true,
      runs: 10,
      figures: row(0.0039, 2.847, 1.5, 15, 26),
      pick: (json: Sampled) => five(lastOf(json)),
    },
  ),
  commanded(
    sampling,
    10_000,
    { protocol: "cyclon-basic", view: 20, shuffle: 8, cycles: 60, every: 60 },
    {
      title: "Cyclon, basic shuffle, N=1e4 c=20 l=8",
      quick: true,
      runs: 10,
      figures: row(0.0038, 2.847, 3.24, 8, 33),
      pick: (json: Sampled) => five(lastOf(json)),
    },
  ),
  {
    title: "Random graph, N=1e4 c=20",
    quick: true,
    runs: 10,
    figures: row(0.0039, 2.849, 4.49, 6, 40),
    run: (seed) => {
      const random = streamOf(seed, "random graph");
      const views = new Views(10_000, 20);
      views.fill("random", random);
      return five(measure(views, random));
    },
  },
  commanded(
    sampling,
    10_000,
    { view: 50, shuffle: 8, cycles: 100, every: 100 },
    {
      title: "Cyclon, N=1e4 c=50 l=8",
      quick: false,
      runs: 5,
      figures: row(0.0098, 2.356, 2.29, 42, 59),
      pick: (json: Sampled) => five(lastOf(json)),
    },
  ),
  commanded(
    sampling,
    100_000,
    { view: 20, shuffle: 8, cycles: 60, every: 60 },
    {
      title: "Cyclon, N=1e5 c=20 l=8",
      quick: false,
      runs: 2,
      figures: row(0.000_37, 3.52, 1.35, 15, 26),
      pick: (json: Sampled) => five(lastOf(json)),
    },
  ),
  commanded(
    sampling,
    10_000,
    { view: 20, shuffle: 8, start: "ring", cycles: 30, every: 10 },
    {
      title: "Cyclon from a ring, N=1e4 c=20 l=8",
      quick: true,
      runs: 10,
      figures: [
        near("clustering, 10 cycles", 0.279, 0.02),
        near("clustering, 20 cycles", 0.0227, 0.003),
        near("clustering, 30 cycles", 0.0039, 0.0002),
        near("path length, 10 cycles", 26.7, 2),
        near("path length, 20 cycles", 3.68, 0.15),
        near("path length, 30 cycles", 2.848, 0.01),
      ],
      pick: (json: Sampled) => [
        ...[10, 20, 30].map((cycle) => at(json, cycle).clustering),
        ...[10, 20, 30].map((cycle) => at(json, cycle).pathLength),
      ],
    },
  ),
  commanded(
    sampling,
    10_000,
    { view: 20, shuffle: 8, cycles: 105, kill: 0.5, at: CRASH },
    {
      title: "Cyclon, half of 1e4 crash, c=20 l=8",
      quick: false,
      runs: 5,
      figures: [
        near("dead links at the crash", 50_061, 500),
        near("after 10 cycles", 34_799, 700),
        near("after 20 cycles", 16_812, 700),
        near("after 30 cycles", 1_028, 300),
        near("cycles until none is left", 39, 2),
      ],
      pick: (json: Sampled) => [
        ...[0, 10, 20, 30].map((later) => at(json, CRASH + later).deadLinks),
        json.cycles.find(({ cycle, deadLinks }) => cycle > CRASH && deadLinks === 0)!.cycle - CRASH,
      ],
    },
  ),
  {
    title: "Cyclon, N=1e5 c=20: random nodes removed",
    quick: false,
    runs: 1,
    figures: [
      most("share outside the largest, 50% removed", 0, 1e-4, "0"),
      most("share outside the largest, 70% removed", 0, 1e-4, "0"),
      forComparison("share outside the largest, 80% removed", Number.NaN),
    ],
    run: (seed, progress) => {
      const random = streamOf(seed, "removal");
      const cyclon = new Cyclon({ nodes: 100_000, view: 20, shuffle: 8, enhanced: true }, random);
      cyclon.views.fill("random", random);
      for (let cycle = 1; cycle <= 60; cycle++) {
        cyclon.cycle();
        progress(`cycle ${cycle} of 60`);
      }
      // Each further removal is one of those that are left.
      const rates = [0.5, 0.4, 1 / 3];
      return rates.map((rate) => {
        cyclon.views.kill(rate, random);
        return measure(cyclon.views, random, { sources: 0, clustered: 0 }).outsideLargest;
      });
    },
  },
  commanded(
    sampling,
    1_000,
    { protocol: "secure-cyclon", cycles: 60, every: 20 },
    {
      title: "Owned descriptors over live links, N=1000, life 20, swap 3",
      quick: true,
      runs: 10,
      figures: [near("descriptors known of each", 21, 0), near("their sd", 0, 0)],
      pick: (json: Sampled) => [lastOf(json).inDegree.mean, lastOf(json).inDegree.sd],
    },
  ),
];
