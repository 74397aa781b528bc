/**
 * `simulate rumor`: one update among n sites by direct mail, anti-entropy or rumor mongering, in synchronous cycles, as
 * Demers et al. (PODC 1987) and Karp et al. (FOCS 2000) measure it. All runs are gathered in one outcome, each measure as
 * its mean and the standard error of that mean.
 */
import { limits, type MongeringRules } from "@grapevine/protocol";
import { DIRECTIONS, MEMORIES } from "@grapevine/protocol";
import { REMOVALS } from "@grapevine/protocol/models";
import { gather, MEASURES, PROTOCOLS } from "../models/epidemics.ts";
import { choice, type Outcome, scenario, type Scenario, share, toggle, whole } from "../scenario.ts";
import { curves } from "./by-cycle.ts";

const flags = {
  protocol: choice("how the update travels", PROTOCOLS, "mongering"),
  direction: choice("who is told in a contact: the one called, the caller, both", DIRECTIONS, "push"),
  memory: choice("is interest lost by any contact, or only by one with a site that knew?", MEMORIES, "feedback"),
  removal: choice("how interest is lost", REMOVALS, "counter"),
  k: whole("k", "after how many such contacts, or with probability 1/k", 1, 1, limits.mongeringKMax),
  connectionLimit: whole("c", "calls that a site takes in a cycle; 0: any number", 0),
  hunt: whole("h", "further sites that a refused caller tries", 0),
  minimize: toggle("of two sites that know, only the smaller counter counts the contact"),
  pushCycles: whole("n", "cycles of push before push-then-pull pulls; 0: log2 of the sites", 0),
  loss: share("share of the updates that get lost", 0),
};

export const rumor: Scenario = scenario({
  name: "rumor",
  summary: "one update by mail, anti-entropy or rumor mongering: residue, traffic and times of receipt",
  nodes: 1_000,
  flags,
  layerAlone: true,
  gathersRuns: true,
  check: ({ hunt, connectionLimit }) =>
    hunt > 0 && connectionLimit === 0 ? "expected --connection-limit with --hunt, for nobody else refuses" : undefined,
  run: (values, { seed, nodes, runs = 1, progress }): Outcome => {
    const { protocol, loss, pushCycles, direction, memory, removal, k, connectionLimit, hunt, minimize } = values;
    const rules: MongeringRules = {
      direction,
      memory,
      removal,
      k,
      connectionLimit,
      hunt,
      minimize,
      pushCycles: pushCycles === 0 ? Math.ceil(Math.log2(nodes)) : pushCycles,
    };
    const { estimates, census } = gather({ protocol, rules, nodes, loss }, seed, runs, progress);
    const rows = census.map((states, cycle) => ({ cycle, ...states }));
    return {
      facts: {},
      tables: {
        measures: MEASURES.map((measure) => ({ measure, ...estimates[measure] })),
      },
      series: curves(rows),
      json: { ...estimates },
    };
  },
});
