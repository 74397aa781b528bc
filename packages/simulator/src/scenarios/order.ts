/**
 * Order of arrival decides nothing: any permutation of one set of rumors, copies and forks among them, and of the
 * credentials that admit their authors, ends in one state digest (DESIGN, "what is believed", rule 4). A few authors
 * write in a world of their own; then one reader after the other is handed the same frames in another order.
 */
import { encodeFrame, type Random, type Rumor, toHex } from "@grapevine/protocol";
import { streamOf } from "../chance.ts";
import { SimulationFailure } from "../failure.ts";
import { type Run, scenario, type Scenario, whole } from "../scenario.ts";
import type { Vault, VaultMaker } from "../vault.ts";
import { Notary } from "../vault-model.ts";
import { World } from "../world.ts";
import { TOPIC } from "./stage.ts";

const flags = {
  permutations: whole("n", "orders in which the same frames are handed in", 20, 2),
  rumors: whole("n", "rumors by each author", 12, 1),
  forked: whole("n", "authors that run twice under one key, and so sign two rumors for one slot", 2),
};

/** Where in time the authors' run ends; readers begin there, so that nothing comes from their future. */
const WRITTEN_MS = 20_000;

export const order: Scenario = scenario({
  name: "order",
  summary: "any permutation of one set of rumors, copies and forks ends in one digest",
  nodes: 5,
  flags,
  run: ({ permutations, rumors, forked }, run) => {
    const vaults: VaultMaker = run.vaults?.(streamOf(run.seed, "vaults")) ?? new Notary(streamOf(run.seed, "vaults"));
    const authors = Array.from({ length: run.nodes }, () => vaults.make());
    const frames = [
      ...writtenBy(authors, rumors, run, "first"),
      // The same machines at the same time, with other words in the second half: what a restored backup does.
      ...writtenBy(authors.slice(0, forked), rumors, run, "second"),
    ];
    const random = streamOf(run.seed, "orders");
    const digests = new Map<string, number>();
    const held: number[] = [];
    for (let i = 0; i < permutations; i++) {
      run.progress(`order ${i} of ${permutations}`);
      // Twice: of an author not yet admitted a peer keeps but a few rumors, and takes the rest from its neighbors later.
      const { digest, rumors } = readIn([...shuffled(frames, random), ...shuffled(frames, random)], vaults, run);
      held.push(rumors);
      digests.set(digest, (digests.get(digest) ?? 0) + 1);
    }
    if (digests.size > 1) {
      const counts = [...digests].map(([digest, count]) => `${digest.slice(0, 12)} ${count} times`);
      const what = `one set of rumors ended in several digests: ${counts.join(", ")}`;
      throw new SimulationFailure(what, WRITTEN_MS, run.seed, run.replay);
    }
    return { facts: { frames: frames.length, permutations, held: held[0]!, digest: [...digests.keys()][0]! } };
  },
});

/** Frames of all that the authors publish, and of the credentials that admit them; each rumor twice. */
function writtenBy(authors: readonly Vault[], rumors: number, run: Run, words: string): readonly Uint8Array[] {
  const spare = [...authors];
  const world = new World({
    seed: run.seed,
    replay: run.replay,
    topics: [TOPIC],
    vaults: { make: () => spare.shift()! },
    // Unconnected: who hears of a fork before writing on would stop.
    seeds: 0,
  });
  world.ledger.ignore();
  const written: Rumor[] = [];
  world.onDeliver = (_node, { rumor }) => written.push(rumor);
  world.spawn(authors.length);
  const common = streamOf(run.seed, "written");
  const own = streamOf(run.seed, `written ${words}`);
  for (const node of world.nodes) {
    for (let i = 0; i < rumors; i++) {
      const random = i < rumors / 2 ? common : own;
      const body = random.bytes(40);
      world.at(1_000 + ((i + random.float()) * (WRITTEN_MS - 5_000)) / rumors, () => node.publish(TOPIC, body));
    }
  }
  world.run(WRITTEN_MS);
  const credentials = world.nodes.map((node) => node.peer.rooms.state.credential!);
  return [
    ...written.flatMap((rumor) => {
      const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor });
      return [bytes, bytes];
    }),
    ...credentials.map((credential) => encodeFrame({ kind: "credentialsHave", credentials: [credential] })),
  ];
}

/** A fresh peer with one neighbor, from which all of this comes. */
function readIn(frames: readonly Uint8Array[], vaults: VaultMaker, run: Run): { digest: string; rumors: number } {
  const { seed, replay } = run;
  const world = new World({ seed, replay, topics: [TOPIC], vaults, network: { dialFailure: 0, unreachablePairs: 0 } });
  // Readers start when all is written.
  world.run(WRITTEN_MS);
  world.spawn(2);
  world.run(10_000);
  const [reader] = world.nodes;
  const [link] = [...reader!.neighbors.keys()];
  if (link === undefined) return world.fail("expected the reader to have a neighbor");
  world.ledger.ignore();
  for (const [i, bytes] of frames.entries()) {
    world.at(world.nowMs + 50 * i, () =>
      reader!.input({ kind: "received", link, channel: "data", bytes: bytes.slice() }),
    );
  }
  world.run(50 * frames.length + 30_000);
  if (!reader!.neighbors.has(link)) world.fail("the reader hung up on honest copies");
  const { rumors } = reader!.peer.rooms;
  return { digest: toHex(rumors.digest()), rumors: rumors.counts().rumors };
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return random.sample(items, items.length);
}
