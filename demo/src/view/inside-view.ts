/** The seed's story and the numbers behind it all. */
import type { Numbers } from "../model/face.ts";
import * as format from "../model/format.ts";
import type { SeedStory } from "../model/seed-watch.ts";
import { el, part, say } from "./dom.ts";

interface Told {
  readonly look: "up" | "gone" | "missed" | "none";
  readonly title: string;
  readonly text: string;
  readonly hint: string;
  /** For the stage; empty for none. */
  readonly pill: string;
}

export class SeedView {
  private readonly section = part("seed", HTMLElement);
  private readonly title = el("p", { class: "seed-title" });
  private readonly text = el("p");
  private readonly hint = el("p", { class: "hint" });
  private readonly pill = part("seed-pill", HTMLParagraphElement);
  private readonly pillText = part("seed-pill-text", HTMLSpanElement);

  constructor() {
    part("seed-body", HTMLDivElement).append(this.title, this.text, this.hint);
  }

  show(story: SeedStory | undefined): void {
    const { look, title, text, hint, pill } = tell(story);
    this.section.dataset["look"] = look;
    say(this.title, title);
    say(this.text, text);
    say(this.hint, hint);
    this.hint.hidden = hint === "";
    this.pill.dataset["look"] = look;
    this.pill.hidden = pill === "";
    say(this.pillText, pill);
  }
}

export function tell(story: SeedStory | undefined): Told {
  switch (story?.kind) {
    case "up":
      return {
        look: "up",
        title: `Up at ${story.urls.map(hostOf).join(", ")}`,
        text: "It introduces newcomers, and nothing else: what you say goes from peer to peer.",
        hint: import.meta.env.DEV
          ? "Try it: type s and Enter where npm start runs, and chat on."
          : "Try it: stop it, and chat on.",
        pill: "Seed: up, for newcomers only",
      };
    case "gone":
      return {
        look: "gone",
        title: "Gone, not missed",
        text:
          (story.messages === 0
            ? "Nobody has needed it"
            : `${format.plural(story.messages, "message")} went without it`) + ` for ${format.duration(story.forMs)}.`,
        hint: "Only newcomers need one. When it is back, this mesh finds it.",
        pill: "Seed: gone. Nothing stops.",
      };
    case "missed":
      return {
        look: "missed",
        title: "No seed, and nobody else yet",
        text: `Nobody answers at ${story.urls.join(", ")}. This page keeps trying.`,
        hint: "",
        pill: "Seed: does not answer",
      };
    case "none":
      return { look: "none", title: "No seed", text: "This page was opened with no seed to ask.", hint: "", pill: "" };
    case undefined:
      return {
        look: "none",
        title: "Not in the mesh",
        text: "Join, and the seed introduces you to somebody.",
        hint: "",
        pill: "",
      };
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

export class NumbersView {
  private readonly list = part("numbers", HTMLDListElement);
  private readonly tiles = new Map<string, HTMLElement>();

  show(numbers: Numbers | undefined, heard: number, said: number): void {
    this.list.hidden = numbers === undefined;
    if (numbers === undefined) return;
    for (const { label, value } of tilesOf(numbers, heard, said)) {
      let place = this.tiles.get(label);
      if (place === undefined) {
        place = el("dd");
        this.tiles.set(label, place);
        this.list.append(el("div", {}, el("dt", {}, label), place));
      }
      say(place, value);
    }
  }
}

interface Tile {
  readonly label: string;
  readonly value: string;
}

/** `heard` and `said` count the messages of the chat. */
export function tilesOf(numbers: Numbers, heard: number, said: number): readonly Tile[] {
  const { bytesIn, bytesOut, framesIn, framesOut, verification, clockOffsetMs } = numbers;
  return [
    { label: "Received", value: format.bytes(bytesIn) },
    { label: "Sent", value: format.bytes(bytesOut) },
    { label: "Frames in", value: format.count(framesIn) },
    { label: "Frames out", value: format.count(framesOut) },
    { label: "Messages in", value: format.count(heard) },
    { label: "Messages out", value: format.count(said) },
    { label: "Clock off by", value: `~${format.duration(Math.abs(clockOffsetMs))}` },
    { label: "Signatures", value: verification ?? "none yet" },
  ];
}
