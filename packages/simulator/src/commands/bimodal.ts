/** `simulate bimodal`: how many nodes a best-effort multicast with repair in rounds reaches, over many messages. */
import { streamOf } from "../chance.ts";
import { bimodal } from "../models/bimodal.ts";
import { type Outcome, scenario, type Scenario, share, whole } from "../scenario.ts";

const flags = {
  loss: share("share of datagrams lost", 0.05),
  crash: share("chance that the sender crashes while it sends", 0.5),
  failing: share("share of the nodes that crashes in a round", 0.001),
  fanout: whole("n", "digests that a node sends in a round", 1, 1),
  rounds: whole("n", "rounds in which a node offers a message", 6),
  answers: whole("n", "requests that a node answers in a round", 4, 1),
  messages: whole("n", "how many messages", 1_000, 1),
};

/** Source: the paper's "almost all" and "almost none", as the outer tenths. */
const ALMOST = 0.1;
const BINS = 20;

export const bimodalScenario: Scenario = scenario({
  name: "bimodal",
  summary: "a best-effort multicast with repair in rounds reaches almost all or almost none",
  nodes: 128,
  flags,
  layerAlone: true,
  run: ({ messages, ...options }, { seed, nodes, progress }): Outcome => {
    const random = streamOf(seed, "bimodal");
    const [before, after] = [new Float64Array(BINS), new Float64Array(BINS)];
    let [all, none, copies, between] = [0, 0, 0, 0];
    for (let message = 0; message < messages; message++) {
      const { first, last, copies: sent } = bimodal({ nodes, ...options }, random);
      before[Math.min(BINS - 1, Math.floor(first * BINS))]! += 1 / messages;
      after[Math.min(BINS - 1, Math.floor(last * BINS))]! += 1 / messages;
      if (last >= 1 - ALMOST) all++;
      else if (last <= ALMOST) none++;
      else between++;
      copies += sent;
      progress(`message ${message + 1} of ${messages}`);
    }
    const points = (bins: Float64Array): (readonly [number, number])[] =>
      Array.from(bins, (of, i) => [(i + 0.5) / BINS, of] as const);
    return {
      facts: {
        almostAll: all / messages,
        almostNone: none / messages,
        between: between / messages,
        copiesPerNode: copies / messages,
      },
      series: {
        "messages by the share of nodes reached": { x: "share reached", points: points(after) },
        "messages by the share reached before repair": { x: "share reached", points: points(before) },
      },
    };
  },
});
