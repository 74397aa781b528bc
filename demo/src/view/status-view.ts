/** The bar above and the count on the stage: in which state this page is, in whose company, and the way out. */
import type { Joined } from "../model/face.ts";
import * as format from "../model/format.ts";
import type { SeedStory } from "../model/seed-watch.ts";
import type { Phase } from "../model/session.ts";
import type { Graph } from "../model/topology.ts";
import { part, say } from "./dom.ts";

export interface StatusDeeds {
  readonly join: () => void;
  readonly leave: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly invite: () => void;
}

export class StatusView {
  private readonly state = part("state", HTMLParagraphElement);
  private readonly stateText = part("state-text", HTMLSpanElement);
  private readonly pauseButton = part("pause", HTMLButtonElement);
  private readonly leaveButton = part("leave", HTMLButtonElement);
  private readonly count = part("count", HTMLDivElement);
  private readonly number = part("count-number", HTMLSpanElement);
  private readonly word = part("count-word", HTMLSpanElement);
  private readonly sentence = part("count-sentence", HTMLParagraphElement);
  private readonly foot = part("foot", HTMLDivElement);
  private readonly picture = part("graph", HTMLCanvasElement);
  private readonly deeds: StatusDeeds;
  private onPause: () => void = () => {};
  private onLeave: () => void = () => {};

  constructor(mesh: string, deeds: StatusDeeds) {
    this.deeds = deeds;
    say(part("mesh-name", HTMLElement), mesh);
    part("invite", HTMLButtonElement).addEventListener("click", deeds.invite);
    this.pauseButton.addEventListener("click", () => this.onPause());
    this.leaveButton.addEventListener("click", () => this.onLeave());
  }

  show(
    phase: Phase,
    mesh: Joined | undefined,
    graph: Graph | undefined,
    story: SeedStory | undefined,
    isShutOut = false,
  ): void {
    const [look, text] = isShutOut ? (["cut-off", "Shut out"] as const) : stateOf(phase, mesh);
    document.documentElement.dataset["state"] = look;
    this.state.dataset["look"] = look;
    say(this.stateText, text);

    const joined = mesh !== undefined;
    this.pauseButton.hidden = !joined;
    sayOn(this.pauseButton, mesh?.state === "paused" ? "Resume" : "Pause");
    this.pauseButton.toggleAttribute("data-paused", mesh?.state === "paused");
    this.onPause = mesh?.state === "paused" ? this.deeds.resume : this.deeds.pause;
    this.leaveButton.hidden = phase.kind === "failed";
    sayOn(this.leaveButton, joined ? "Leave" : phase.kind === "joining" ? "Stop" : "Join");
    this.onLeave = phase.kind === "left" ? this.deeds.join : this.deeds.leave;

    const peers = graph?.nodes.length ?? 0;
    const links = graph?.links.filter(({ own }) => own).length ?? 0;
    this.count.hidden = !joined || mesh.state === "paused";
    this.foot.hidden = peers < 2;
    say(this.number, format.count(peers));
    say(this.word, peers === 1 ? "peer" : "peers");
    say(this.sentence, sentence(peers, links, story));
    this.picture.setAttribute("aria-label", label(graph, links));
  }
}

/** Beside the icon. */
function sayOn(button: HTMLButtonElement, text: string): void {
  say(button.querySelector("span") ?? button, text);
  button.title = text;
}

function stateOf(phase: Phase, mesh: Joined | undefined): readonly [look: string, text: string] {
  switch (phase.kind) {
    case "joining":
      return ["joining", "Joining"];
    case "failed":
      return ["failed", "Not joined"];
    case "left":
      return ["left", "Left"];
    case "joined":
      switch (mesh?.state) {
        case "connected":
          return ["connected", "Connected"];
        case "cut-off":
          return ["cut-off", "Cut off"];
        case "paused":
          return ["paused", "Paused"];
        case "left":
          return ["left", "Left"];
        case "alone":
        case undefined:
          return ["alone", "Alone"];
      }
  }
}

/** What the count means, in one sentence. */
export function sentence(peers: number, links: number, story: SeedStory | undefined): string {
  if (peers <= 1) return "Nobody else is here yet.";
  const direct =
    links === peers - 1
      ? links === 1
        ? "You are linked to the other one, directly."
        : "You are linked to every one of them, directly."
      : `You are linked to ${links}; the rest hear you through them.`;
  return story?.kind === "gone" ? `${direct} No server is involved.` : direct;
}

function label(graph: Graph | undefined, links: number): string {
  if (graph === undefined) return "No mesh to see";
  return (
    `The mesh as a graph: ${format.plural(graph.nodes.length, "peer")}, ${format.plural(graph.links.length, "link")}, ` +
    `${links} of them yours. The table of peers says the same in words.`
  );
}
