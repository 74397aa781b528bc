/** Where this tab is turned malicious: three offences to choose from, what each leads to, and the way back. */
import type { Laboratory } from "../model/face.ts";
import { button, el, part } from "../view/dom.ts";
import { OFFENCES, type Offence } from "./offences.ts";

export class LaboratoryDialog {
  private readonly dialog = part("laboratory-dialog", HTMLDialogElement);
  private readonly opener = part("laboratory", HTMLButtonElement);
  private readonly pill = part("cheating", HTMLParagraphElement);
  private readonly pillText = el("span", {});
  private readonly onCheat: (offence: Offence) => void;
  private laboratory: Laboratory | undefined;

  constructor(onCheat: (offence: Offence) => void) {
    this.onCheat = onCheat;
    this.opener.addEventListener("click", () => this.open());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.pill.append(
      this.pillText,
      button("Behave again", () => this.laboratory?.behave()),
    );
  }

  show(laboratory: Laboratory | undefined, isShutOut: boolean): void {
    this.laboratory = laboratory;
    this.opener.hidden = laboratory === undefined || isShutOut;
    const words = OFFENCES.find(({ id }) => id === laboratory?.offence);
    this.pill.hidden = words === undefined || isShutOut;
    if (words !== undefined && this.pillText.textContent !== words.doing) this.pillText.textContent = words.doing;
    document.documentElement.toggleAttribute("data-shut-out", isShutOut);
  }

  private open(): void {
    const cards = OFFENCES.map(({ id, title, deed, outcome, provable }) =>
      el(
        "li",
        { class: "offence" },
        el("h3", {}, title),
        el("p", {}, deed),
        el("p", { class: provable ? "outcome provable" : "outcome" }, outcome),
        button(title, () => this.cheat(id), { class: "button danger", "aria-label": `Cheat: ${title}` }),
      ),
    );
    this.dialog.replaceChildren(
      el("h2", { id: "laboratory-title" }, "Turn this tab malicious"),
      el(
        "p",
        { class: "quiet" },
        "It has a real peer and a real key, and will do what an attacker could. Keep the other tabs in sight.",
      ),
      el("ul", { class: "offences" }, ...cards),
      el(
        "div",
        { class: "row end" },
        button("Stay honest", () => this.dialog.close()),
      ),
    );
    if (!this.dialog.open) this.dialog.showModal();
  }

  private cheat(offence: Offence): void {
    this.dialog.close();
    this.onCheat(offence);
  }
}
