/**
 * Broadcasts over overlays that were made to crash: a flood over live links (HyParView's way), a broadcast tree on the
 * same links (Plumtree), or gossip with a fanout over views (Cyclon's way, where nobody notices that an entry is dead).
 */
import type { Random } from "@grapevine/protocol";
import { Cyclon } from "./cyclon.ts";
import { HYPARVIEW_DEFAULTS, HyParView } from "./hyparview.ts";
import { type BroadcastResult, Plumtree } from "./plumtree.ts";
import { componentsOf, undirected } from "./rows.ts";
import { livingOf, Views } from "./views.ts";

export const OVERLAYS = ["hyparview", "regular", "cyclon"] as const;
export type OverlayName = (typeof OVERLAYS)[number];

export interface Overlay {
  readonly views: Views;
  cycle(): void;
}

/** `regular`: a random graph of `degree` links a node, which nobody repairs. `degree` 0: as in the overlay's paper. */
export function overlayOf(name: OverlayName, nodes: number, degree: number, random: Random): Overlay {
  if (name === "hyparview") {
    const active = degree === 0 ? HYPARVIEW_DEFAULTS.active : degree;
    const model = new HyParView({ ...HYPARVIEW_DEFAULTS, nodes, active }, random);
    model.joinAll();
    return model;
  }
  if (name === "cyclon") {
    const model = new Cyclon({ nodes, view: degree === 0 ? 20 : degree, shuffle: 8, enhanced: true }, random);
    model.views.fill("random", random);
    return model;
  }
  return { views: regular(nodes, degree === 0 ? 5 : degree, random), cycle: () => undefined };
}

/** A random graph in which every node has `degree` links: stubs paired by chance, bad pairs broken up by swaps. */
export function regular(nodes: number, degree: number, random: Random): Views {
  const views = new Views(nodes, degree);
  const stubs = random.sample(
    Array.from({ length: nodes * degree }, (_, i) => Math.floor(i / degree)),
    nodes * degree,
  );
  const left: number[] = [];
  for (let i = 0; i + 1 < stubs.length; i += 2) {
    const [a, b] = [stubs[i]!, stubs[i + 1]!];
    if (a === b || views.has(a, b)) left.push(a, b);
    else join(views, a, b);
  }
  // Two stubs that may not meet break up a link c-d by chance: a-c, b-d.
  for (let tries = 0; left.length > 0 && tries < 1_000_000; tries++) {
    const [a, b] = [left[0]!, left[1]!];
    const c = random.below(nodes);
    const d = views.of(c)[random.below(Math.max(1, views.counts[c]!))];
    if (d === undefined || a === c || b === d || views.has(a, c) || views.has(b, d)) continue;
    views.remove(c, d);
    views.remove(d, c);
    join(views, a, c);
    join(views, b, d);
    left.splice(0, 2);
  }
  return views;
}

function join(views: Views, a: number, b: number): void {
  views.add(a, b);
  views.add(b, a);
}

/** A living node by chance. */
export function sourceOf(views: Views, random: Random): number {
  const living = livingOf(views.alive);
  return living[random.below(living.length)]!;
}

export function flood(views: Views, source: number): BroadcastResult {
  return new Plumtree(views).broadcast(source);
}

/** Each who hears for the first time tells `fanout` entries of its view. */
export function gossip(views: Views, source: number, fanout: number, random: Random): BroadcastResult {
  const heard = new Uint8Array(views.size);
  heard[source] = 1;
  let front = [source];
  let receivers = 1;
  let payloads = 0;
  let ldh = 0;
  for (let hops = 1; front.length > 0; hops++) {
    const next: number[] = [];
    for (const node of front) {
      for (const peer of random.sample([...views.of(node)], fanout)) {
        if (!views.alive[peer]) continue;
        payloads++;
        if (heard[peer]) continue;
        heard[peer] = 1;
        receivers++;
        ldh = hops;
        next.push(peer);
      }
    }
    front = next;
  }
  const rmr = receivers > 1 ? payloads / (receivers - 1) - 1 : 0;
  return { reached: receivers / livingOf(views.alive).length, payloads, control: 0, rmr, ldh };
}

/** Share of the living in the largest component. */
export function largestOf(views: Views): number {
  const living = livingOf(views.alive);
  return (componentsOf(undirected(views), living)[0] ?? 0) / Math.max(1, living.length);
}
