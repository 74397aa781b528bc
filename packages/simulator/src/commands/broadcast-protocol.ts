/**
 * `simulate broadcast --protocol`: messages are spread over an overlay that repairs itself, by one of the shipped
 * strategies or by gossipsub, while frames are lost, nodes come and go, or a share of them crashes just before the first
 * message that counts.
 */
import type { Random } from "@grapevine/protocol";
import { streamOf } from "../chance.ts";
import { measure } from "../models/broadcast-measures.ts";
import { Gossipsub } from "../models/gossipsub.ts";
import { type Broadcast, type MakeRoom, SpreadingMesh } from "../models/spreading-mesh.ts";
import { shipped } from "../models/spreading-rooms.ts";
import type { Outcome, Run } from "../scenario.ts";
import { outcomeOf, type ProtocolValues } from "./broadcast-flags.ts";
import { broadcastByPeers } from "./broadcast-peers.ts";

/** Source: the overlay of the Plumtree paper has 5 links a node; with 50 to choose from gossipsub costs what was measured of it. */
const LINKS = 5;
const GOSSIPSUB_LINKS = 50;
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
    channel: values.channel,
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

function sourceOf(mesh: SpreadingMesh, chosen: number[], message: number, random: Random): number {
  const at = message % chosen.length;
  // Whoever crashed is replaced by somebody else.
  if (!mesh.isAlive(chosen[at]!)) chosen[at] = random.pick(mesh.living)!;
  return chosen[at]!;
}

function roomsOf({ protocol, trees, channel }: ProtocolValues): MakeRoom {
  if (protocol === "gossipsub") return (_id, random, find) => new Gossipsub(random, find);
  if (protocol === "none") throw new Error("expected a protocol, got none");
  return shipped({ spreading: protocol, sourceTreesMax: trees, urgent: channel === "urgent" });
}
