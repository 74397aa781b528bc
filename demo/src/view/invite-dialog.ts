/**
 * How others get here: the link, and a QR code of it for a phone. A page that was opened as localhost is nobody else's
 * to open; then the dev server is asked for its addresses on the local network, and if it has none, the dialog says
 * how to give it some.
 */
import { invitation, isLoopback } from "../model/settings.ts";
import { button, copyButton, el, part } from "./dom.ts";

export class InviteDialog {
  private readonly dialog = part("invite-dialog", HTMLDialogElement);

  constructor() {
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  async open(): Promise<void> {
    const { href, hostname } = location;
    const hosts = isLoopback(hostname) ? await lanHosts() : [hostname];
    const host = hosts[0];
    const link = invitation(href, isLoopback(hostname) ? host : undefined);
    const close = button("Close", () => this.dialog.close());
    const title = el("h2", { id: "invite-title" }, "Bring somebody along");
    const field = el("input", { type: "text", readonly: true, "aria-label": "Link to this mesh", value: link });
    field.addEventListener("focus", () => field.select());
    const linkRow = el(
      "div",
      { class: "link-row" },
      field,
      copyButton(() => link, "Copy"),
    );
    const parts =
      host === undefined
        ? onlyHere()
        : [
            await code(link),
            el("p", { class: "quiet center" }, "Point a phone’s camera here. It must be on the same network."),
          ];
    this.dialog.replaceChildren(title, ...parts, linkRow, el("div", { class: "row end" }, close));
    if (!this.dialog.open) this.dialog.showModal();
  }
}

function onlyHere(): HTMLElement[] {
  return [
    el("p", {}, "This link works on this computer: open it in another tab or another browser."),
    el(
      "p",
      {},
      "For a phone on the same network, stop ",
      el("code", {}, "npm start"),
      " and run it like this; then this place shows a code to scan:",
    ),
    el(
      "div",
      { class: "command" },
      el("code", {}, "npm start -- --host"),
      copyButton(() => "npm start -- --host", "Copy"),
    ),
  ];
}

/** What the dev server answers to on the local network (see `vite.config.ts`); none when it is not one. */
async function lanHosts(): Promise<string[]> {
  try {
    const response = await fetch("/lan.json", { signal: AbortSignal.timeout(1_000) });
    const hosts: unknown = await response.json();
    return Array.isArray(hosts) ? hosts.filter((host): host is string => typeof host === "string") : [];
  } catch {
    return [];
  }
}

async function code(link: string): Promise<HTMLElement> {
  const { renderSVG } = await import("uqr");
  const image = el("img", { class: "qr", alt: "QR code of the link below", width: "232", height: "232" });
  image.src = `data:image/svg+xml,${encodeURIComponent(renderSVG(link, { ecc: "M", border: 4 }))}`;
  return image;
}
