import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { measure } from "./graph-measures.ts";
import { LIVE_LINKS_DEFAULTS, LiveLinks, type LiveLinksOptions } from "./live-links.ts";

function live(cycles: number, options: Partial<LiveLinksOptions> = {}, start: "ring" | "random" = "random"): LiveLinks {
  const made = new LiveLinks({ ...LIVE_LINKS_DEFAULTS, nodes: 200, ...options }, streamOf(1, "live"));
  made.start(start);
  for (let cycle = 0; cycle < cycles; cycle++) made.cycle();
  return made;
}

const measured = ({ views }: LiveLinks) => measure(views, streamOf(1, "measuring"));

describe("an overlay over live links", () => {
  test("links are mutual, within their bounds, and one component", () => {
    const made = live(60);
    const { views } = made;
    for (let node = 0; node < views.size; node++) {
      expect(views.counts[node]).toBeGreaterThanOrEqual(6);
      for (const peer of views.of(node)) expect(views.has(peer, node)).toBe(true);
    }
    expect(measured(made).components).toBe(1);
  });

  test("one mint a slot and one-for-one swaps make everybody equally known", () => {
    expect(new Set(live(60).stock.known())).toEqual(new Set([21]));
  });

  test("an offer takes one hop to a neighbor, and none goes where nothing is known", () => {
    const made = live(40);
    const neighbor = made.views.of(0)[0]!;
    made.offers = { routed: 0, arrived: 0, hops: 0, introduced: 0 };
    expect(made.route(0, neighbor)).toBe(true);
    expect(made.offers).toMatchObject({ routed: 1, arrived: 1, hops: 1 });
    expect(live(0).route(0, 199)).toBe(false);
  });

  test("after a crash hardly an offer arrives, and introductions repair", () => {
    const made = live(60);
    made.views.kill(0.5, streamOf(1, "crash"));
    made.cycle();
    expect(made.offers.arrived / made.offers.routed).toBeLessThan(0.3);
    expect(made.offers.introduced).toBeGreaterThan(20);
    for (let cycle = 0; cycle < 4; cycle++) made.cycle();
    expect(measured(made).outsideLargest).toBeLessThan(0.1);
    expect(measured(made).deadLinks).toBe(0);
  });

  test("cutting the old link before the new one stands clusters a random graph more than the other order", () => {
    const renewing = { renewalCycles: 5 };
    const cut = measured(live(60, { ...renewing, order: "break-before-make" })).clustering;
    const kept = measured(live(60, renewing)).clustering;
    expect(cut).toBeGreaterThan(1.5 * kept);
  });

  test("a ring mixes, and never falls apart on the way", () => {
    const made = live(0, { renewalCycles: 5 }, "ring");
    const { clustering, pathLength } = measured(made);
    for (let cycle = 0; cycle < 60; cycle++) {
      made.cycle();
      expect(measured(made).components).toBe(1);
    }
    expect(measured(made).clustering).toBeLessThan(0.7 * clustering);
    expect(measured(made).pathLength).toBeLessThan(0.5 * pathLength);
  });
});
