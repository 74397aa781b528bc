/** Where a message is written: Enter sends, Shift and Enter make a new line, and what could not be sent stays. */
import { part } from "./dom.ts";

const heightPxMax = 132;

export class Composer {
  private readonly form = part("composer", HTMLFormElement);
  private readonly field = part("say", HTMLTextAreaElement);
  private readonly error = part("composer-error", HTMLParagraphElement);
  private readonly wave = part("wave", HTMLButtonElement);
  private readonly send: (text: string) => Promise<void>;

  constructor(send: (text: string) => Promise<void>) {
    this.send = send;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.field.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.submit();
    });
    this.field.addEventListener("input", () => this.grow());
    this.wave.addEventListener("click", () => {
      void this.say("Hello, vine! 👋").then(() => this.field.focus());
    });
  }

  enable(enabled: boolean): void {
    this.form.inert = !enabled;
    this.form.classList.toggle("off", !enabled);
    this.wave.disabled = !enabled;
  }

  private async submit(): Promise<void> {
    const text = this.field.value.trim();
    if (text === "") return;
    this.field.value = "";
    this.grow();
    if (!(await this.say(text)) && this.field.value === "") {
      this.field.value = text;
      this.grow();
    }
  }

  private async say(text: string): Promise<boolean> {
    this.error.hidden = true;
    try {
      await this.send(text);
      return true;
    } catch (error) {
      this.error.textContent = `Not sent: ${error instanceof Error ? error.message : String(error)}`;
      this.error.hidden = false;
      return false;
    }
  }

  private grow(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, heightPxMax)}px`;
  }
}
