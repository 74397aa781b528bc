/** HyParView, Plumtree, and what a crash leaves of graphs that nobody repairs. */
import { streamOf } from "../chance.ts";
import { largestOf, regular, sourceOf } from "../models/broadcasts.ts";
import { HYPARVIEW_DEFAULTS, HyParView } from "../models/hyparview.ts";
import { Plumtree } from "../models/plumtree.ts";
import { chosenOf, distancesFrom, undirected } from "../models/rows.ts";
import { livingOf, Views } from "../models/views.ts";
import { broadcast } from "../commands/broadcast.ts";
import { commanded, type Experiment, least, most, near } from "./experiment.ts";

function hyparview(
  nodes: number,
  cycles: number,
  seed: number,
  repair: "immediate" | "deferred" = "immediate",
): HyParView {
  const model = new HyParView({ ...HYPARVIEW_DEFAULTS, nodes, repair }, streamOf(seed, "hyparview"));
  model.joinAll();
  for (let cycle = 0; cycle < cycles; cycle++) model.cycle();
  return model;
}

/** Reached by a broadcast from the largest component at once, and by one from anywhere after two cycles. */
function crash(share: number, first: number, spread: number): Experiment {
  return commanded(
    broadcast,
    10_000,
    { overlay: "hyparview", kill: share, settle: 50, cycles: 2 },
    {
      title: `HyParView, N=1e4, ${Math.round(share * 100)}% crash`,
      quick: share === 0.6,
      runs: 5,
      figures: [near("reached at once", first, spread), least("after 2 cycles", 1, 0.005, "1.0")],
      pick: ({ reliability, largest }: { reliability: number[]; largest: number[] }) => [largest[0]!, reliability[2]!],
    },
  );
}

/** A random graph whose nodes have 5 to 8 links each. */
function fiveToEight(nodes: number, seed: number): Views {
  const random = streamOf(seed, "five to eight");
  const views = new Views(nodes, 8);
  const wanted = Int32Array.from({ length: nodes }, () => 5 + random.below(4));
  const open = (node: number): boolean => views.counts[node]! < wanted[node]!;
  for (let tries = 0; tries < 200 * nodes; tries++) {
    const [a, b] = [random.below(nodes), random.below(nodes)];
    if (a === b || !open(a) || !open(b) || views.has(a, b)) continue;
    views.add(a, b);
    views.add(b, a);
  }
  return views;
}

function halved(views: Views, seed: number): number {
  views.kill(0.5, streamOf(seed, "crash"));
  return largestOf(views);
}

/** 1 000 graphs a run: mean and least share in the largest component, and how many reach 99%. */
function thousand(graph: (seed: number) => Views): readonly [mean: number, worst: number, reaching: number] {
  const shares = Array.from({ length: 1_000 }, (_, i) => halved(graph(i + 1), i + 1));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return [mean, Math.min(...shares), shares.filter((share) => share >= 0.99).length / shares.length];
}

export const broadcastExperiments: readonly Experiment[] = [
  {
    title: "HyParView, N=1e4, active 5, passive 30",
    quick: true,
    runs: 5,
    figures: [near("average shortest path", 6.371, 0.03, "6.385"), near("maximum hops", 8.2, 0.4, "9.0")],
    run: (seed) => {
      const { views } = hyparview(10_000, 50, seed);
      const { mean, farthestMean } = distancesFrom(
        undirected(views),
        chosenOf(livingOf(views.alive), 500, streamOf(seed, "sources")),
      );
      return [mean, farthestMean];
    },
  },
  crash(0.1, 1, 0.002),
  crash(0.3, 0.997, 0.003),
  crash(0.5, 0.958, 0.01),
  crash(0.6, 0.843, 0.03),
  crash(0.7, 0.414, 0.12),
  crash(0.8, 0.001, 0.03),
  crash(0.9, 0.002, 0.02),
  {
    title: "HyParView with repair put off to the next cycle, no crash",
    quick: false,
    runs: 5,
    figures: [least("share cut off, worst of the cycles", 0.0001)],
    run: (seed) => {
      const model = hyparview(10_000, 0, seed, "deferred");
      let worst = 0;
      for (let cycle = 0; cycle < 50; cycle++) {
        model.cycle();
        worst = Math.max(worst, 1 - largestOf(model.views));
      }
      return [worst];
    },
  },
  {
    title: "Flood and Plumtree on HyParView, N=1e4",
    quick: true,
    runs: 3,
    figures: [near("RMR of a flood", 3, 0.05, "3.0"), near("RMR of Plumtree, stable", 0, 0.01, "0")],
    run: (seed) => {
      const { views } = hyparview(10_000, 20, seed);
      const tree = new Plumtree(views);
      const source = sourceOf(views, streamOf(seed, "source"));
      const { rmr } = tree.flood(source);
      for (let i = 0; i < 3; i++) tree.broadcast(source);
      return [rmr, tree.broadcast(source).rmr];
    },
  },
  {
    title: "Half of 1000 crash, nobody repairs, 1000 random graphs",
    quick: false,
    runs: 1,
    figures: [
      near("largest component, 5 to 8 links, mean", 0.983, 0.005),
      near("largest component, 5 to 8 links, worst", 0.958, 0.015),
      near("share of graphs that reach 99%, 8 links", 0.98, 0.02),
      near("share of graphs that reach 99%, 9 links", 1, 0.002),
    ],
    run: () => {
      const [mean, worst] = thousand((seed) => fiveToEight(1_000, seed));
      const [, , eight] = thousand((seed) => regular(1_000, 8, streamOf(seed, "eight")));
      const [, , nine] = thousand((seed) => regular(1_000, 9, streamOf(seed, "nine")));
      return [mean, worst, eight, nine];
    },
  },
  {
    title: "At most one honest link, unbiased choice, f=.2",
    quick: true,
    runs: 1,
    figures: [near("of 3 links", 0.1, 0.005), near("of 6", 0.0016, 0.000_05), most("of 8", 0.000_085, 0.000_005)],
    run: () => [3, 6, 8].map((links) => links * 0.8 * 0.2 ** (links - 1) + 0.2 ** links),
  },
];
