/** Attacks by kind and protocol, behind one face: what `simulate attack` runs and reports. */
import type { Random } from "@grapevine/protocol";
import { type AssignedOptions, AS_PEERS_DO, ASSIGNED_DEFAULTS, AssignedLinks } from "./assigned-links.ts";
import { Basalt, BASALT_DEFAULTS } from "./basalt.ts";
import type { Capture } from "./capture.ts";
import { CHOSEN_DEFAULTS, ChosenLinks } from "./chosen-links.ts";
import { HubAttack } from "./hub-attack.ts";
import { PAIR_DEFAULTS, PairLinks } from "./pair-links.ts";
import { type Offence, SECURE_HUB_DEFAULTS, SecureHub } from "./secure-hub.ts";

/** How views are kept; and how links are made, where knowledge is a uniform choice by assumption. */
export const VIEW_PROTOCOLS = ["secure-cyclon", "cyclon", "cyclon-basic", "basalt"] as const;
export const LINK_PROTOCOLS = [
  "rings",
  "assigned",
  "assigned-circle",
  "pairs",
  "flips",
  "renew-refuse",
  "renew-evict",
] as const;
export type AttackProtocol = (typeof VIEW_PROTOCOLS)[number] | (typeof LINK_PROTOCOLS)[number];

export interface AttackOptions {
  readonly protocol: AttackProtocol;
  readonly nodes: number;
  readonly byzantine: number;
  readonly view: number;
  readonly shuffle: number;
  readonly offences: readonly Offence[];
  /** How many others a peer knows, where links are assigned. */
  readonly known: number;
  /** Honest nodes on whom attackers concentrate where they can choose: the first ones. */
  readonly victims: number;
}

/** Malicious shares of what honest nodes have; undefined where the model has no such thing. */
export interface AttackShares {
  /** Of descriptors that are owned. */
  readonly ownedShare?: number;
  readonly viewShare: number | undefined;
  readonly sampleShare: number | undefined;
  readonly linkShare: number;
  readonly isolated: number;
  /** Of the links, or of the view, that the victims have. */
  readonly victimShare: number;
  /** Of links, beyond their malicious share. */
  readonly capture: Capture | undefined;
}

export interface Attack {
  /** Cycles before the attack begins. */
  readonly settleCycles: number;
  /** Cycles in which every link is made anew; undefined where there is no such time. */
  readonly epochCycles?: number;
  /** The cycle in which each offender first broke a rule for which it can be convicted; as for `convicted`. */
  readonly offended: ReadonlyMap<number, number>;
  begin(): void;
  cycle(): void;
  shares(): AttackShares;
  /** The convicted, by the cycle of their conviction, counted from the start of the model. */
  readonly convicted: ReadonlyMap<number, number>;
  isMalicious(node: number): boolean;
}

const NOBODY: ReadonlyMap<number, number> = new Map();

export function attackOf(options: AttackOptions, random: Random): Attack {
  const { protocol } = options;
  if (protocol === "secure-cyclon") return onOwned(options, random);
  if (protocol === "cyclon" || protocol === "cyclon-basic") return onClaims(options, random);
  if (protocol === "basalt") return onBasalt(options, random);
  return onLinks(protocol, options, random);
}

function onOwned({ nodes, byzantine, view, shuffle, offences, victims }: AttackOptions, random: Random): Attack {
  const sizes = { life: view, swap: Math.min(shuffle, SECURE_HUB_DEFAULTS.swap) };
  const model = new SecureHub({ ...SECURE_HUB_DEFAULTS, ...sizes, nodes, byzantine, offences }, random);
  return {
    // A descriptor's life, and a few cycles for what has expired to be forgotten.
    settleCycles: view + 5,
    offended: model.offended,
    begin: () => model.attack(),
    cycle: () => model.cycle(),
    epochCycles: model.turnCycles * PAIR_DEFAULTS.turns,
    shares: () => ({
      ...model.shares(),
      victimShare: model.links.shareOf(victims),
      capture: model.links.capture(),
    }),
    convicted: model.convicted,
    isMalicious: (node) => node < model.attackers,
  };
}

