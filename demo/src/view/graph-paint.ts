/**
 * One frame of the picture of the mesh, from a scene that is plain data: tendrils first, then the rumors that run along
 * them, then the peers, then their names. Colours come from the page's style sheet.
 */
import { colorsOf, type Scheme } from "../model/colors.ts";
import type { PeerId } from "../model/face.ts";
import { hashOf, initialsOf } from "../model/names.ts";
import type { View } from "./camera.ts";
import type { Eased } from "./eased.ts";
import type { GraphLink, GraphNode } from "../model/topology.ts";

/** A peer on the stage. Positions are those of the layout; on the screen they are set while painting. */
export interface Actor {
  node: GraphNode;
  /** 0 when it has just come or has gone, 1 when it is there. */
  readonly presence: Eased;
  /** When a rumor last reached it. */
  litMs: number | undefined;
  leaving: boolean;
  x: number;
  y: number;
  screenX?: number;
  screenY?: number;
}

/** A rumor on a link. */
export interface Pulse {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly author: PeerId;
  /** 0 to 1. */
  readonly progress: number;
  readonly faint: boolean;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly view: View;
  readonly nowMs: number;
  readonly actors: ReadonlyMap<PeerId, Actor>;
  readonly links: readonly GraphLink[];
  readonly pulses: readonly Pulse[];
  readonly chosen: PeerId | undefined;
  readonly flashMs: number;
  /** Where the seed stands, and how much of it there is, 0 to 1. */
  readonly seed: { readonly to: readonly [x: number, y: number]; readonly presence: number } | undefined;
}

export interface Palette {
  readonly scheme: Scheme;
  readonly ink: string;
  readonly muted: string;
  readonly tendril: string;
  readonly tendrilOwn: string;
  readonly halo: string;
  readonly seed: string;
  readonly cheat: string;
  readonly stage: string;
  readonly font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    ink: read("--ink"),
    muted: read("--muted"),
    tendril: read("--tendril"),
    tendrilOwn: read("--tendril-own"),
    halo: read("--halo"),
    seed: read("--amber"),
    cheat: read("--rose"),
    stage: read("--stage"),
    font: read("--sans"),
  };
}

/** What is no link of this page keeps this far from its node, in radii of a peer. */
const around = 2.7;

type Point = readonly [x: number, y: number];
interface Curve {
  readonly from: Point;
  readonly bend: Point;
  readonly to: Point;
}

export function paint(canvas: HTMLCanvasElement, scene: Scene, palette: Palette): void {
  const density = Math.min(3, devicePixelRatio);
  const [width, height] = [Math.round(scene.width * density), Math.round(scene.height * density)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || height === 0) return;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, scene.width, scene.height);
  context.lineCap = "round";

  for (const actor of scene.actors.values()) {
    actor.screenX = scene.view.originX + actor.x * scene.view.scaleX;
    actor.screenY = scene.view.originY + actor.y * scene.view.scaleY;
  }
  paintSeedLine(context, scene, palette);
  const curves = paintLinks(context, scene, palette);
  for (const pulse of scene.pulses) paintPulse(context, pulse, scene, curves, palette);
  const actors = [...scene.actors.values()].toSorted((a, b) => rank(a) - rank(b));
  const size = sizeFor(scene);
  for (const actor of actors) paintPeer(context, actor, scene, size, palette);
  paintNames(context, actors, scene, size, palette);
}

function rank({ node }: Actor): number {
  return node.kind === "self" ? 1 : 0;
}

/** Peers get smaller in a crowd, and never too small to see. */
function sizeFor({ actors, view: { scaleY }, height }: Scene): number {
  const roomy = Math.min(20, 24 * scaleY, height / 18);
  return Math.max(6, actors.size > 60 ? Math.min(roomy, 9) : Math.max(roomy, 11));
}

