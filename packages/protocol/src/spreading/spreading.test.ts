import { describe, expect, it } from "vitest";
import type { SpreadingPolicy } from "../config.ts";
import { Author, Crowd, frameOf, TOPIC } from "../rumors/rumors.testing.ts";

function crowd(size: number, policies: readonly SpreadingPolicy[], seed = 3): Crowd {
  const made = new Crowd(size, seed, {}, policies);
  for (const { rumors, now } of made.peers) rumors.onSubscribe(TOPIC, now);
  return made;
}

const digests = ({ peers }: Crowd): number => new Set(peers.map(({ rumors }) => rumors.digest().join())).size;

describe("peers in one mesh", () => {
  it.each<readonly SpreadingPolicy[]>([["flood"], ["tree"], ["adaptive"], ["flood", "tree", "adaptive"]])(
    "of the policies %s deliver every rumor once, and verify it once",
    (...policies) => {
      const made = crowd(6, policies);
      made.linkAll();
      made.pass(1_000);
      for (let i = 0; i < 60; i++) {
        made.peers[i % 6]!.publish();
        made.pass(300);
      }
      for (const { delivered, verifications } of made.peers) {
        expect(delivered.length).toBe(60);
        expect(verifications).toBe(50);
      }
      expect(digests(made)).toBe(1);
    },
  );

  it("of the tree send little more than one copy for each delivery, however many publish", () => {
    const made = crowd(10, ["tree"]);
    made.linkAll();
    made.pass(1_000);
    const publishAll = (): void => {
      for (const peer of made.peers) {
        peer.publish();
        made.pass(200);
      }
    };
    const received = (): number => made.peers.reduce((sum, { rumors }) => sum + rumors.counts().received, 0);
    const copiesOf = (times: number): number => {
      const before = received();
      for (let i = 0; i < times; i++) publishAll();
      return (received() - before) / (times * 90);
    };
    copiesOf(1);
    // In the tree that they share, and then each in its own.
    expect(copiesOf(2)).toBeLessThanOrEqual(1.1);
    copiesOf(1);
    expect(copiesOf(2)).toBeLessThanOrEqual(1.1);
  });

  it("of the tree make up for a lost link without a repair round", () => {
    const made = crowd(5, ["tree"], 9);
    made.linkAll();
    made.pass(1_000);
    for (let i = 0; i < 8; i++) {
      made.peers[0]!.publish();
      made.pass(200);
    }
    // In a full mesh the source is everyone's parent: without its links to three of them, the fourth feeds them.
    for (const end of [1, 2, 3]) made.breakLink(0, end);
    const served = (): number => made.peers.reduce((sum, { rumors }) => sum + rumors.counts().served, 0);
    const before = served();
    for (let i = 0; i < 4; i++) {
      made.peers[0]!.publish();
      made.pass(1_500);
    }
    for (const { delivered } of made.peers) expect(delivered.length).toBe(12);
    expect(served()).toBe(before);
  });
});

it("an adaptive peer floods while links are lost, and says so", () => {
  const made = crowd(8, ["adaptive"]);
  made.linkAll();
  made.pass(1_000);
  const talk = (): void => {
    for (let i = 0; i < 24; i++) {
      made.peers[i % 8]!.publish();
      made.pass(250);
    }
  };
  talk();
  const strategies = (): string[] => made.peers.map(({ rumors }) => rumors.counts().spreading.strategy);
  expect(new Set(strategies())).toEqual(new Set(["tree"]));
  for (let i = 0; i < 14; i++) made.breakLink();
  talk();
  expect(strategies()).toContain("flood");
  for (let i = 0; i < 8; i++) talk();
  expect(new Set(strategies())).toEqual(new Set(["tree"]));
  expect(digests(made)).toBe(1);
});

it("a rumor that was brought by a liar first is spread when the truth comes", () => {
  const made = crowd(3, ["tree"]);
  made.linkAll();
  made.pass(1_000);
  const [peer, author] = [made.peers[0]!, new Author(9)];
  peer.linkUp(901, 902);
  const rumor = author.write();
  peer.receive(901, frameOf({ ...rumor, signature: new Uint8Array(64) }));
  peer.receive(902, frameOf(rumor));
  made.pass(1_000);
  for (const { rumors } of made.peers) expect(rumors.counts().rumors).toBe(1);
});
