/**
 * The chat: one stream of messages, own and others', as the mesh delivers them, and notes of what happened in between.
 * It stays at the newest line unless somebody is reading further up.
 */
import { colorsOf, type Scheme } from "../model/colors.ts";
import type { Message, PeerId } from "../model/face.ts";
import * as format from "../model/format.ts";
import type { ChatMessage } from "../model/messages.ts";
import { initialsOf } from "../model/names.ts";
import { el, part, say } from "./dom.ts";

/** Lines in the document. Reason: a page that stays open for days. */
const linesMax = 600;
/** Lines of one author this near to each other stand under one name. */
const groupMs = 120_000;
/** Time for history to come in. Guess: a round of repair. */
const catchUpMs = 2_500;

export interface Line {
  readonly message: Message<ChatMessage>;
  readonly name: string;
  readonly arrivedMs: number;
}

export class ChatView {
  private readonly log = part("log", HTMLDivElement);
  private readonly empty = part("chat-empty", HTMLDivElement);
  private readonly emptyTitle = part("chat-empty-title", HTMLParagraphElement);
  private readonly newer = part("newer", HTMLButtonElement);
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private divider: HTMLElement | undefined;
  private pinned = true;

  constructor() {
    this.log.addEventListener("scroll", () => {
      this.pinned = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
      if (this.pinned) this.newer.hidden = true;
    });
    this.newer.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => {
      if (this.pinned) this.toEnd();
    }).observe(this.log);
    this.scheme.addEventListener("change", () => this.recolor());
  }

  message({ message, name, arrivedMs }: Line): void {
    const { author, own, timeMs, replayed, hops, data } = message;
    if (replayed) this.divide();
    const line = el(
      "div",
      {
        class: ["line", own && "own", replayed && "replayed"].filter(Boolean).join(" "),
        "data-author": author,
        "data-hops": String(hops),
        "data-id": message.id,
        "data-time": String(timeMs),
      },
      el("span", { class: "avatar", "aria-hidden": "true" }, initialsOf(name)),
      el(
        "div",
        { class: "said" },
        el("p", { class: "who" }, own ? `${name} (you)` : name),
        el("p", { class: "text" }, data.text),
        meta(message, arrivedMs),
      ),
    );
    this.paint(line, author);
    this.append(line, own, replayed ? this.placeOf(timeMs) : null);
  }

  /** Something that happened, between the lines. */
  note(text: string, kind: "plain" | "good" = "plain", action?: HTMLElement): void {
    this.append(el("div", { class: `note ${kind}` }, text, action && " ", action), false, null);
  }

  /** What was said in this rumor stands no longer: others were told something else in its place. */
  withdraw(rumor: string): void {
    for (const line of this.log.querySelectorAll<HTMLElement>("[data-id]")) {
      if (!line.dataset["id"]!.startsWith(`${rumor}.`) || line.classList.contains("withdrawn")) continue;
      line.classList.add("withdrawn");
      line.querySelector(".meta")?.append(" · withdrawn");
    }
  }

  /** Empty, for another stay. What is caught up on in its first moments is not read aloud line by line. */
  clear(): void {
    this.log.setAttribute("aria-busy", "true");
    setTimeout(() => this.log.removeAttribute("aria-busy"), catchUpMs);
    this.log.replaceChildren();
    this.divider = undefined;
    this.empty.hidden = false;
  }

  /** History stands below a line that says so. */
  private divide(): void {
    if (this.divider !== undefined) return;
    this.divider = el("div", { class: "divider" }, "earlier, caught up from the others");
    this.log.prepend(this.divider);
  }

  /** What comes late stands where it was said. Authors come one after the other, each in order. */
  private placeOf(timeMs: number): Element | null {
    let before: Element | null = null;
    for (let line = this.log.lastElementChild; line instanceof HTMLElement; line = line.previousElementSibling) {
      if (line === this.divider) break;
      const at = line.dataset["time"];
      if (at !== undefined && Number(at) <= timeMs) break;
      before = line;
    }
    return before;
  }

  private append(line: HTMLElement, own: boolean, before: Element | null): void {
    const spoken = !line.classList.contains("note");
    this.log.insertBefore(line, before);
    // What happens may fill the place of the words about nothing said.
    const isCrowded = line.offsetTop + line.offsetHeight > this.emptyTitle.offsetTop;
    if (spoken || isCrowded) this.empty.hidden = true;
    group(line);
    if (line.nextElementSibling instanceof HTMLElement) group(line.nextElementSibling);
    while (this.log.childElementCount > linesMax) this.log.firstElementChild?.remove();
    if (this.pinned || own) this.toEnd();
    else if (spoken) this.newer.hidden = false;
  }

  private toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
    this.pinned = true;
    this.newer.hidden = true;
  }

  private paint(line: HTMLElement, author: PeerId): void {
    const scheme: Scheme = this.scheme.matches ? "dark" : "light";
    const { fill, on, text } = colorsOf(author, scheme);
    line.style.setProperty("--peer", fill);
    line.style.setProperty("--peer-on", on);
    line.style.setProperty("--peer-text", text);
  }

  private recolor(): void {
    for (const line of this.log.querySelectorAll<HTMLElement>("[data-author]")) {
      this.paint(line, line.dataset["author"]!);
    }
  }
}

/** Lines of one author in a row stand under one name; it is still read aloud with each. */
function group(line: HTMLElement): void {
  const above = line.previousElementSibling;
  const follows =
    above instanceof HTMLElement &&
    line.dataset["author"] !== undefined &&
    above.dataset["author"] === line.dataset["author"] &&
    above.classList.contains("replayed") === line.classList.contains("replayed") &&
    Number(line.dataset["time"]) - Number(above.dataset["time"]) < groupMs;
  line.classList.toggle("follows", follows);
}

/** How it came here: how far, and how fast; of a replayed one only when it was said. */
function meta({ own, replayed, hops, timeMs }: Message<ChatMessage>, arrivedMs: number): HTMLElement {
  const at = el("time", { datetime: new Date(timeMs).toISOString() }, format.clock(timeMs));
  if (replayed) return el("p", { class: "meta" }, at);
  if (own) return el("p", { class: "meta" }, at, " · sent");
  const took = format.delay(timeMs, arrivedMs);
  const title = "From the author’s clock to this one: the two agree only roughly";
  return el(
    "p",
    { class: "meta" },
    el("span", { class: "trail", "aria-hidden": "true" }, ...Array.from({ length: Math.min(hops, 8) }, () => el("i"))),
    el("span", { class: "hops" }, format.plural(hops, "hop")),
    " · ",
    el("span", { class: "delay", title }, took),
  );
}

/** The field for the own name. Calls back with what was typed, when it is done. */
export class NameField {
  private readonly input = part("name", HTMLInputElement);
  private readonly chip = part("name-chip", HTMLSpanElement);
  private readonly label = part("name-label", HTMLLabelElement);

  constructor(onName: (text: string) => void) {
    this.input.addEventListener("change", () => onName(this.input.value));
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) this.input.blur();
    });
  }

  show(name: string, peer: PeerId, scheme: Scheme): void {
    if (document.activeElement !== this.input) this.input.value = name;
    say(this.chip, initialsOf(name));
    const { fill, on } = colorsOf(peer, scheme);
    this.chip.style.setProperty("--peer", fill);
    this.chip.style.setProperty("--peer-on", on);
  }

  hide(hidden: boolean): void {
    this.label.hidden = hidden;
  }

  /** After a name that was none. */
  restore(name: string): void {
    this.input.value = name;
  }
}
