/** The verdict on the stage: the two signed statements side by side. One at a time; closed by hand, and opened again. */
import type { Conviction, PeerId } from "../model/face.ts";
import { button, el, part } from "../view/dom.ts";
import { verdictOf, type Side } from "./verdict.ts";

/** Of a signature, enough to see that the two differ. */
const signatureShown = 14;

export class VerdictView {
  private readonly place = part("verdict", HTMLElement);
  private readonly onRenew: () => void;
  private opened: PeerId | undefined;
  private shown = "";

  /** `onRenew`: come back with another key. */
  constructor(onRenew: () => void) {
    this.onRenew = onRenew;
  }

  /** Shows what proves this one a cheat, from the next `show` on, which the caller brings about. */
  open(peer: PeerId): void {
    this.opened = peer;
  }

  /** The own verdict cannot be closed: nothing else is left to do here. */
  show(
    convictions: readonly Conviction[],
    nameOf: (peer: PeerId) => string,
    textOf: (rumor: string) => string | undefined,
  ): void {
    const newest = convictions.find(({ own }) => own) ?? convictions.find(({ peer }) => peer === this.opened);
    const verdict = newest === undefined ? undefined : verdictOf(newest, nameOf, textOf);
    const key = JSON.stringify(verdict) ?? "";
    if (key === this.shown) return;
    this.shown = key;
    this.place.hidden = verdict === undefined;
    if (newest === undefined || verdict === undefined) return;
    const close = (): void => {
      this.opened = undefined;
      this.shown = "";
      this.place.hidden = true;
    };
    this.place.dataset["own"] = String(newest.own);
    this.place.replaceChildren(
      el("h2", { id: "verdict-title" }, verdict.title),
      el("p", { class: "verdict-place" }, verdict.place),
      el("div", { class: "verdict-sides" }, ...verdict.sides.map(sideOf)),
      el("p", { class: "verdict-close quiet" }, verdict.close),
      el(
        "div",
        { class: "row end" },
        newest.own
          ? button("Come back with a new key", this.onRenew, { class: "button primary" })
          : button("Close", close),
      ),
    );
  }
}

function sideOf({ lead, quote, detail, signature }: Side): HTMLElement {
  return el(
    "figure",
    { class: "verdict-side" },
    el("figcaption", {}, lead),
    quote !== "" && el("blockquote", {}, quote),
    el("p", { class: "verdict-detail", title: detail }, detail),
    el("p", { class: "verdict-signature", title: signature }, `signed ${signature.slice(0, signatureShown)}…`),
  );
}
