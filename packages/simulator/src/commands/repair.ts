/** `simulate repair`: what it costs two peers to find out what one of them lacks, by several schemes. */
import { streamOf } from "../chance.ts";
import { SimulationFailure } from "../failure.ts";
import { holding, lost, meeting, type Pattern, write } from "../models/repair-holders.ts";
import { repair, type Repaired } from "../models/repair-rooms.ts";
import { sketch } from "../models/repair-sketches.ts";
import { choice, type Outcome, scenario, type Scenario, whole } from "../scenario.ts";

const flags = {
  items: whole("n", "rumors in all", 10_000, 1),
  missing: whole("d", "how many of them each of the other peers lacks", 100),
  pattern: choice<Pattern>("which ones: the newest, or any", ["recent", "scattered"], "scattered"),
  authors: whole("n", "how many wrote them", 100, 1),
  scheme: choice(
    "what is shipped (auto), or one for comparison",
    ["auto", "ranges", "rbsr", "iblt", "merkle"] as const,
    "auto",
  ),
};

/** One id for each difference. Source: published-results of reconciliation count so. */
const ID_BYTES = 32;

export const repairScenario: Scenario = scenario({
  name: "repair",
  summary: "two peers find out what one of them lacks: bytes beside the rumors, round trips, time",
  nodes: 2,
  flags,
  layerAlone: true,
  check: ({ items, missing }) =>
    missing <= items ? undefined : `expected --missing of at most ${items}, got ${missing}`,
  run: (
    { items, missing, pattern, authors, scheme },
    { seed, nodes, replay, progress, clockMs = () => 0 },
  ): Outcome => {
    const random = streamOf(seed, "repair");
    const now = meeting(items);
    const all = write(items, Math.min(authors, items), random);
    let sum: Repaired = { bytes: 0, roundTrips: 0, cpuMs: 0 };
    for (let peer = 1; peer < nodes; peer++) {
      progress(`peer ${peer} of ${nodes - 1}`);
      const gone = lost(items, missing, pattern, random);
      const some = all.filter((_, place) => !gone.has(place));
      const rooms = [holding(some, now, random), holding(all, now, random)] as const;
      const one = scheme === "auto" ? repair(rooms, now, clockMs) : sketch(scheme, clockMs, some, all, rooms);
      if (scheme === "auto" && rooms[0].digest().join() !== rooms[1].digest().join()) {
        throw new SimulationFailure("the two do not hold the same in the end", now.nowMs, seed, replay);
      }
      sum = {
        bytes: sum.bytes + one.bytes,
        roundTrips: Math.max(sum.roundTrips, one.roundTrips),
        cpuMs: sum.cpuMs + one.cpuMs,
      };
    }
    const pairs = nodes - 1;
    const json = {
      bytes: Math.round(sum.bytes / pairs),
      roundTrips: sum.roundTrips,
      cpuMs: Number((sum.cpuMs / pairs).toFixed(1)),
      minimumBytes: missing * ID_BYTES,
    };
    return { facts: { ...json, bytesPerMissing: missing === 0 ? 0 : json.bytes / missing }, json };
  },
});
