import { expect, test } from "vitest";
import type { Conviction } from "../model/face.ts";
import type { Graph } from "../model/topology.ts";
import { withOutcasts } from "./outcasts.ts";

const statement = { says: "", signature: "", rumor: undefined };
const conviction = (peer: string, own = false): Conviction => ({
  peer,
  offence: "fork",
  statements: [statement, statement],
  own,
});
const node = { hops: 1, links: 1, kind: "page" } as const;
const graph: Graph = {
  self: "me",
  nodes: [
    { ...node, id: "me", name: "Me", kind: "self", hops: 0 },
    { ...node, id: "a", name: "A" },
  ],
  links: [{ a: "me", b: "a", own: true, certain: true }],
};
const nameOf = (peer: string): string => peer.toUpperCase();

test("whoever was proved a cheat is in the picture, with no link", () => {
  const picture = withOutcasts(graph, [conviction("a"), conviction("gone")], nameOf)!;
  expect(picture.nodes.map(({ id, name, kind }) => [id, name, kind])).toEqual([
    ["me", "Me", "self"],
    ["a", "A", "outcast"],
    ["gone", "GONE", "outcast"],
  ]);
  expect(picture.links).toEqual([]);
});

test("without cheats the picture is what it was; the own conviction strikes nobody", () => {
  expect(withOutcasts(graph, [], nameOf)).toBe(graph);
  expect(withOutcasts(graph, [conviction("me", true)], nameOf)).toBe(graph);
  expect(withOutcasts(undefined, [conviction("a")], nameOf)).toBeUndefined();
});