function paintLinks(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): Map<string, Curve> {
  const curves = new Map<string, Curve>();
  const aroundPx = sizeFor(scene) * around;
  const crowded = scene.links.length > 120;
  for (const { a, b, own, certain } of scene.links) {
    const [one, other] = [scene.actors.get(a), scene.actors.get(b)];
    if (one === undefined || other === undefined) continue;
    const curve = curveOf(one, other, own ? undefined : [scene.view.originX, scene.view.originY], aroundPx);
    curves.set(`${a} ${b}`, curve);
    curves.set(`${b} ${a}`, { from: curve.to, bend: curve.bend, to: curve.from });
    const touched = scene.chosen === undefined || scene.chosen === a || scene.chosen === b;
    context.globalAlpha =
      Math.min(one.presence.value, other.presence.value) * (touched ? 1 : 0.25) * (crowded && !own ? 0.6 : 1);
    context.strokeStyle = own ? palette.tendrilOwn : palette.tendril;
    context.lineWidth = own ? 2 : 1.3;
    context.setLineDash(certain ? [] : [3, 5]);
    trace(context, curve);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
  return curves;
}

/** Thin and dotted: nothing that anybody says runs along it. */
function paintSeedLine(context: CanvasRenderingContext2D, { seed, actors }: Scene, palette: Palette): void {
  const self = [...actors.values()].find(({ node }) => node.kind === "self");
  if (seed === undefined || self === undefined) return;
  const from: Point = [self.screenX!, self.screenY!];
  const bend: Point = [from[0] + (seed.to[0] - from[0]) * 0.25, seed.to[1] - (seed.to[1] - from[1]) * 0.05];
  context.globalAlpha = seed.presence * 0.75;
  context.strokeStyle = palette.seed;
  context.lineWidth = 1.4;
  context.setLineDash([1, 6]);
  trace(context, { from, bend, to: seed.to });
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Tendrils hang a little to one side, the same one always; those of others make a bow around the middle. */
function curveOf(one: Actor, other: Actor, middle: Point | undefined, aroundPx: number): Curve {
  const from: Point = [one.screenX!, one.screenY!];
  const to: Point = [other.screenX!, other.screenY!];
  const [first, second] = [one.node.id, other.node.id].toSorted();
  const hash = hashOf(`${first} ${second}`);
  const sign = (hash % 2 === 0 ? 1 : -1) * (first === one.node.id ? 1 : -1);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const center: Point = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const length = Math.max(1, Math.hypot(dx, dy));
  let bowPx = ((6 + (hash % 7)) / 100) * length * sign;
  if (middle !== undefined) {
    // Signed distance of the middle from the chord: the bow goes to the other side of it.
    const past = ((middle[0] - center[0]) * -dy + (middle[1] - center[1]) * dx) / length;
    const away = Math.abs(past) < 4 ? sign : -Math.sign(past);
    const wantedPx = Math.max(0, aroundPx - Math.abs(past)) * 2;
    if (wantedPx > 0 && length > aroundPx * 2) bowPx = away * Math.max(wantedPx, Math.abs(bowPx));
  }
  return { from, to, bend: [center[0] - (dy / length) * bowPx, center[1] + (dx / length) * bowPx] };
}

function trace(context: CanvasRenderingContext2D, { from, bend, to }: Curve): void {
  context.beginPath();
  context.moveTo(...from);
  context.quadraticCurveTo(...bend, ...to);
}

function along({ from, bend, to }: Curve, t: number): Point {
  const u = 1 - t;
  return [u * u * from[0] + 2 * u * t * bend[0] + t * t * to[0], u * u * from[1] + 2 * u * t * bend[1] + t * t * to[1]];
}

/** A bead in its author's colour, with a tail of where it has just been. */
function paintPulse(
  context: CanvasRenderingContext2D,
  { from, to, author, progress, faint }: Pulse,
  scene: Scene,
  curves: ReadonlyMap<string, Curve>,
  palette: Palette,
): void {
  const curve = curves.get(`${from} ${to}`);
  if (curve === undefined || !scene.actors.has(author)) return;
  const { fill, glow } = colorsOf(author, palette.scheme);
  const tailParts = faint ? 3 : 9;
  const radius = faint ? 1.8 : 4.5;
  context.fillStyle = fill;
  for (let i = tailParts; i > 0; i--) {
    const t = progress - i * 0.022;
    if (t < 0) continue;
    const [x, y] = along(curve, t);
    context.globalAlpha = (faint ? 0.25 : 0.5) * (1 - i / (tailParts + 1));
    disc(context, x, y, radius * (1 - i / (tailParts + 4)));
  }
  const [x, y] = along(curve, progress);
  if (!faint) {
    context.globalAlpha = 0.22;
    disc(context, x, y, radius * 2.4);
  }
  context.globalAlpha = faint ? 0.6 : 1;
  context.fillStyle = faint ? fill : glow;
  disc(context, x, y, radius);
  context.globalAlpha = 1;
}

function paintPeer(
  context: CanvasRenderingContext2D,
  actor: Actor,
  scene: Scene,
  size: number,
  palette: Palette,
): void {
  const { node, litMs } = actor;
  const presence = actor.presence.value;
  const isOut = node.kind === "outcast";
  const { fill, glow, on } = isOut
    ? { fill: palette.tendril, glow: palette.tendril, on: palette.muted }
    : colorsOf(node.id, palette.scheme);
  const [x, y] = [actor.screenX!, actor.screenY!];
  const radius = (node.kind === "self" ? size * 1.3 : size) * (0.4 + 0.6 * presence);
  const dimmed = scene.chosen !== undefined && scene.chosen !== node.id && !linked(scene, node.id, scene.chosen);
  const fade = presence * (dimmed ? 0.35 : 1);

  const lit = litMs === undefined ? 0 : Math.max(0, 1 - (scene.nowMs - litMs) / scene.flashMs);
  if (lit > 0) {
    context.globalAlpha = fade * lit * 0.4;
    context.fillStyle = fill;
    disc(context, x, y, radius + 5 + (1 - lit) * 14);
  }
  if (node.kind === "self") {
    context.globalAlpha = fade * 0.55;
    context.strokeStyle = palette.halo;
    context.lineWidth = 1.5;
    circle(context, x, y, radius + 6);
    context.stroke();
  }
  // A rim in the colour of the stage keeps tendrils from touching.
  context.globalAlpha = presence;
  context.fillStyle = palette.stage;
  outline(context, node, x, y, radius + 3);
  context.fill();

  context.globalAlpha = fade;
  const light = context.createRadialGradient(x - radius * 0.35, y - radius * 0.45, radius * 0.1, x, y, radius * 1.15);
  light.addColorStop(0, glow);
  light.addColorStop(1, fill);
  context.fillStyle = light;
  outline(context, node, x, y, radius);
  context.fill();
  if (scene.chosen === node.id) {
    context.strokeStyle = palette.ink;
    context.lineWidth = 2;
    outline(context, node, x, y, radius + 3);
    context.stroke();
  }
  if (isOut) paintBar(context, x, y, radius, palette);
  if (radius > 10) {
    context.fillStyle = on;
    context.font = `600 ${Math.round(radius * 0.78)}px ${palette.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(initialsOf(node.name), x, y + radius * 0.05);
  }
  context.globalAlpha = 1;
}

/** Struck through: proved a cheat, and cut off. */
function paintBar(context: CanvasRenderingContext2D, x: number, y: number, radius: number, palette: Palette): void {
  const reach = radius * 1.25 * Math.SQRT1_2;
  context.strokeStyle = palette.cheat;
  context.lineWidth = 2.5;
  circle(context, x, y, radius * 1.25);
  context.moveTo(x - reach, y + reach);
  context.lineTo(x + reach, y - reach);
  context.stroke();
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Names stand below their peers as far as there is room: first the own and the chosen one, then the nearest. */
function paintNames(
  context: CanvasRenderingContext2D,
  actors: readonly Actor[],
  scene: Scene,
  size: number,
  palette: Palette,
): void {
  const taken: Box[] = actors.map(({ screenX, screenY }) => {
    const [x, y] = [screenX!, screenY!];
    return { left: x - size, right: x + size, top: y - size, bottom: y + size };
  });
  const urgency = ({ node }: Actor): number =>
    node.kind === "self" ? -2 : node.id === scene.chosen ? -1 : (node.hops ?? Number.MAX_SAFE_INTEGER);
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineJoin = "round";
  for (const actor of actors.toSorted((a, b) => urgency(a) - urgency(b))) {
    const { node } = actor;
    const own = node.kind === "self";
    const [x, y] = [actor.screenX!, actor.screenY! + (own ? size * 1.3 + 10 : size + 6)];
    const text = own ? `${shortened(node.name)} (you)` : shortened(node.name);
    const height = size > 13 ? 12.5 : 11;
    context.font = `${own ? 600 : 500} ${height}px ${palette.font}`;
    const half = context.measureText(text).width / 2;
    const box = { left: x - half, right: x + half, top: y, bottom: y + height };
    if (urgency(actor) >= 0 && taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    const dimmed = scene.chosen !== undefined && scene.chosen !== node.id && !linked(scene, node.id, scene.chosen);
    context.globalAlpha = actor.presence.value * (dimmed ? 0.35 : 1);
    // An outline in the colour of the stage keeps a name readable where a tendril passes.
    context.strokeStyle = palette.stage;
    context.lineWidth = 4;
    context.strokeText(text, x, y);
    context.fillStyle = own ? palette.ink : palette.muted;
    context.fillText(text, x, y);
  }
  context.globalAlpha = 1;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function shortened(name: string): string {
  return name.length > 20 ? `${name.slice(0, 19)}…` : name;
}

function linked({ links }: Scene, one: PeerId, other: PeerId): boolean {
  return links.some(({ a, b }) => (a === one && b === other) || (a === other && b === one));
}

/** Tabs are round as grapes; who has no page is a hexagon. */
function outline(context: CanvasRenderingContext2D, { kind }: GraphNode, x: number, y: number, radius: number): void {
  if (kind !== "process") return circle(context, x, y, radius);
  context.beginPath();
  for (let corner = 0; corner < 6; corner++) {
    const angle = (Math.PI / 3) * corner - Math.PI / 2;
    context.lineTo(x + Math.cos(angle) * radius * 1.1, y + Math.sin(angle) * radius * 1.1);
  }
  context.closePath();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  circle(context, x, y, radius);
  context.fill();
}

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, Math.max(0, radius), 0, 2 * Math.PI);
}
