/** The links of one engine, from `open` until nothing of them is left; closing the engine is waiting for the last. */
import type { Link } from "./link.ts";

export class LinkSet {
  readonly #links = new Set<Link>();
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  get size(): number {
    return this.#links.size;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  add(link: Link): void {
    this.#links.add(link);
  }

  /** False when it was gone already. */
  delete(link: Link): boolean {
    const was = this.#links.delete(link);
    if (this.#links.size === 0) this.#emptied?.();
    return was;
  }

  /** Close every link; resolves when all have gone. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#emptied = resolve;
      for (const link of this.#links) link.close("engine-closed");
      if (this.#links.size === 0) resolve();
    });
    return this.#closing;
  }
}
