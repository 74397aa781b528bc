/** An overlay over live links only: routes, introductions, crashes. */
import { streamOf } from "../chance.ts";
import { measure } from "../models/graph-measures.ts";
import { LIVE_LINKS_DEFAULTS, LiveLinks, type LiveLinksOptions } from "../models/live-links.ts";
import { type Experiment, forComparison, least, most, near } from "./experiment.ts";

/** Enough for descriptors to be everywhere, and for links to have turned a few times. */
const SETTLED = 80;

/** As it starts: a random graph. */
function fresh(seed: number, options: Partial<LiveLinksOptions> = {}): LiveLinks {
  const model = new LiveLinks({ ...LIVE_LINKS_DEFAULTS, nodes: 1_000, ...options }, streamOf(seed, "live links"));
  model.start("random");
  return model;
}

function settled(seed: number, options: Partial<LiveLinksOptions> = {}): LiveLinks {
  const model = fresh(seed, options);
  for (let cycle = 0; cycle < SETTLED; cycle++) model.cycle();
  return model;
}

function crash(share: number, reference: number, arriving: number): Experiment {
  return {
    title: `Live links, N=1000, ${Math.round(share * 100)}% crash, no seed`,
    quick: false,
    runs: 5,
    figures: [
      least("largest component after 5 cycles", reference),
      forComparison("routed offers that arrive, first cycle", arriving),
    ],
    run: (seed) => {
      const model = settled(seed);
      const random = streamOf(seed, "crash");
      model.views.kill(share, random);
      model.cycle();
      const { arrived, routed } = model.offers;
      for (let cycle = 1; cycle < 5; cycle++) model.cycle();
      return [1 - measure(model.views, random, { sources: 0, clustered: 0 }).outsideLargest, arrived / routed];
    },
  };
}

export const liveLinkExperiments: readonly Experiment[] = [
  {
    title: "Live links, N=1000, 6 to 8 links, life 20, swap 3",
    quick: true,
    runs: 5,
    figures: [
      near("descriptors known of each", 21, 0),
      near("their sd", 0, 0),
      least("routed offers that arrive", 0.59),
      near("hops of those", 2.55, 0.25),
    ],
    run: (seed) => {
      const model = settled(seed, { renewalCycles: 5 });
      const known = model.stock.known();
      const mean = known.reduce((sum, count) => sum + count, 0) / known.length;
      const variance = known.reduce((sum, count) => sum + (count - mean) ** 2, 0) / known.length;
      const sum = { routed: 0, arrived: 0, hops: 0 };
      for (let cycle = 0; cycle < 10; cycle++) {
        model.cycle();
        sum.routed += model.offers.routed;
        sum.arrived += model.offers.arrived;
        sum.hops += model.offers.hops;
      }
      return [mean, Math.sqrt(variance), sum.arrived / sum.routed, sum.hops / sum.arrived];
    },
  },
  crash(0.3, 0.9985, 0.06),
  crash(0.5, 0.97, 0.02),
  crash(0.7, 0.65, Number.NaN),
  {
    title: "Live links, N=1000: the old link cut before the new one stands",
    quick: false,
    runs: 3,
    figures: [
      near("clustering", 0.14, 0.05),
      most("clustering, the new one first, as a share of that", 0.5),
      forComparison("clustering of a random graph", 0.007),
    ],
    run: (seed) => {
      const random = streamOf(seed, "measuring");
      const cut = settled(seed, { order: "break-before-make", renewalCycles: 5 });
      const kept = settled(seed, { renewalCycles: 5 });
      const chance = measure(fresh(seed).views, random).clustering;
      const clustering = measure(cut.views, random).clustering;
      return [clustering, measure(kept.views, random).clustering / clustering, chance];
    },
  },
];
