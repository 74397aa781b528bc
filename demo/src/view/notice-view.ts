/**
 * What stands in the middle of the stage while there is no mesh to see: what is happening, and what to do about it.
 * Every one of them teaches the next step.
 */
import type { MeshState } from "../model/face.ts";
import type { Phase } from "../model/session.ts";
import type { Settings } from "../model/settings.ts";
import { button, copyButton, el, openTab, part } from "./dom.ts";

export interface Deeds {
  readonly join: () => void;
  readonly leave: () => void;
  readonly resume: () => void;
  readonly invite: () => void;
  readonly address: () => string;
}

type Notice = "none" | "joining" | "unreachable" | "failed" | "left" | "alone" | "cut-off" | "paused";

/** Which notice belongs to a phase. Pure, so that it can be told without a page. */
export function noticeFor(phase: Phase, state: MeshState | undefined, others: number, isShutOut = false): Notice {
  // The verdict stands there, and says what to do.
  if (isShutOut && phase.kind === "joined") return "none";
  switch (phase.kind) {
    case "joining":
      // While nobody answers, the advice stays where it is.
      return phase.attempt > 1 ? "unreachable" : "joining";
    case "failed":
      return phase.code === "seed-unreachable" ? "unreachable" : "failed";
    case "left":
      return "left";
    case "joined":
      if (state === "paused") return "paused";
      if (state === "cut-off") return "cut-off";
      return others === 0 ? "alone" : "none";
  }
}

export class NoticeView {
  private readonly place = part("notice", HTMLDivElement);
  private readonly settings: Settings;
  private readonly deeds: Deeds;
  private shown = "";

  constructor(settings: Settings, deeds: Deeds) {
    this.settings = settings;
    this.deeds = deeds;
  }

  show(phase: Phase, state: MeshState | undefined, others: number, isShutOut: boolean): void {
    const notice = noticeFor(phase, state, others, isShutOut);
    const key = `${notice} ${phase.kind === "failed" ? phase.message : ""} ${phase.kind}`;
    if (key === this.shown) return;
    this.shown = key;
    this.place.hidden = notice === "none";
    this.place.className = `notice notice-${notice}`;
    this.place.replaceChildren(...this.content(notice, phase));
  }

  private content(notice: Notice, phase: Phase): HTMLElement[] {
    const { deeds, settings } = this;
    switch (notice) {
      case "none":
        return [];
      case "joining":
        return [title("Looking for the others"), text(`Asking ${settings.seeds.join(", ")} who is there.`)];
      case "alone":
        return [
          title("You are the first one here"),
          text("Open this page in another tab, another browser, or on a phone, and watch the two find each other."),
          row(
            openTab(deeds.address(), "button primary"),
            copyButton(deeds.address, "Copy the link"),
            button("Show a code for the phone", deeds.invite, { "aria-haspopup": "dialog" }),
          ),
        ];
      case "unreachable":
        return [
          title("No seed answers"),
          text(
            `Nobody listens at ${settings.seeds.join(", ")}. A seed introduces you to your first neighbor; start one:`,
          ),
          command("npm start", "in the repository: the seed, a Node peer and this page"),
          command("npx grapevine-seed --port 7700", "in the repository: the seed alone"),
          row(
            phase.kind === "failed"
              ? button("Try again now", deeds.join, { class: "button primary" })
              : el("p", { class: "quiet trying" }, "Trying again …"),
          ),
          phase.kind === "failed" ? el("p", { class: "quiet" }, "It is tried again by itself, too.") : el("p"),
        ];
      case "failed":
        return [
          title("This page could not join"),
          text(phase.kind === "failed" ? phase.message : ""),
          row(button("Try again", deeds.join, { class: "button primary" })),
        ];
      case "left":
        return [
          title("You left the mesh"),
          text("The others have been told, and go on without you."),
          row(button("Join again", deeds.join, { class: "button primary" })),
        ];
      case "cut-off":
        return [
          title("Cut off"),
          text("All links are gone. This page is calling everyone it knows, and the seed."),
          row(copyButton(deeds.address, "Copy the link")),
        ];
      case "paused":
        return [
          title("Paused"),
          text("No links, no traffic. What the others say meanwhile is caught up on afterwards."),
          row(button("Resume", deeds.resume, { class: "button primary" })),
        ];
    }
  }
}

function title(words: string): HTMLElement {
  return el("p", { class: "notice-title" }, words);
}

function text(words: string): HTMLElement {
  return el("p", {}, words);
}

function row(...children: HTMLElement[]): HTMLElement {
  return el("div", { class: "row" }, ...children);
}

function command(line: string, what: string): HTMLElement {
  return el(
    "div",
    { class: "command" },
    el("code", {}, line),
    copyButton(() => line, "Copy"),
    el("span", { class: "quiet" }, what),
  );
}
