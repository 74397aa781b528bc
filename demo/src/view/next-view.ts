/** The line under the count that proposes what to try next. */
import type { Step } from "../model/next-step.ts";
import { el, openTab, part } from "./dom.ts";

export class NextView {
  private readonly place = part("next", HTMLParagraphElement);
  private readonly address: () => string;
  private shown: number | undefined;

  constructor(address: () => string) {
    this.address = address;
  }

  show(step: Step | undefined): void {
    this.place.hidden = step === undefined;
    if (step === undefined || step.number === this.shown) return;
    this.shown = step.number;
    const place = `${step.number} of ${step.count}`;
    this.place.replaceChildren(el("span", { class: "next-place" }, place), step.text);
    if (step.offersTab) this.place.append(" ", openTab(this.address(), "link"));
  }
}
