/**
 * `simulate sampling`: a peer sampling protocol alone, measured as the literature measures it, cycle by cycle. With
 * `--kill` a share of the nodes crashes at the end of cycle `--at`, and is measured just after.
 */
import { streamOf } from "../chance.ts";
import { measure, type Measures, QUICK, THOROUGH } from "../models/graph-measures.ts";
import { SAMPLING_PROTOCOLS, SAMPLING_SIZES, samplingModel } from "../models/sampling-model.ts";
import { choice, type Outcome, scenario, type Scenario, share, whole } from "../scenario.ts";
import { curves, thinned } from "./by-cycle.ts";

type Row = { readonly cycle: number } & Measures;

/** Beyond this size, measuring every cycle takes longer than running it. */
const LARGE = 20_000;

const flags = {
  protocol: choice("what to run", SAMPLING_PROTOCOLS, "cyclon"),
  view: whole("c", "entries of a view; 0: as in the protocol's paper", 0),
  shuffle: whole("l", "entries that a shuffle sends; 0: as in the protocol's paper", 0),
  cycles: whole("n", "how many cycles", 60, 1),
  start: choice(
    "who knows whom at first; of secure-cyclon who is linked to whom, of hyparview who joins through whom",
    ["ring", "random", "star"],
    "random",
  ),
  kill: share("share of the nodes that crashes", 0),
  at: whole("cycle", "at the end of which cycle they crash", 30, 1),
  every: whole("n", `measure every n-th cycle; 0: every one, every tenth beyond ${LARGE} nodes`, 0),
};

export const sampling: Scenario = scenario({
  name: "sampling",
  summary: "peer sampling alone, up to 1e5 nodes: clustering, path length, in-degrees, dead links, components",
  nodes: 1_000,
  flags,
  layerAlone: true,
  check: ({ protocol, view, shuffle, cycles, kill, at }) => {
    const sizes = SAMPLING_SIZES[protocol];
    const places = view === 0 ? sizes.view : view;
    if (protocol !== "hyparview" && shuffle > places) return `expected --shuffle of at most ${places}, got ${shuffle}`;
    if (kill > 0 && at > cycles) return `expected --at of at most ${cycles}, the last cycle, got ${at}`;
    return kill === 1 ? "expected --kill below 1, so that somebody is left, got 1" : undefined;
  },
  run: ({ protocol, view, shuffle, cycles, start, kill, at, every }, { seed, nodes, progress }): Outcome => {
    const sizes = SAMPLING_SIZES[protocol];
    const random = streamOf(seed, "sampling");
    const measuring = streamOf(seed, "measuring");
    const chosen = { view: view === 0 ? sizes.view : view, shuffle: shuffle === 0 ? sizes.shuffle : shuffle };
    const model = samplingModel(protocol, nodes, chosen, start, random);
    const step = every > 0 ? every : nodes > LARGE ? 10 : 1;
    const rows: Row[] = [];
    for (let cycle = 1; cycle <= cycles; cycle++) {
      model.cycle();
      if (kill > 0 && cycle === at) model.views.kill(kill, random);
      if (cycle % step !== 0 && cycle !== cycles && (kill === 0 || cycle !== at)) continue;
      const thorough = cycle === cycles && nodes <= LARGE;
      rows.push({ cycle, ...measure(model.views, measuring, thorough ? THOROUGH : QUICK) });
      progress(`cycle ${cycle} of ${cycles}`);
    }
    const flat = rows.map(({ inDegree, ...rest }) => ({
      ...rest,
      inDegreeMean: inDegree.mean,
      inDegreeSd: inDegree.sd,
      inDegreeMin: inDegree.min,
      inDegreeMax: inDegree.max,
    }));
    const { cycle: _, ...last } = flat.at(-1)!;
    return { facts: last, tables: { "by cycle": thinned(flat, [at]) }, series: curves(flat), json: { cycles: rows } };
  },
});
