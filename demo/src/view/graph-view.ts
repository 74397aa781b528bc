/**
 * The picture of the mesh: keeps what moves (places, newcomers growing, leavers fading, rumors on their way) and draws
 * frames only while something does. What it shows can be read as text in the table of peers.
 */
import type { PeerId } from "../model/face.ts";
import { Layout, type Place } from "../model/layout.ts";
import type { Graph, GraphNode } from "../model/topology.ts";
import { Camera } from "./camera.ts";
import { Eased } from "./eased.ts";
import { waveFrom, type Crossing } from "../model/wave.ts";
import { paint, readPalette, type Actor, type Palette, type Pulse, type Scene } from "./graph-paint.ts";

/** One crossing of a link, drawn. In truth it takes milliseconds; this is for the eye. */
const crossingMs = 420;
/** A peer lights up this long after a rumor reached it. */
const flashMs = 700;
/** Between frames when only the slow breath moves: it costs a battery less. */
const idleFrameMs = 50;
/** When nothing has happened for this long the picture rests, and costs nothing. */
const livelyMs = 12_000;
/** Of the layout's own time: one step in each frame of a usual screen. */
const tickMs = 1000 / 60;
/** How far peers sway around their places. */
const breathPx = 4;
/** Pulses on their way. Reason: beyond it a busy chat is a blur. */
const pulsesMax = 600;

interface Wave {
  readonly crossings: readonly Crossing[];
  readonly author: PeerId;
  readonly startMs: number;
  readonly faint: boolean;
  /** Crossings that have ended. */
  arrived: number;
}

export class GraphView {
  private readonly canvas: HTMLCanvasElement;
  private readonly tip: HTMLElement;
  private readonly seedDot: HTMLElement;
  private readonly layout = new Layout();
  private readonly actors = new Map<PeerId, Actor>();
  private readonly stillness = matchMedia("(prefers-reduced-motion: reduce)");
  private graph: Graph | undefined;
  private waves: Wave[] = [];
  private palette: Palette;
  private chosen: PeerId | undefined;
  private hovered: PeerId | undefined;
  private readonly camera = new Camera();
  private readonly breath = new Eased(1, 700);
  private readonly seedThread = new Eased(0, 170);
  private seedUp = false;
  private happenedMs = 0;
  private shown = "";
  private frame = 0;
  private drawnMs = 0;
  private tipText: (node: GraphNode) => string = ({ name }) => name;

