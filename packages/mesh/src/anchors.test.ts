import { describe, expect, test } from "vitest";
import { Anchors } from "./anchors.ts";
import { meshLimits } from "./limits.ts";

function make(peers: readonly string[] = []): { anchors: Anchors; kept: (readonly string[])[] } {
  const kept: (readonly string[])[] = [];
  const facts = { lastIncarnation: 0, lastMintSlot: -1, peers };
  return { anchors: new Anchors({ facts, remember: (peers) => void kept.push(peers) }), kept };
}

describe("anchors", () => {
  test("who stands now comes before who stood", () => {
    const { anchors, kept } = make(["old"]);
    anchors.onNeighbors(["a"]);
    anchors.onNeighbors(["a", "b"]);
    anchors.onNeighbors(["b"]);
    expect(kept).toEqual([
      ["a", "old"],
      ["a", "b", "old"],
      ["b", "a", "old"],
    ]);
  });

  test("losing everybody at once forgets nobody, and writes nothing", () => {
    const { anchors, kept } = make(["a", "b"]);
    anchors.onNeighbors([]);
    expect(anchors.peers).toEqual(["a", "b"]);
    expect(kept).toEqual([]);
  });

  test("no more are kept than the limit, and what is no peer is passed over", () => {
    const { anchors } = make([{ credential: {} } as unknown as string, "a"]);
    expect(anchors.peers).toEqual(["a"]);
    anchors.onNeighbors(Array.from({ length: 100 }, (_, i) => `peer ${i}`));
    expect(anchors.peers).toHaveLength(meshLimits.anchorsMax);
  });
});
