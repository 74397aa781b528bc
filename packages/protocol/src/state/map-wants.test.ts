import { expect, test } from "vitest";
import { limits } from "../limits.ts";
import { at, makeFoundation, peerId } from "../room.testing.ts";
import { Entries } from "./entries.ts";
import { MapRounds } from "./map-rounds.ts";

test("whoever asks for entries under two rounds in turn does not have all of them sorted each time", () => {
  const foundation = makeFoundation();
  const entries = new Entries(foundation);
  let sorted = 0;
  entries.items = () => {
    sorted++;
    return [];
  };
  const rounds = new MapRounds(foundation);
  rounds.onLinkUp(1, peerId(1), at(0));
  Object.assign(rounds.state.links.get(1)!, { asked: [1], answering: [2] });
  const lines = { mayServe: () => true, answer: () => {} };
  for (let i = 0; i < 1_000; i++) {
    rounds.onWant(1, { kind: "mapWant", round: 1 + (i % 2), ids: Uint32Array.of(1, 1) }, entries, lines, at(0));
  }
  expect(sorted).toBeLessThanOrEqual(limits.mapDigestsPerSecondMax);
  // The round that is at hand is answered all the same.
  rounds.onWant(1, { kind: "mapWant", round: 1, ids: Uint32Array.of(1, 1) }, entries, lines, at(1_000));
  for (let i = 0; i < 1_000; i++) {
    rounds.onWant(1, { kind: "mapWant", round: 1, ids: Uint32Array.of(1, 1) }, entries, lines, at(1_000));
  }
  expect(sorted).toBeLessThanOrEqual(limits.mapDigestsPerSecondMax + 1);
});
