/** Whole peers beside the model of the layer alone: who owns whose descriptors, at sizes that both can run. */
import { streamOf } from "../chance.ts";
import { type Measures, measure, THOROUGH } from "../models/graph-measures.ts";
import { SECURE_CYCLON_DEFAULTS, SecureCyclon } from "../models/secure-cyclon.ts";
import { Views } from "../models/views.ts";
import { World } from "../world.ts";
import { type Experiment, most, near } from "./experiment.ts";

/** Shorter than by default, so that a life is over sooner; nothing that is measured depends on it. */
const MINT_MS = 1_500;
/** Share of a slot that is left when it is looked at: less than where the last one shuffles. */
const LOOK = 0.05;

const measured = (views: Views, seed: number): Measures => measure(views, streamOf(seed, "measuring"), THOROUGH);

function ofPeers(seed: number, nodes: number, life: number, progress: (what: string) => void): Measures {
  const world = new World({ seed, skewMs: 100, tuning: { mintPeriodMs: MINT_MS, lifeSlots: life } });
  world.spawn(nodes, 5_000);
  for (let slot = 0; slot < life + 18; slot++) {
    world.run(MINT_MS);
    progress(`slot ${slot + 1} of ${life + 18}`);
  }
  // At the end of a slot everybody has minted in it, as in the model.
  world.run((2 - LOOK - ((world.epochMs / MINT_MS) % 1)) * MINT_MS);
  const places = new Map(world.living.map((node, i) => [node.id, i]));
  const views = new Views(nodes, 4 * life);
  for (const [i, node] of world.living.entries()) {
    for (const { creator } of node.peer.snapshot().state.overlay.finding!.table.owned)
      views.add(i, places.get(creator)!);
  }
  return measured(views, seed);
}

function ofModel(seed: number, nodes: number, life: number): Measures {
  // In the model, as in the paper, the cycle of minting comes on top; a peer counts it as the first slot of a life.
  const model = new SecureCyclon({ ...SECURE_CYCLON_DEFAULTS, nodes, life: life - 1 }, streamOf(seed, "model"));
  for (let cycle = 0; cycle < 2 * life; cycle++) model.cycle();
  return measured(model.views, seed);
}

/**
 * Every peer shuffles once in each mint slot, and at the end of a slot all that it minted in its life is owned by
 * somebody: what is lost on the way is less than a hundredth. Looked at early in a slot, those who have not shuffled in it
 * yet are missing.
 */
function agreement(nodes: number, life: number, quick: boolean): Experiment {
  return {
    title: `Whole peers and the model of their layer, N=${nodes}, life ${life}`,
    quick,
    runs: 1,
    figures: [
      near("descriptors known of each, peers over model", 1, 0.03),
      most("their sd among peers, over their mean", 0, 0.05),
      near("clustering, peers over model", 1, 0.2),
      near("path length, peers over model", 1, 0.05),
      near("components among peers", 1, 0),
    ],
    run: (seed, progress) => {
      const peers = ofPeers(seed, nodes, life, progress);
      const model = ofModel(seed, nodes, life);
      return [
        peers.inDegree.mean / model.inDegree.mean,
        peers.inDegree.sd / peers.inDegree.mean,
        peers.clustering / model.clustering,
        peers.pathLength / model.pathLength,
        peers.components,
      ];
    },
  };
}

export const agreementExperiments: readonly Experiment[] = [agreement(36, 12, true), agreement(120, 20, false)];
