/** The few words that this page needs to speak of its own document. */

type Child = Node | string | undefined | false;

/** Makes an element. Text is always text: nothing that a peer says is ever parsed. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function append(element: Element, children: readonly Child[]): void {
  element.append(...children.filter((child) => child !== undefined && child !== false));
}

/** A button that does something. */
export function button(
  text: string,
  onClick: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const made = el("button", { type: "button", class: "button", ...attributes }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** A link to this page in another tab. With an opener that one would copy this one's session, and its key with it. */
export function openTab(address: string, look: string): HTMLAnchorElement {
  return el("a", { class: look, href: address, target: "_blank", rel: "noopener" }, "Open another tab");
}

/** An element of the page's own skeleton. Its absence is a bug of this page. */
export function part<T extends Element>(id: string, type: abstract new (...args: never[]) => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`expected a ${type.name} with the id ${id} in the page`);
  return element;
}

/** Changes text only when it differs, so that a screen reader hears only news. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Tries the clipboard, which pages on plain http do not have, then the old way. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "sr-only", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    const host = document.querySelector("dialog[open]") ?? document.body;
    host.append(area);
    const focused = document.activeElement;
    area.select();
    // Deprecated, and still there: there is no other way on a plain http page.
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

/** A button that copies, and says for a moment that it has. */
export function copyButton(text: () => string, label: string): HTMLButtonElement {
  const made = button(label, () => {
    void tell();
  });
  const tell = async (): Promise<void> => {
    say(made, (await copy(text())) ? "Copied" : "Copy it by hand");
    setTimeout(() => say(made, label), 1_600);
  };
  made.setAttribute("aria-live", "polite");
  return made;
}
