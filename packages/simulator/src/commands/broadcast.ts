/**
 * `simulate broadcast`: an overlay settles, a share of it crashes, and a message is broadcast at once, then after each
 * cycle of repair. Reliability is the share of the survivors that a broadcast by one of them, chosen by chance, reaches;
 * `largest` is the share in the largest component, which a broadcast from there reaches. With `--protocol`, how messages
 * are spread over such an overlay: see `broadcast-protocol.ts`.
 */
import { streamOf } from "../chance.ts";
import { flood, gossip, largestOf, overlayOf, OVERLAYS, sourceOf } from "../models/broadcasts.ts";
import { Plumtree } from "../models/plumtree.ts";
import { choice, type Outcome, scenario, type Scenario, whole } from "../scenario.ts";
import { protocolFlags } from "./broadcast-flags.ts";
import { runProtocol } from "./broadcast-protocol.ts";
import { curves } from "./by-cycle.ts";

const flags = {
  overlay: choice("the overlay; regular is a random graph that nobody repairs", OVERLAYS, "hyparview"),
  by: choice("how messages travel; over cyclon always by gossip", ["flood", "plumtree"], "flood"),
  view: whole("c", "links, or entries of a view; 0: as in the overlay's paper", 0),
  fanout: whole("n", "entries that a node tells, over cyclon", 4, 1),
  settle: whole("n", "cycles before the crash", 50),
  cycles: whole("n", "cycles of repair after it", 4),
  ...protocolFlags,
};

/** Without `--kill`, where only the overlay is looked at. */
const KILLED = 0.5;

interface Row extends Record<string, number> {
  readonly cycle: number;
  readonly reliability: number;
  readonly largest: number;
  readonly rmr: number;
  readonly ldh: number;
}

export const broadcast: Scenario = scenario({
  name: "broadcast",
  summary: "who hears a broadcast right after a crash, and after each cycle of repair",
  nodes: 10_000,
  flags,
  layerAlone: true,
  check: ({ protocol, overlay, by, view, kill = protocol === "none" ? KILLED : 0 }, nodes) => {
    if (Math.round(kill * nodes) > nodes - 2) return `expected --kill to leave two nodes of ${nodes}, got ${kill}`;
    if (view >= nodes) return `expected --view below the ${nodes} nodes, got ${view}`;
    return overlay === "cyclon" && by === "plumtree" ? "expected --by flood over cyclon, got plumtree" : undefined;
  },
  run: (values, run): Outcome => {
    if (values.protocol !== "none") return runProtocol(values, run);
    const { overlay: name, by, view, fanout, settle, kill, cycles } = values;
    const { seed, nodes, progress } = run;
    const random = streamOf(seed, "broadcast");
    const overlay = overlayOf(name, nodes, view, random);
    for (let cycle = 1; cycle <= settle; cycle++) {
      overlay.cycle();
      progress(`settling, cycle ${cycle} of ${settle}`);
    }
    const tree = new Plumtree(overlay.views);
    // The tree that the crash breaks: two broadcasts prune and settle it.
    if (by === "plumtree") for (let i = 0; i < 2; i++) tree.broadcast(sourceOf(overlay.views, random));
    overlay.views.kill(kill ?? KILLED, random);
    const rows: Row[] = [];
    for (let cycle = 0; cycle <= cycles; cycle++) {
      const source = sourceOf(overlay.views, random);
      const { reached, rmr, ldh } =
        name === "cyclon"
          ? gossip(overlay.views, source, fanout, random)
          : by === "plumtree"
            ? tree.broadcast(source)
            : flood(overlay.views, source);
      rows.push({ cycle, reliability: reached, largest: largestOf(overlay.views), rmr, ldh });
      if (cycle < cycles) overlay.cycle();
      progress(`repairing, cycle ${cycle} of ${cycles}`);
    }
    const column = (key: "reliability" | "largest" | "rmr" | "ldh"): number[] => rows.map((row) => row[key]);
    return {
      facts: {
        first: rows[0]!.reliability,
        last: rows.at(-1)!.reliability,
        largestFirst: rows[0]!.largest,
        rmr: rows.at(-1)!.rmr,
        ldh: rows.at(-1)!.ldh,
      },
      tables: { "by cycle": rows },
      series: curves(rows),
      json: { reliability: column("reliability"), largest: column("largest"), rmr: column("rmr"), ldh: column("ldh") },
    };
  },
});