  /** `tip` shows who is pointed at; `seedDot` stands for the seed. */
  constructor(canvas: HTMLCanvasElement, tip: HTMLElement, seedDot: HTMLElement) {
    this.canvas = canvas;
    this.tip = tip;
    this.seedDot = seedDot;
    this.palette = readPalette();
    new ResizeObserver(() => this.wake()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.palette = readPalette();
      this.wake();
    });
    this.stillness.addEventListener("change", () => this.wake());
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerdown", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => this.hover(undefined));
  }

  /** Says what to write beside a peer that is pointed at. */
  describe(tipText: (node: GraphNode) => string): void {
    this.tipText = tipText;
  }

  show(graph: Graph | undefined, seedUp: boolean): void {
    const shown = JSON.stringify([graph, seedUp]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.graph = graph;
    this.seedUp = seedUp;
    const there = new Map(graph?.nodes.map((node) => [node.id, node]));
    for (const [id, node] of there) {
      const actor = this.actors.get(id);
      if (actor === undefined)
        this.actors.set(id, { node, presence: new Eased(0, 75), litMs: undefined, leaving: false, x: 0, y: 0 });
      else Object.assign(actor, { node, leaving: false });
    }
    for (const [id, actor] of this.actors) if (!there.has(id)) actor.leaving = true;
    if (graph !== undefined) this.layout.update(graph);
    this.wake();
  }

  /** A rumor of `author` has been heard: show how such a one spreads. */
  spread(author: PeerId, { faint = false } = {}): void {
    if (this.graph === undefined || document.hidden) return;
    const crossings = waveFrom(author, this.graph);
    const nowMs = performance.now();
    if (this.stillness.matches) {
      for (const id of [author, ...crossings.map(({ to }) => to)]) this.light(id, nowMs);
    } else if (this.waves.reduce((sum, wave) => sum + wave.crossings.length, 0) < pulsesMax) {
      this.waves.push({ crossings, author, startMs: nowMs, faint, arrived: 0 });
      if (!faint) this.light(author, nowMs);
    }
    this.wake();
  }

  /** Points one peer out, as the table of peers does. */
  choose(peer: PeerId | undefined): void {
    if (this.chosen === peer) return;
    this.chosen = peer;
    this.wake();
  }

  private light(id: PeerId, atMs: number): void {
    const actor = this.actors.get(id);
    if (actor !== undefined) actor.litMs = atMs;
  }

  /** Something happened: draw, and breathe for a while. */
  private wake(): void {
    this.happenedMs = performance.now();
    this.request();
  }

  private request(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame((nowMs) => this.draw(nowMs));
  }

  private draw(nowMs: number): void {
    this.frame = 0;
    const still = this.stillness.matches;
    const busy = this.layout.moving || this.waves.length > 0;
    if (!busy && !still && nowMs - this.drawnMs < idleFrameMs) return this.request();
    const passedMs = Math.min(100, nowMs - this.drawnMs);
    this.drawnMs = nowMs;

    if (still) this.layout.settle();
    else if (this.layout.moving) this.layout.step(Math.min(4, Math.max(1, Math.round(passedMs / tickMs))));
    const lively = !still && nowMs - this.happenedMs < livelyMs;
    this.breath.follow(lively ? 1 : 0, passedMs, still);
    const pulses = this.pulses(nowMs);
    const changing = this.advance(passedMs, nowMs, still);
    paint(this.canvas, this.scene(pulses, nowMs, still, passedMs), this.palette);
    this.placeTip();
    const followers = [this.camera, this.breath, this.seedThread];
    if (busy || lively || changing || followers.some(({ resting }) => !resting)) this.request();
  }

  /** Presence grows and fades; leavers that have faded are forgotten. Returns whether anything is still under way. */
  private advance(passedMs: number, nowMs: number, still: boolean): boolean {
    let changing = false;
    for (const [id, actor] of this.actors) {
      actor.presence.follow(actor.leaving ? 0 : 1, passedMs, still);
      if (actor.leaving && actor.presence.value < 0.01) {
        this.actors.delete(id);
        continue;
      }
      const place = this.layout.places.get(id);
      if (place !== undefined) Object.assign(actor, this.stand(place, nowMs));
      if (actor.litMs !== undefined && nowMs - actor.litMs > flashMs) actor.litMs = undefined;
      changing ||= actor.litMs !== undefined || !actor.presence.resting;
    }
    return changing;
  }

  /** Where a peer is drawn: its place, and a slow breath around it. */
  private stand(place: Place, nowMs: number): { x: number; y: number } {
    const phase = (place.index ?? 0) * 1.7;
    const reach = place.fx === 0 ? 0 : breathPx * this.breath.value;
    return {
      x: place.x + Math.cos(nowMs / 2300 + phase) * reach,
      y: place.y + Math.sin(nowMs / 1900 + phase * 1.3) * reach,
    };
  }

  private pulses(nowMs: number): Pulse[] {
    const pulses: Pulse[] = [];
    for (const wave of this.waves) {
      // Crossings are in the order of their steps, so they end in that order too.
      for (const { from, to, step } of wave.crossings.slice(wave.arrived)) {
        const passedMs = nowMs - wave.startMs - step * crossingMs;
        if (passedMs < 0) break;
        if (passedMs < crossingMs) {
          pulses.push({ from, to, author: wave.author, progress: ease(passedMs / crossingMs), faint: wave.faint });
          continue;
        }
        wave.arrived++;
        if (!wave.faint) this.light(to, nowMs);
      }
    }
    this.waves = this.waves.filter(({ arrived, crossings }) => arrived < crossings.length);
    return pulses;
  }

  private scene(pulses: readonly Pulse[], nowMs: number, still: boolean, passedMs: number): Scene {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return {
      width,
      height,
      view: this.camera.follow(this.layout.places.values(), width, height, passedMs, still),
      seed: this.seedLine(passedMs, still),
      nowMs,
      actors: this.actors,
      links: this.graph?.links ?? [],
      pulses,
      chosen: this.chosen ?? this.hovered,
      flashMs,
    };
  }

  /** While the seed is up, a thread runs to it from here, for that is all there is. */
  private seedLine(passedMs: number, still: boolean): Scene["seed"] {
    const presence = this.seedThread.follow(this.seedUp && this.seedDot.offsetParent !== null ? 1 : 0, passedMs, still);
    if (presence === 0) return undefined;
    const [box, own] = [this.seedDot.getBoundingClientRect(), this.canvas.getBoundingClientRect()];
    const to = [box.left + box.width / 2 - own.left, box.top + box.height / 2 - own.top] as const;
    return { to, presence };
  }

  private point(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let nearest: PeerId | undefined;
    let nearestPx = 30;
    for (const [id, actor] of this.actors) {
      const distancePx = Math.hypot((actor.screenX ?? -1e4) - x, (actor.screenY ?? -1e4) - y);
      if (distancePx < nearestPx && !actor.leaving) [nearest, nearestPx] = [id, distancePx];
    }
    this.hover(nearest);
  }

  private hover(peer: PeerId | undefined): void {
    if (this.hovered === peer) return;
    this.hovered = peer;
    this.canvas.style.cursor = peer === undefined ? "" : "pointer";
    this.wake();
  }

  private placeTip(): void {
    const actor = this.hovered === undefined ? undefined : this.actors.get(this.hovered);
    this.tip.hidden = actor === undefined;
    if (actor === undefined) return;
    const text = this.tipText(actor.node);
    if (this.tip.textContent !== text) this.tip.textContent = text;
    const x = Math.min(Math.max(actor.screenX ?? 0, 110), this.canvas.clientWidth - 110);
    this.tip.style.translate = `calc(${Math.round(x)}px - 50%) calc(${Math.round(actor.screenY ?? 0)}px - 100% - 34px)`;
  }
}

function ease(t: number): number {
  return t < 0.5 ? 2 * t * t : 1 - (-2 * t + 2) ** 2 / 2;
}