/** A view is the links of plain Cyclon, and a sample is one of its entries: one share for all three. */
function onClaims({ protocol, nodes, byzantine, view, shuffle, victims }: AttackOptions, random: Random): Attack {
  const enhanced = protocol === "cyclon";
  const model = new HubAttack({ nodes, byzantine, view, shuffle, enhanced, victims }, random);
  model.views.fill("random", random);
  return {
    settleCycles: 50,
    offended: NOBODY,
    begin: () => model.attack(),
    cycle: () => model.cycle(),
    shares: () => {
      const share = model.viewShare();
      return {
        viewShare: share,
        sampleShare: share,
        linkShare: share,
        isolated: model.isolated(),
        victimShare: model.victimShare(),
        capture: undefined,
      };
    },
    convicted: NOBODY,
    isMalicious: (node) => node < Math.round(byzantine * nodes),
  };
}

function onBasalt({ nodes, byzantine, view, victims }: AttackOptions, random: Random): Attack {
  const emitted = Math.max(1, Math.floor(view / 10));
  const model = new Basalt({ ...BASALT_DEFAULTS, nodes, byzantine, view, emitted, victims }, random);
  let sampleShare = 0;
  return {
    settleCycles: 0,
    offended: NOBODY,
    begin: () => undefined,
    cycle: () => model.cycle(),
    shares: () => {
      const share = model.viewShare();
      // Samples come every few cycles only.
      sampleShare = model.sampleShare() ?? sampleShare;
      return {
        viewShare: share,
        sampleShare,
        linkShare: share,
        isolated: model.isolated(),
        victimShare: model.viewShare(victims),
        capture: undefined,
      };
    },
    convicted: NOBODY,
    isMalicious: (node) => node < model.colluders,
  };
}

interface LinkModel {
  readonly colluders: number;
  capture(): Capture;
  shareOf(victims: number): number;
}

/** A cycle is a turn, in which one link of each peer is made anew. */
function onLinks(protocol: (typeof LINK_PROTOCOLS)[number], options: AttackOptions, random: Random): Attack {
  const { nodes, byzantine, known, victims } = options;
  let model: LinkModel;
  let cycle: () => void;
  let settleCycles = 0;
  let epochCycles: number | undefined;
  if (protocol === "pairs") {
    const pairs = new PairLinks({ ...PAIR_DEFAULTS, nodes, byzantine, known }, random);
    epochCycles = PAIR_DEFAULTS.turns;
    [model, cycle, settleCycles] = [pairs, () => pairs.turn(), 2 * epochCycles];
  } else if (protocol === "rings" || protocol === "assigned" || protocol === "assigned-circle") {
    const nearness: AssignedOptions["nearness"] = protocol === "assigned-circle" ? "circle" : "rendezvous";
    const scheme = protocol === "rings" ? AS_PEERS_DO : { ...ASSIGNED_DEFAULTS, nearness };
    const links = new AssignedLinks({ ...scheme, nodes, byzantine, known }, random);
    epochCycles = scheme.rings;
    [model, cycle, settleCycles] = [links, () => links.turn(), 2 * epochCycles];
  } else {
    const renewal = protocol === "flips" ? "none" : protocol === "renew-refuse" ? "refuse" : "evict";
    const links = new ChosenLinks({ ...CHOSEN_DEFAULTS, nodes, byzantine, renewal }, random);
    [model, cycle] = [links, () => links.cycle()];
  }
  return {
    settleCycles,
    ...(epochCycles === undefined ? {} : { epochCycles }),
    offended: NOBODY,
    begin: () => undefined,
    cycle,
    shares: () => {
      const capture = model.capture();
      const { linkShare, alone } = capture;
      return {
        viewShare: undefined,
        sampleShare: undefined,
        linkShare,
        isolated: alone.length,
        victimShare: model.shareOf(victims),
        capture,
      };
    },
    convicted: NOBODY,
    isMalicious: (node) => node < model.colluders,
  };
}
