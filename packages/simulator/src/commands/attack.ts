/**
 * `simulate attack`: members that deviate. By whole peers, in all the ways of `adversaries/`: see `attack-peers.ts`. By
 * models of a layer alone: colluders against a peer sampling protocol or a scheme of links. `hub`: they want to be in every
 * view. `eclipse`: they want to be all the links that somebody has. `sybil`: each of them brings many identities and
 * breaks no rule. Shares are those of colluders in what honest nodes have, null where a model has no such thing: of
 * owned descriptors, the coin of shuffles; of views; of what may be sampled; of links. `cyclesToConvict` is the longest
 * that an offender stayed unconvicted, null while one is.
 */
import { streamOf } from "../chance.ts";
import { attackOf, type AttackProtocol, type AttackShares, LINK_PROTOCOLS, VIEW_PROTOCOLS } from "../models/attacks.ts";
import type { Offence } from "../models/secure-hub.ts";
import { KIND_NAMES, type KindName } from "../adversaries/index.ts";
import { choice, type Outcome, type Run, scenario, type Scenario, share, type Values, whole } from "../scenario.ts";
import { attackByPeers } from "./attack-peers.ts";
import { curves, thinned } from "./by-cycle.ts";

/** What models of layers know; whole peers know more. */
const LAYER_KINDS = ["hub", "eclipse", "sybil"] as const;
type LayerKind = (typeof LAYER_KINDS)[number];
const PROTOCOLS: readonly AttackProtocol[] = [...VIEW_PROTOCOLS, ...LINK_PROTOCOLS];
/** Those that a layer knows stand first. */
const NAMES: readonly KindName[] = [...LAYER_KINDS, ...KIND_NAMES.filter((name) => !isLayerKind(name))];
const LAYER_NODES = 1_000;
/** Whole peers, by default: a run of a minute or so. */
const PEERS = 60;

const OFFENCES = ["auto", "both", "mint", "clone", "hoard"] as const;

const flags = {
  kind: choice("what the deviants do", NAMES, "hub"),
  model: choice(
    "whole peers, or a layer alone, which knows hub, eclipse and sybil; auto: a layer for these",
    ["auto", "peers", "layer"],
    "auto",
  ),
  rounds: whole("n", "with whole peers: rounds of 5 s that the attack lasts", 12, 1),
  protocol: choice("of a layer alone: views, or links (assigned and further)", PROTOCOLS, "secure-cyclon"),
  byzantine: share("share of the nodes that deviate", 0.2),
  cycles: whole("n", "of a layer alone: cycles of attack; of links, turns", 60, 1),
  view: whole("c", "entries of a view, or a descriptor's life in slots", 20, 2),
  shuffle: whole("l", "entries that a shuffle sends; of owned descriptors at most 3", 8, 1),
  offence: choice(
    "on owned descriptors: mint too many, hand the same to many, or only keep others'; auto: both in a hub attack, else hoard",
    OFFENCES,
    "auto",
  ),
  known: whole("n", "how many others a peer knows, where links are assigned; 0: a fifth of all", 0),
  identities: whole("k", "identities of each colluder, in a sybil attack", 10, 1),
};

interface Row {
  readonly cycle: number;
  readonly ownedShare?: number;
  readonly viewShare: number | undefined;
  readonly sampleShare: number | undefined;
  readonly linkShare: number;
  readonly isolated: number;
  readonly victimShare: number;
  readonly convictedRight: number;
  readonly convictedWrong: number;
}

export const attack: Scenario = scenario({
  name: "attack",
  summary: "members that deviate: whole peers in every way, or colluders against peer sampling and links alone",
  nodes: LAYER_NODES,
  flags,
  layerAlone: true,
  nodesFor: (values) => (isByPeers(values) ? PEERS : LAYER_NODES),
  check: ({ byzantine, kind, model }, nodes) => {
    if (model === "layer" && !isLayerKind(kind)) return `expected --model peers for ${kind}, got layer`;
    const honest = nodes - Math.round(byzantine * nodes);
    return honest >= 2 ? undefined : `expected --byzantine to leave two honest nodes of ${nodes}, got ${byzantine}`;
  },
  run: (values, run): Outcome => (isByPeers(values) ? attackByPeers(values, run) : attackLayer(values, run)),
});

