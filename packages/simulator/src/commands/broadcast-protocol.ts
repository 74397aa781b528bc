/**
 * `simulate broadcast --protocol`: messages are spread over an overlay that repairs itself, by one of the shipped
 * strategies or by gossipsub, while frames are lost, nodes come and go, or a share of them crashes just before the first
 * message that counts.
 */
import type { Random } from "@grapevine/protocol";
import { streamOf } from "../chance.ts";
import { measure, type Measures } from "../models/broadcast-measures.ts";
import { Gossipsub } from "../models/gossipsub.ts";
import { type Broadcast, type MakeRoom, SpreadingMesh } from "../models/spreading-mesh.ts";
import { shipped } from "../models/spreading-rooms.ts";
import { choice, type Flag, type Outcome, type Run, share, type Values, whole } from "../scenario.ts";
import { broadcastByPeers } from "./broadcast-peers.ts";

export type Protocol = "none" | "flood" | "tree" | "adaptive" | "gossipsub";

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
  readonly model: Flag<"auto" | "peers" | "rooms">;
};

const kill: Flag<number | undefined> = {
  hint: "<share>",
  help: "share of the nodes that crashes; 0.5 by default, with --protocol 0",
  fallback: undefined,
  parse: share("", 0).parse,
};

export const protocolFlags: ProtocolFlags = {
  protocol: choice("how rumors are spread", ["none", "flood", "tree", "adaptive", "gossipsub"], "none"),
  kill,
  loss: share("with --protocol: share of frames lost", 0),
  churn: share("with --protocol: share of the nodes that crashes in each round of 2 s, and as many that join", 0),
  sources: whole("n", "with --protocol: nodes that publish, in turn", 1, 1),
  trees: whole("n", "with --protocol: most sources that have a tree of their own", 64),
  warm: whole("n", "with --protocol: messages that are not counted, for trees to form", 24),
  messages: whole("n", "with --protocol: messages that are counted", 12, 1),
  model: choice(
    "with --protocol: whole peers on modelled links, or nothing but the rooms that spread; auto: whole peers up to 100",
    ["auto", "peers", "rooms"],
    "auto",
  ),
};

export type ProtocolValues = Values<ProtocolFlags> & { readonly view: number };

/** Source: the overlay of the Plumtree paper has 5 links a node; gossipsub wants to choose from many. */
const LINKS = 5;
const GOSSIPSUB_LINKS = 24;
const ROUND_MS = 2_000;
/** Messages in a round. Guess: two a second. */
const MESSAGES_A_ROUND = 4;
/** Rounds for repair at the end. */
const REPAIR_ROUNDS = 12;
const PEERS_MAX = 100;

export function runProtocol(values: ProtocolValues, run: Run): Outcome {
  const { protocol, model } = values;
  const whole = model === "peers" || (model === "auto" && run.nodes <= PEERS_MAX);
  if (protocol !== "gossipsub" && whole) return broadcastByPeers(values, run);
  const { seed, nodes, progress } = run;
  const { warm, messages, sources, churn, loss } = values;
  const mesh = new SpreadingMesh({
    nodes,
    seed,
    makeRoom: roomsOf(values),
    // Gossipsub repairs by its own gossip alone.
    rounds: protocol !== "gossipsub",
    degree: values.view > 0 ? values.view : protocol === "gossipsub" ? GOSSIPSUB_LINKS : LINKS,
    loss,
    churn,
    latencyMs: [10, 100],
    roundMs: ROUND_MS,
    roundsMax: Math.ceil((warm + messages) / MESSAGES_A_ROUND) + 3 + REPAIR_ROUNDS,
  });
  const random = streamOf(seed, "sources");
  const chosen = Array.from({ length: sources }, () => mesh.pick());
  const counted: Broadcast[] = [];
  let bytesBefore = 0;
  // Gossipsub's meshes form at heartbeats.
  for (let i = 0; i < 3; i++) {
    mesh.round();
    mesh.run(ROUND_MS);
  }
  for (let i = 0; i < warm + messages; i++) {
    if (i === warm) {
      mesh.crash(values.kill ?? 0);
      bytesBefore = mesh.bytes;
    }
    const broadcast = mesh.publish(sourceOf(mesh, chosen, i, random));
    if (i >= warm) counted.push(broadcast);
    if (i % MESSAGES_A_ROUND === MESSAGES_A_ROUND - 1) mesh.round();
    mesh.run(ROUND_MS / MESSAGES_A_ROUND);
    progress(`message ${i + 1} of ${warm + messages}`);
  }
  const bytes = mesh.bytes - bytesBefore;
  const settled = (): boolean => measure(counted, mesh.living, ROUND_MS).reliability === 1;
  for (let round = 0; round < REPAIR_ROUNDS && (round < 3 || !settled()); round++) {
    mesh.round();
    mesh.run(ROUND_MS);
    progress(`repairing, round ${round + 1}`);
  }
  const measures = measure(counted, mesh.living, ROUND_MS);
  return outcomeOf(
    measures,
    bytes / mesh.living.length / messages,
    measure(counted.slice(0, 1), mesh.living, ROUND_MS),
  );
}

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

function sourceOf(mesh: SpreadingMesh, chosen: number[], message: number, random: Random): number {
  const at = message % chosen.length;
  // Whoever crashed is replaced by somebody else.
  if (!mesh.isAlive(chosen[at]!)) chosen[at] = random.pick(mesh.living)!;
  return chosen[at]!;
}

function roomsOf({ protocol, trees }: ProtocolValues): MakeRoom {
  if (protocol === "gossipsub") return (_id, random, find) => new Gossipsub(random, find);
  if (protocol === "none") throw new Error("expected a protocol, got none");
  return shipped({ spreading: protocol, sourceTreesMax: trees });
}
