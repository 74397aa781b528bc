// What the views say, apart from where they say it.
import { describe, expect, test } from "vitest";
import type { Phase } from "../model/session.ts";
import type { GraphNode } from "../model/topology.ts";
import { tell, tilesOf } from "./inside-view.ts";
import { noticeFor } from "./notice-view.ts";
import { keyOf, wayTo, whyOf } from "./peers-view.ts";
import { sentence } from "./status-view.ts";

const joined = { kind: "joined" } as Phase;
const node = (part: Partial<GraphNode>): GraphNode => ({
  id: "peer",
  name: "Ada",
  kind: "page",
  hops: 2,
  links: 1,
  ...part,
});

describe("a notice", () => {
  test.each([
    ["of joining", { kind: "joining", attempt: 1 }, undefined, "joining"],
    ["of a seed that is still not there", { kind: "joining", attempt: 2 }, undefined, "unreachable"],
    [
      "of a seed that is not there",
      { kind: "failed", code: "seed-unreachable", message: "", retryMs: 1 },
      undefined,
      "unreachable",
    ],
    [
      "of any other failure",
      { kind: "failed", code: "invalid-argument", message: "", retryMs: undefined },
      undefined,
      "failed",
    ],
    ["of having left", { kind: "left" }, undefined, "left"],
    ["of a pause", joined, "paused", "paused"],
    ["of being cut off", joined, "cut-off", "cut-off"],
  ] as const)("%s", (_, phase, state, notice) => {
    expect(noticeFor(phase, state, 3)).toBe(notice);
  });

  test("teaches whoever is alone, and then gets out of the way", () => {
    expect(noticeFor(joined, "alone", 0)).toBe("alone");
    expect(noticeFor(joined, "connected", 1)).toBe("none");
  });
});

describe("the sentence beside the count", () => {
  test("tells links from peers", () => {
    expect(sentence(1, 0, undefined)).toBe("Nobody else is here yet.");
    expect(sentence(2, 1, undefined)).toBe("You are linked to the other one, directly.");
    expect(sentence(5, 4, undefined)).toBe("You are linked to every one of them, directly.");
    expect(sentence(20, 8, undefined)).toBe("You are linked to 8; the rest hear you through them.");
  });

  test("says when no server is left", () => {
    expect(sentence(5, 4, { kind: "gone", urls: [], forMs: 1, messages: 0 })).toContain("No server is involved.");
  });
});

describe("the seed's story", () => {
  test("counts what went without it", () => {
    expect(tell({ kind: "gone", urls: [], forMs: 61_000, messages: 1 }).text).toBe(
      "1 message went without it for 1 min.",
    );
    expect(tell({ kind: "gone", urls: [], forMs: 4_000, messages: 0 }).text).toBe("Nobody has needed it for 4.0 s.");
  });

  test("names the place that does not answer", () => {
    expect(tell({ kind: "missed", urls: ["ws://localhost:7700"] }).text).toContain("ws://localhost:7700");
  });
});

describe("a row of the table", () => {
  test.each([
    [node({ kind: "self" }), undefined, "you", ""],
    [node({}), { peer: "peer", purpose: "ring", rttMs: 12.3 }, "12 ms", "assigned"],
    [node({}), { peer: "peer", purpose: "join", rttMs: undefined }, "linked", "joining"],
    [node({}), undefined, "2 hops", ""],
    [node({ hops: undefined }), undefined, "on its way", ""],
  ] as const)("of %j says how it is reached", (node, link, way, why) => {
    expect(wayTo(node, link)).toBe(way);
    expect(whyOf(link)).toBe(why);
  });

  test("says who is no tab", () => {
    expect(keyOf(node({ kind: "process" }))).toBe("Node peer");
    expect(keyOf(node({}))).toBe("peer");
  });
});

test("numbers come with units", () => {
  const numbers = {
    bytesIn: 1_234,
    bytesOut: 5,
    framesIn: 1_000,
    framesOut: 2,
    verification: undefined,
    clockOffsetMs: -7,
  };
  expect(Object.fromEntries(tilesOf(numbers, 1, 2).map(({ label, value }) => [label, value]))).toEqual({
    Received: "1.2 kB",
    Sent: "5 B",
    "Frames in": "1,000",
    "Frames out": "2",
    "Messages in": "1",
    "Messages out": "2",
    "Clock off by": "~7 ms",
    Signatures: "none yet",
  });
});
