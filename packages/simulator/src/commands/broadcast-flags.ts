/** The flags of `simulate broadcast --protocol`, and the outcome that every way of running it comes to. */
import type { Measures } from "../models/broadcast-measures.ts";
import { choice, type Flag, type Outcome, share, type Values, whole } from "../scenario.ts";

export type Protocol = "none" | "flood" | "tree" | "mongering" | "adaptive" | "gossipsub";

/** A type of its own, for the flags of a command must be told apart by their names. */
export type ProtocolFlags = {
  readonly protocol: Flag<Protocol>;
  readonly kill: Flag<number | undefined>;
  readonly loss: Flag<number>;
  readonly churn: Flag<number>;
  readonly sources: Flag<number>;
  readonly trees: Flag<number>;
  readonly warm: Flag<number>;
  readonly messages: Flag<number>;
  readonly channel: Flag<"lossy" | "reliable" | "urgent">;
  readonly model: Flag<"auto" | "peers" | "rooms">;
};

const kill: Flag<number | undefined> = {
  hint: "<share>",
  help: "share of the nodes that crashes; 0.5 by default, with --protocol 0",
  fallback: undefined,
  parse: share("", 0).parse,
};

export const protocolFlags: ProtocolFlags = {
  protocol: choice("how rumors are spread", ["none", "flood", "tree", "mongering", "adaptive", "gossipsub"], "none"),
  kill,
  loss: share("with --protocol: share of frames lost", 0),
  churn: share("with --protocol: share of the nodes that crashes in each round of 2 s, and as many that join", 0),
  sources: whole("n", "with --protocol: nodes that publish, in turn", 1, 1),
  trees: whole("n", "with --protocol: most sources that have a tree of their own", 64),
  warm: whole("n", "with --protocol: messages that are not counted, for trees to form", 40),
  messages: whole("n", "with --protocol: messages that are counted", 12, 1),
  channel: choice(
    "with --protocol, of rooms: a lost frame is gone, comes a retransmission later, or is gone if it is a datagram",
    ["lossy", "reliable", "urgent"],
    "lossy",
  ),
  model: choice(
    "with --protocol: whole peers on modelled links, or nothing but the rooms that spread; auto: whole peers up to 100",
    ["auto", "peers", "rooms"],
    "auto",
  ),
};

export type ProtocolValues = Values<ProtocolFlags> & { readonly view: number };

/** What every way of measuring a protocol prints. `bytesPerNode`: sent by a node, on average, for each message. */
export function outcomeOf(all: Measures, bytesPerNode: number, first: Measures): Outcome {
  const { reliability, spread, rmr, ldh, rounds, latencyMs, reached } = all;
  const bytes = Math.round(bytesPerNode);
  return {
    facts: {
      reliability,
      reliabilityBeforeRepair: spread,
      rmr,
      ldh,
      rounds,
      bytesPerNode: bytes,
      latencyP50Ms: latencyMs.p50,
      latencyP99Ms: latencyMs.p99,
      firstReliability: first.reliability,
      firstRounds: first.rounds,
    },
    series: {
      "reached before repair, by message": {
        x: "message",
        points: reached.map((share, i) => [i + 1, share] as const),
      },
    },
    json: { reliability, rmr, ldh, rounds, bytesPerNode: bytes, latencyMs },
  };
}
