import { describe, expect, it } from "vitest";
import { Harness, type TestNode } from "../harness.testing.ts";
import { TOPIC } from "./rumors.testing.ts";
import type { KeptRumor, Restored } from "../runs/storage.ts";

const HOUR_MS = 3_600_000;
const AGE_MS = 26 * HOUR_MS;
const nothing: Restored = { rumors: [], forks: [], credentials: [], evidence: [] };

function publish(world: Harness, node: TestNode, count: number): void {
  const retention = { countMax: 10_000, bytesMax: 1_000_000, ageMs: AGE_MS };
  for (let i = 0; i < count; i++) {
    const body = new Uint8Array(32).fill(i);
    world.command(node, { kind: "publish", ref: -1, topic: TOPIC, keyId: new Uint8Array(8), body, retention });
    world.run(1_000);
  }
}

/** What a store would have of all that this peer was told. */
function keptBy({ peer }: TestNode): Restored {
  const { rumors, admission } = peer.rooms;
  const held: KeptRumor[] = [...rumors.state.logs.logs.values()].flatMap((log) => [...log.held.values()]);
  return { ...nothing, rumors: held, credentials: [...admission.state.admitted.values()] };
}

describe("a peer that was away for a day, and kept what it had", () => {
  it("has everything that is retained soon after it is back, and is sent nothing that it had", () => {
    // What is done all the time is done more rarely: a day of it as it is by default takes a minute, and says no more.
    const tuning = {
      pingPeriodMs: 600_000,
      silenceMs: HOUR_MS,
      mintPeriodMs: 600_000,
      repairPeriodMs: 300_000,
      ringHoldMs: HOUR_MS,
      seedAskPeriodMs: HOUR_MS,
      epochMs: 24 * HOUR_MS,
      linksMin: 1,
      seedLinksMin: 1,
      rings: 2,
    };
    const world = new Harness({ tuning });
    const [author, other, away] = [world.add(1), world.add(2), world.add(3)];
    world.run(10_000);
    publish(world, author, 30);
    world.run(6 * HOUR_MS);
    publish(world, author, 10);
    publish(world, other, 5);
    world.run(900_000);
    expect(away.peer.digest()).toEqual(author.peer.digest());
    const kept = keptBy(away);
    expect(kept.rumors).toHaveLength(45);
    world.crash(away);

    publish(world, author, 20);
    world.run(24 * HOUR_MS);
    publish(world, other, 15);
    world.run(900_000);

    const back = world.add(3, { restored: kept });
    world.run(HOUR_MS / 2);
    // The first 30 have expired meanwhile, also for whoever had kept them.
    expect(author.peer.rumorCounts.rumors).toBe(50);
    expect(back.peer.digest()).toEqual(author.peer.digest());
    expect(back.peer.digest()).toEqual(other.peer.digest());
    // What was written while it was away, once each, and no more.
    const { rumors, received, duplicates } = back.peer.rumorCounts;
    expect({ rumors, received, duplicates }).toEqual({ rumors: 50, received: 35, duplicates: 0 });
    expect(back.event("history").at(-1)).toMatchObject({ complete: true });
  });
});
