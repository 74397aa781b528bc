/**
 * The wall: a shared state that everybody paints. A square has the colour of whoever painted it last; that it is the same
 * in every tab can be read off one fingerprint.
 */
import { colorsOf, type Scheme } from "../model/colors.ts";
import type { PeerId, Square, Wall } from "../model/face.ts";
import { el, part, say } from "../view/dom.ts";
import { columns, keyOf, places, placeOf, step, type Place } from "./wall.ts";

/** How long a change can be seen as one. Also in wall.css. */
const flashMs = 900;

export class WallView {
  private readonly grid = part("wall", HTMLDivElement);
  private readonly news = part("wall-news", HTMLParagraphElement);
  private readonly print = part("wall-print", HTMLElement);
  private readonly squares = new Map<string, HTMLButtonElement>();
  private wall: Wall | undefined;
  private nameOf: (peer: PeerId) => string = (peer) => peer;

  constructor() {
    for (const [i, place] of places.entries()) {
      const square = el("button", { type: "button", class: "square", tabindex: i === 0 ? "0" : "-1" });
      square.addEventListener("click", () => this.turn(place));
      square.addEventListener("keydown", (event) => this.walk(event, place));
      this.squares.set(keyOf(place), square);
    }
    this.grid.style.setProperty("--columns", String(columns));
    this.grid.append(...this.squares.values());
  }

  /** Another mesh, or none. */
  use(wall: Wall | undefined): void {
    if (wall === this.wall) return;
    this.wall = wall;
    this.news.textContent = "";
    wall?.onChange((square) => {
      if (this.wall === wall) this.tell(square);
    });
  }

  show(nameOf: (peer: PeerId) => string, scheme: Scheme): void {
    const { wall } = this;
    this.nameOf = nameOf;
    for (const [key, square] of this.squares) {
      const painted = wall?.at(key);
      const { column, row } = placeOf(key)!;
      const who = painted === undefined ? "free" : painted.own ? "yours" : nameOf(painted.author);
      const label = `Row ${row + 1}, column ${column + 1}: ${who}`;
      if (square.ariaLabel !== label) {
        square.ariaLabel = label;
        square.title = who;
      }
      square.disabled = wall === undefined;
      square.dataset["painted"] = painted === undefined ? "" : painted.own ? "own" : "other";
      square.style.setProperty("--fill", painted === undefined ? "" : colorsOf(painted.author, scheme).fill);
    }
    say(this.print, wall === undefined ? "" : wall.fingerprint.slice(0, 8));
  }

  /** Paint a square, or, when it is ours, wipe it. */
  private turn(place: Place): void {
    const { wall } = this;
    if (wall === undefined) return;
    const key = keyOf(place);
    const done = wall.at(key)?.own === true ? wall.wipe(key) : wall.paint(key);
    done.catch((error: unknown) => say(this.news, error instanceof Error ? error.message : String(error)));
  }

  private walk(event: KeyboardEvent, place: Place): void {
    const next = step(place, event.key);
    if (next.column === place.column && next.row === place.row) return;
    event.preventDefault();
    const [from, to] = [this.squares.get(keyOf(place))!, this.squares.get(keyOf(next))!];
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  private tell({ key, author, own, painted }: Square & { readonly painted: boolean }): void {
    const square = this.squares.get(key);
    if (square === undefined) return;
    say(this.news, `${own ? "You" : this.nameOf(author)} ${painted ? "painted" : "wiped"} a square`);
    square.classList.remove("fresh");
    // Reading a measure ends the old animation, so that the new one begins.
    void square.offsetWidth;
    square.classList.add("fresh");
    setTimeout(() => square.classList.remove("fresh"), flashMs);
  }
}
