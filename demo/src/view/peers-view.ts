/**
 * The mesh in words: everyone that the picture shows, how they are reached, and whom they are linked to. It is what a
 * screen reader reads in place of the picture, and where exact numbers stand.
 */
import { colorsOf, type Scheme } from "../model/colors.ts";
import type { Neighbor, PeerId } from "../model/face.ts";
import * as format from "../model/format.ts";
import { initialsOf } from "../model/names.ts";
import { adjacency, type Graph, type GraphNode } from "../model/topology.ts";
import { el, part, say } from "./dom.ts";

/** Rows shown. Reason: nobody reads more, and each is kept up to date. */
const rowsMax = 200;
/** Avatars in the column of links. */
const chipsMax = 4;

interface Row {
  readonly element: HTMLTableRowElement;
  readonly avatar: HTMLElement;
  readonly name: HTMLElement;
  readonly id: HTMLElement;
  readonly way: HTMLElement;
  readonly why: HTMLElement;
  readonly links: HTMLElement;
}

export class PeersView {
  private readonly body = part("peers", HTMLTableSectionElement);
  private readonly rows = new Map<PeerId, Row>();
  private readonly nobody = el(
    "tr",
    { class: "nobody" },
    el("td", { colspan: "3" }, "Nobody to see: this page is not in the mesh."),
  );
  private readonly onChoose: (peer: PeerId | undefined) => void;

  constructor(onChoose: (peer: PeerId | undefined) => void) {
    this.onChoose = onChoose;
  }

  show(graph: Graph | undefined, neighbors: readonly Neighbor[], scheme: Scheme): void {
    const nodes = (graph?.nodes ?? []).toSorted(byDistance).slice(0, rowsMax);
    const there = new Set(nodes.map(({ id }) => id));
    for (const [id, { element }] of this.rows) {
      if (there.has(id)) continue;
      element.remove();
      this.rows.delete(id);
    }
    if (graph === undefined) {
      this.body.replaceChildren(this.nobody);
      return;
    }
    this.nobody.remove();
    const next = adjacency(graph.links);
    const nodesById = new Map(graph.nodes.map((node) => [node.id, node]));
    const links = new Map(neighbors.map((neighbor) => [neighbor.peer, neighbor]));
    for (const [index, node] of nodes.entries()) {
      const row = this.rows.get(node.id) ?? this.add(node.id);
      if (this.body.children[index] !== row.element)
        this.body.insertBefore(row.element, this.body.children[index] ?? null);
      const link = links.get(node.id);
      const { fill, on } = colorsOf(node.id, scheme);
      row.element.style.setProperty("--peer", fill);
      row.element.style.setProperty("--peer-on", on);
      row.element.dataset["kind"] = node.kind;
      say(row.avatar, initialsOf(node.name));
      say(row.name, node.name);
      say(row.id, keyOf(node));
      say(row.way, wayTo(node, link));
      say(row.why, whyOf(link));
      row.why.title = purposes[link?.purpose ?? ""]?.[1] ?? "";
      this.showLinks(
        row,
        (next.get(node.id) ?? []).flatMap((id) => nodesById.get(id) ?? []),
        scheme,
      );
    }
  }

  /** Some avatars for the eye, all names for the ear. */
  private showLinks(row: Row, others: readonly GraphNode[], scheme: Scheme): void {
    const sorted = others.toSorted(byDistance);
    const key = `${scheme} ${sorted.map(({ id, name, kind }) => `${id} ${name} ${kind}`).join(" ")}`;
    if (row.links.dataset["key"] === key) return;
    row.links.dataset["key"] = key;
    const chips = sorted.slice(0, chipsMax).map(({ id, name, kind }) => {
      const { fill, on } = colorsOf(id, scheme);
      const chip = el(
        "span",
        { class: kind === "process" ? "avatar hexagon" : "avatar", title: name },
        initialsOf(name),
      );
      chip.style.setProperty("--peer", fill);
      chip.style.setProperty("--peer-on", on);
      return chip;
    });
    const more = sorted.length - chips.length;
    const names = sorted.map(({ name, kind }) => (kind === "self" ? "you" : name));
    row.links.replaceChildren(
      el("span", { class: "mini", "aria-hidden": "true" }, ...chips, more > 0 && `+${more}`),
      el("span", { class: "sr-only" }, names.length === 0 ? "nobody known" : `${names.length}: ${names.join(", ")}`),
    );
  }

  private add(peer: PeerId): Row {
    const row = {
      avatar: el("span", { class: "avatar", "aria-hidden": "true" }),
      name: el("span", { class: "peer-name" }),
      id: el("span", { class: "peer-id", title: peer }),
      way: el("span", { class: "way" }),
      why: el("span", { class: "why" }),
      links: el("td"),
    };
    const names = el("span", { class: "peer-names" }, row.name, row.id);
    const head = el("th", { scope: "row" }, el("div", { class: "peer-cell" }, row.avatar, names));
    const element = el("tr", { "data-peer": peer }, head, el("td", {}, row.way, " ", row.why), row.links);
    element.addEventListener("pointerenter", () => this.onChoose(peer));
    element.addEventListener("pointerleave", () => this.onChoose(undefined));
    const made = { ...row, element };
    this.rows.set(peer, made);
    return made;
  }
}

function byDistance(a: GraphNode, b: GraphNode): number {
  return (a.hops ?? Number.MAX_SAFE_INTEGER) - (b.hops ?? Number.MAX_SAFE_INTEGER) || a.name.localeCompare(b.name);
}

/** Why a link stands, in a word, and in a sentence. */
const purposes: Readonly<Record<string, readonly [word: string, sentence: string]>> = {
  ring: ["assigned", "Chance that nobody controls assigned this link"],
  filler: ["filler", "This link fills up after a loss, until an assigned one comes"],
  join: ["joining", "By this link one of the two came in; assigned ones follow"],
};

/** How far a peer is from here. */
export function wayTo({ kind, hops }: GraphNode, link: Neighbor | undefined): string {
  if (kind === "self") return "you";
  if (kind === "outcast") return "shut out";
  if (link !== undefined) return link.rttMs === undefined ? "linked" : format.rtt(link.rttMs);
  return hops === undefined ? "on its way" : format.plural(hops, "hop");
}

/** Why its link stands. */
export function whyOf(link: Neighbor | undefined): string {
  return link === undefined ? "" : (purposes[link.purpose]?.[0] ?? link.purpose);
}

/** Enough of its key to tell it from others, and what it is when not a tab. */
export function keyOf({ id, kind }: GraphNode): string {
  return kind === "process" ? `Node ${format.shortId(id)}` : format.shortId(id);
}