function attackLayer(
  { kind, protocol, byzantine, cycles, view, shuffle, offence, known, identities }: Values<typeof flags>,
  { seed, nodes, progress }: Run,
): Outcome {
  const honest = nodes - Math.round(byzantine * nodes);
  const all = kind === "sybil" ? honest + (nodes - honest) * identities : nodes;
  const model = attackOf(
    {
      protocol,
      nodes: all,
      byzantine: (all - honest) / all,
      view,
      shuffle,
      offences: offencesOf(kind, offence),
      known: known === 0 ? Math.round(all / 5) : Math.min(known, all - 1),
      victims: kind === "eclipse" ? 1 : honest,
    },
    streamOf(seed, "attack"),
  );
  for (let cycle = 1; cycle <= model.settleCycles; cycle++) {
    model.cycle();
    progress(`settling, cycle ${cycle} of ${model.settleCycles}`);
  }
  model.begin();
  const rows: Row[] = [];
  const siege = new Siege(honest, model.epochCycles);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    model.cycle();
    const { capture, ...shares } = model.shares();
    siege.add(capture);
    const wrong = [...model.convicted.keys()].filter((node) => !model.isMalicious(node)).length;
    rows.push({ cycle, ...shares, convictedRight: model.convicted.size - wrong, convictedWrong: wrong });
    progress(`cycle ${cycle} of ${cycles}`);
  }
  const last = rows.at(-1)!;
  const { offended, convicted } = model;
  const atLarge = [...offended.keys()].filter((node) => !convicted.has(node));
  const waits = [...offended].map(([node, since]) => (convicted.get(node) ?? 0) - since);
  const cyclesToConvict = offended.size === 0 || atLarge.length > 0 ? undefined : Math.max(...waits);
  const flat = rows.map((row) => given(row));
  const peaks = {
    ownedPeak: peakOf(rows, "ownedShare"),
    viewPeak: peakOf(rows, "viewShare"),
    samplePeak: peakOf(rows, "sampleShare"),
    linkPeak: peakOf(rows, "linkShare"),
  };
  const more = {
    byzantine: (all - honest) / all,
    offenders: offended.size,
    atLarge: atLarge.length,
    ...peaks,
    ...siege.facts(),
  };
  const { cycle: _, ...end } = flat.at(-1)!;
  return {
    facts: given({ ...end, cyclesToConvict, ...more }),
    tables: { "by cycle": thinned(flat) },
    series: curves(flat),
    json: jsonOf(last, cyclesToConvict, more, rows),
  };
}

/** What a siege of links came to, over all cycles. */
class Siege {
  private readonly honest: number;
  private readonly epochCycles: number | undefined;
  private cycles = 0;
  private eclipsed = 0;
  private atMostOne = 0;
  private largest = 1;
  private longest = 0;
  /** For how many cycles each has had no honest link. */
  private since = new Map<number, number>();

  constructor(honest: number, epochCycles: number | undefined) {
    this.honest = honest;
    this.epochCycles = epochCycles;
  }

  add(capture: AttackShares["capture"]): void {
    if (capture === undefined) return;
    this.cycles++;
    this.eclipsed += capture.eclipsed;
    this.atMostOne += capture.atMostOne;
    this.largest = Math.min(this.largest, capture.largest + capture.alone.length / this.honest);
    this.since = new Map(capture.alone.map((peer) => [peer, (this.since.get(peer) ?? 0) + 1]));
    this.longest = Math.max(this.longest, ...this.since.values());
  }

  /** Shares of peers and time; eclipses in cycles; the largest component of honest peers not eclipsed, at its least. */
  facts(): Record<string, number> {
    const { cycles, eclipsed, atMostOne, longest, largest, epochCycles } = this;
    if (cycles === 0) return {};
    return {
      eclipsed: eclipsed / cycles,
      atMostOne: atMostOne / cycles,
      longestEclipse: longest,
      ...(epochCycles === undefined ? {} : { epochCycles }),
      largestLeast: largest,
    };
  }
}

function isLayerKind(kind: string): kind is LayerKind {
  return (LAYER_KINDS as readonly string[]).includes(kind);
}

function isByPeers({ kind, model }: Pick<Values<typeof flags>, "kind" | "model">): boolean {
  return model === "peers" || (model === "auto" && !isLayerKind(kind));
}

function offencesOf(kind: string, offence: (typeof OFFENCES)[number]): readonly Offence[] {
  if (offence === "both" || (offence === "auto" && kind === "hub")) return ["mint", "clone"];
  return [offence === "auto" ? "hoard" : offence];
}

function peakOf(
  rows: readonly Row[],
  key: "ownedShare" | "viewShare" | "sampleShare" | "linkShare",
): number | undefined {
  return rows[0]![key] === undefined ? undefined : Math.max(...rows.map((row) => row[key]!));
}

/** Without what is not known. */
function given<T extends object>(row: T): { [K in keyof T]: number } {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: number;
  };
}

function jsonOf(
  last: Row,
  cyclesToConvict: number | undefined,
  more: object,
  rows: readonly Row[],
): Record<string, unknown> {
  const shape = (row: Row): object => ({
    ...(row.ownedShare === undefined ? {} : { ownedShare: row.ownedShare }),
    viewShare: row.viewShare ?? null,
    sampleShare: row.sampleShare ?? null,
    linkShare: row.linkShare,
    isolated: row.isolated,
    victimShare: row.victimShare,
    convicted: { right: row.convictedRight, wrong: row.convictedWrong },
  });
  return {
    ...shape(last),
    cyclesToConvict: cyclesToConvict ?? null,
    ...more,
    cycles: rows.map((row) => ({ cycle: row.cycle, ...shape(row) })),
  };
}
