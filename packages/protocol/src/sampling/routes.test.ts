import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { RouteFrame } from "../wire/frames.ts";
import { at, makeFoundation, peerId, Tray } from "../room.testing.ts";
import { Routes } from "./routes.ts";
import type { Way } from "./table.ts";

const sealed = new Uint8Array([1, 2, 3]);
const target = peerId(9);
const now = at(1_000);

function make(
  ways: { neighbors?: [PeerId, LinkId][]; entries?: [PeerId, LinkId, number, number][]; down?: LinkId[] } = {},
): {
  routes: Routes;
  tray: Tray;
} {
  const neighbors = new Map(ways.neighbors);
  const isUp = (link: LinkId): boolean => !(ways.down ?? []).includes(link);
  const waysTo = (to: PeerId): Way[] =>
    (ways.entries ?? [])
      .filter(([peer, link]) => peer === to && isUp(link))
      .map(([, link, slot, chain]) => ({ link, slot, chain }));
  const routes = new Routes(makeFoundation(), {
    neighbor: (peer) => neighbors.get(peer),
    ways: waysTo,
    hasWay: (to) => waysTo(to).length > 0,
    introducer: () => undefined,
    isUp,
  });
  return { routes, tray: new Tray() };
}

function route(change: Partial<RouteFrame> = {}): RouteFrame {
  return { kind: "route", circuit: "00112233aabbccdd", to: target, slot: 10, chain: 3, hops: 5, sealed, ...change };
}

describe("routes", () => {
  test("leave over the direct link when there is one", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]], entries: [[target, 5, 10, 1]] });
    expect(routes.originate(target, "aa", sealed, now, tray)).toBe(true);
    expect(tray.frames[0]).toMatchObject({ link: 4, frame: { kind: "route", to: target } });
  });

  test("there is no way without a descriptor, nor over a link that is down", () => {
    expect(make().routes.knowsWay(target)).toBe(false);
    expect(make({ entries: [[target, 5, 10, 1]], down: [5] }).routes.knowsWay(target)).toBe(false);
  });

  test("go on only to a fresher slot, or a shorter chain of the same slot", () => {
    for (const [slot, chain, goesOn] of [
      [11, 9, true],
      [10, 2, true],
      [10, 3, false],
      [9, 0, false],
    ] as const) {
      const { routes, tray } = make({ entries: [[target, 5, slot, chain]] });
      routes.onRoute(1, route(), now, tray);
      expect(tray.frames[0]?.frame.kind).toBe(goesOn ? "route" : "routeEnd");
      if (goesOn) expect(tray.frames[0]).toMatchObject({ link: 5, frame: { slot, chain, hops: 4, sealed } });
    }
  });

  test("never go back over the link by which they came", () => {
    const { routes, tray } = make({ entries: [[target, 1, 11, 0]] });
    routes.onRoute(1, route(), now, tray);
    expect(tray.frames).toMatchObject([{ link: 1, frame: { kind: "routeEnd" } }]);
  });

  test("take the second way where the first leads back, or does not lead on", () => {
    const { routes, tray } = make({
      entries: [
        [target, 1, 12, 0],
        [target, 5, 11, 2],
      ],
    });
    routes.onRoute(1, route(), now, tray);
    expect(tray.frames).toMatchObject([{ link: 5, frame: { kind: "route", slot: 11, chain: 2 } }]);
  });

  test("end when their hops are used up", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    routes.onRoute(1, route({ hops: 1 }), now, tray);
    expect(tray.frames).toMatchObject([{ link: 1, frame: { kind: "routeEnd" } }]);
  });

  test("a forged hop count does not lengthen them beyond the limit", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    routes.onRoute(1, route({ hops: 255 }), now, tray);
    expect(tray.frames).toMatchObject([{ frame: { hops: limits.routeHopsMax - 1 } }]);
  });

  test("carry answers both ways along the circuit that they laid", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    routes.onRoute(1, route(), now, tray);
    routes.onCircuit(4, { kind: "circuit", circuit: route().circuit, sealed }, now, tray);
    routes.onCircuit(1, { kind: "circuit", circuit: route().circuit, sealed }, now, tray);
    expect(tray.frames.map(({ link }) => link)).toEqual([4, 1, 4]);
  });

  test("a circuit is nobody's business but that of the links it runs over", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    routes.onRoute(1, route(), now, tray);
    routes.onCircuit(7, { kind: "circuit", circuit: route().circuit, sealed }, now, tray);
    expect(tray.frames.at(-1)).toMatchObject({ link: 7, frame: { kind: "routeEnd" } });
    expect(routes.onRouteEnd(7, route().circuit, tray)).toBe(false);
    expect(routes.state.circuits.size).toBe(1);
  });

  test("end at their target, and a second frame of that name is a replay", () => {
    const { routes, tray } = make();
    const frame = route({ to: peerId(0) });
    expect(routes.onRoute(1, frame, now, tray)).toEqual({ circuit: frame.circuit, sealed });
    expect(routes.onRoute(2, frame, now, tray)).toBe("done");
    expect(routes.reply(frame.circuit, sealed, now, tray)).toBe(true);
    expect(tray.frames).toMatchObject([{ link: 1, frame: { kind: "circuit" } }]);
  });

  test("a broken circuit is told back to where it began", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    routes.onRoute(1, route(), now, tray);
    expect(routes.onLinkDown(4, tray)).toEqual([]);
    expect(tray.frames.at(-1)).toMatchObject({ link: 1, frame: { kind: "routeEnd" } });
    routes.originate(target, "aa", sealed, now, tray);
    expect(routes.onLinkDown(4, tray)).toEqual(["aa"]);
  });

  test("hold a bounded number of circuits", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    for (let i = 0; i < limits.circuitsMax + 20; i++) {
      routes.onRoute(1, route({ circuit: i.toString(16).padStart(16, "0") }), now, tray);
    }
    expect(routes.state.circuits.size).toBe(limits.circuitsMax);
  });

  test("one link that lays circuits without end breaks none that others laid", () => {
    const { routes, tray } = make({ neighbors: [[target, 4]] });
    for (let i = 0; i < 10; i++) routes.onRoute(1, route({ circuit: `theirs ${i}` }), now, tray);
    for (let i = 0; i < 2 * limits.circuitsMax; i++) routes.onRoute(2, route({ circuit: `flood ${i}` }), now, tray);
    expect(routes.state.circuits.size).toBe(limits.circuitsMax);
    for (let i = 0; i < 10; i++) expect(routes.state.circuits.has(`theirs ${i}`)).toBe(true);
  });
});
