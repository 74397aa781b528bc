import { expect, test } from "vitest";
import { realVaults } from "./vault-real.ts";
import { streamOf } from "./chance.ts";
import { World } from "./world.ts";

const TOPIC = "5a".repeat(16);

test("keys change under traffic and loss, with real cryptography, and every message is read by everybody", () => {
  const seed = 7;
  const world = new World({
    seed,
    topics: [TOPIC],
    network: { loss: 0.05, unreachablePairs: 0, dialFailure: 0 },
    skewMs: 500,
    vaults: realVaults(streamOf(seed, "vaults")),
    keys: { rotateMs: 60_000, history: "all" },
  });
  const nodes = world.spawn(8, 2_000);
  world.run(20_000);
  world.publishing(TOPIC, 400, world.nowMs + 130_000);
  world.run(130_000);
  world.run(45_000);
  // The ledger fails where a node is handed what it cannot read: it compares what was published with what was opened.
  for (const node of nodes) {
    const { live } = world.ledger.reader(node);
    expect(live.size).toBe(world.ledger.published.length);
    expect(node.peer.keys.epoch!.number).toBeGreaterThanOrEqual(3);
    expect(node.peer.keys.counts).toMatchObject({ waiting: 0, unread: 0, overdue: 0 });
  }
  expect(new Set(nodes.map(({ peer }) => peer.keys.epoch!.keyId)).size).toBe(1);
});
