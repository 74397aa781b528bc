/** On a narrow page one panel at a time; and how many messages nobody has seen, on the tab and in the page's title. */
import { part } from "./dom.ts";

export class TabsView {
  private readonly nav = part("tabs", HTMLElement);
  private readonly badge = part("badge", HTMLSpanElement);
  private readonly title = document.title;
  private count = 0;

  constructor() {
    for (const tab of this.nav.querySelectorAll("button")) {
      tab.addEventListener("click", () => this.choose(tab.dataset["panel"] ?? "chat"));
    }
    // The way to the chat leads there on a narrow page too.
    document.querySelector(".skip")?.addEventListener("click", () => this.choose("chat"));
    document.addEventListener("visibilitychange", () => this.update());
  }

  /** One message more that has not been seen, unless the chat is in sight. */
  unread(): void {
    if (this.chatInSight()) return;
    this.count++;
    this.update();
  }

  private choose(panel: string): void {
    document.body.dataset["panel"] = panel;
    for (const tab of this.nav.querySelectorAll("button")) {
      tab.setAttribute("aria-pressed", String(tab.dataset["panel"] === panel));
    }
    this.update();
  }

  private chatInSight(): boolean {
    const tabsShown = this.nav.offsetParent !== null;
    return !document.hidden && (!tabsShown || document.body.dataset["panel"] === "chat");
  }

  private update(): void {
    if (this.chatInSight()) this.count = 0;
    document.title = this.count === 0 ? this.title : `(${this.count}) ${this.title}`;
    this.badge.hidden = this.count === 0;
    this.badge.textContent = String(this.count);
  }
}
