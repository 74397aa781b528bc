/**
 * Where each peer stands in the picture: a force layout (d3-force: springs, charges and collisions after Fruchterman
 * and Reingold, many-body by Barnes and Hut) with this page pinned to the middle and the others drawn to the circle of
 * their distance in hops. Positions are in pixels around the middle; a peer keeps its place when others come and go.
 */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceRadial,
  forceSimulation,
  type Force,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";
import type { PeerId } from "./face.ts";
import { hashOf } from "./names.ts";
import type { Graph } from "./topology.ts";

export interface Place extends SimulationNodeDatum {
  readonly id: PeerId;
  /** Set anew at each `update`. */
  ring: number;
  x: number;
  y: number;
}

type Spring = SimulationLinkDatum<Place> & { readonly source: Place; readonly target: Place };

/** Between circles of equal distance in hops. */
const ringPx = 150;
/** Room that a peer and its name take. */
const collidePx = 44;
/** Least circumference of a circle for each peer on it. */
const spacingPx = 96;

export class Layout {
  readonly places: Map<PeerId, Place> = new Map();
  private readonly simulation: Simulation<Place, Spring>;
  private shape = "";

  constructor() {
    this.simulation = forceSimulation<Place, Spring>([]).alphaDecay(0.018).velocityDecay(0.35).stop();
  }

  /** True while anything still moves. */
  get moving(): boolean {
    return this.simulation.alpha() > this.simulation.alphaMin();
  }

  /** Takes in who is there and who is linked; the layout warms up when that has changed. */
  update({ self, nodes, links }: Graph): void {
    const shape = JSON.stringify([nodes.map(({ id, hops }) => [id, hops]), links.map(({ a, b }) => [a, b])]);
    if (shape === this.shape) return;
    this.shape = shape;

    const there = new Set(nodes.map(({ id }) => id));
    for (const id of this.places.keys()) if (!there.has(id)) this.places.delete(id);
    const ringMax = Math.max(1, ...nodes.map(({ hops }) => hops ?? 0));
    for (const { id, hops } of nodes) {
      const ring = hops ?? ringMax + 1;
      const place = this.places.get(id);
      if (place === undefined) this.places.set(id, { id, ring, ...this.arrival(id, ring) });
      else place.ring = ring;
    }
    const me = this.places.get(self);
    if (me !== undefined) Object.assign(me, { fx: 0, fy: 0, x: 0, y: 0 });

    const radii = radiiOf([...this.places.values()]);
    const springs = links.flatMap(({ a, b }): Spring[] => {
      const [source, target] = [this.places.get(a), this.places.get(b)];
      // Springs within one circle would draw it into clusters.
      return source === undefined || target === undefined || source.ring === target.ring ? [] : [{ source, target }];
    });
    this.simulation
      .nodes([...this.places.values()])
      .force("charge", forceManyBody<Place>().strength(-700).distanceMax(700))
      .force("collide", forceCollide<Place>(collidePx).strength(0.8))
      .force("link", forceLink<Place, Spring>(springs).distance(ringPx).strength(0.08) as Force<Place, Spring>)
      .force("radial", forceRadial<Place>(({ ring }) => radii[ring] ?? 0).strength(0.55))
      .alpha(Math.max(this.simulation.alpha(), 0.7));
  }

  /** Some steps of the simulation. */
  step(count: number): void {
    this.simulation.tick(count);
  }

  /** All steps at once, for those who want no motion. */
  settle(): void {
    while (this.moving) this.simulation.tick();
  }

  /** Newcomers come in from beyond their circle, at an angle of their own. */
  private arrival(id: PeerId, ring: number): { x: number; y: number } {
    const angle = ((hashOf(id) % 3600) / 3600) * 2 * Math.PI;
    const radius = (ring + 0.8) * ringPx;
    return { x: Math.cos(angle) * radius, y: Math.sin(angle) * radius };
  }
}

/** The radius of each circle: evenly spaced, and wide enough for all who stand on it. */
export function radiiOf(places: readonly { readonly ring: number }[]): number[] {
  const counts: number[] = [];
  for (const { ring } of places) counts[ring] = (counts[ring] ?? 0) + 1;
  const radii = [0];
  for (let ring = 1; ring < counts.length; ring++) {
    const roomy = ((counts[ring] ?? 0) * spacingPx) / (2 * Math.PI);
    radii[ring] = Math.max(radii[ring - 1]! + ringPx * (ring === 1 ? 1 : 0.7), roomy);
  }
  return radii;
}
