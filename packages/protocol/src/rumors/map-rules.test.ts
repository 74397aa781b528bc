/**
 * Rules of what is believed of replicated maps, each against an adversary that breaks only this one, and without it, when the
 * adversary wins (see `rules.test.ts`). Many such adversaries in one mesh: `simulate attack --kind map-...`.
 */
import { describe, expect, it } from "vitest";
import { Harness, type HarnessOptions, type TestNode } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import type { Maps } from "./maps.ts";
import { mutate } from "./mutation.testing.ts";
import { TestRumors } from "./rumors.testing.ts";
import { MAP, entry, keyTag } from "../state/entries.testing.ts";
import type { Held } from "../state/entry.ts";
import type { Header, LinkId } from "../types.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";
import { toHex } from "../wire/hex.ts";

interface Duel {
  readonly says: string;
  readonly adversary: string;
  /** Is what the rule protects still true in the end? `isOn`: the rule is there. */
  play(isOn: boolean): boolean;
}

const KEY = 1;

interface Three {
  readonly world: Harness;
  readonly victim: TestNode;
  readonly liar: TestNode;
  readonly honest: TestNode;
}

/** Whole peers that know each other. `onFrame`: what becomes of what they say. */
function three(options: HarnessOptions = {}): Three {
  const world = new Harness(options);
  const [victim, liar, honest] = [world.add(1), world.add(2), world.add(3)];
  world.run(5_000);
  return { world, victim, liar, honest };
}

function write({ world }: Three, node: TestNode, text: string, key = KEY, lifeMs = 0): void {
  const body = Uint8Array.from(text, (character) => character.charCodeAt(0));
  world.command(node, {
    kind: "write",
    ref: 1,
    map: MAP,
    key: toHex(keyTag(key)),
    keyId: new Uint8Array(8),
    body,
    lifeMs,
  });
}

function read(node: TestNode): string | undefined {
  const found = node.peer.entryAt(MAP, toHex(keyTag(KEY)));
  return found === undefined ? undefined : String.fromCharCode(...found.rumor.body);
}

/** The liar serves the victim an entry. */
function serve({ world, victim, liar }: Three, { rumor }: Pick<Held, "rumor">): void {
  const { link } = victim.peer.neighbors.find(({ peer }) => peer === liar.id)!;
  const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: true, rumor });
  world.input(victim, { kind: "received", link, channel: "data", bytes });
}

const by = ({ world, liar }: Three, change: Partial<Header> = {}): Partial<Header> => ({
  author: liar.id,
  incarnation: liar.config.incarnation,
  timeMs: world.nowMs,
  ...change,
});

const duels: readonly Duel[] = [
  {
    says: "a promise of entries holds nobody up",
    adversary: "a neighbor that promises entries and delivers none",
    play: (isOn) => {
      let isLying = false;
      // The liar delivers no entry. What the honest one pushes is lost on its way to the victim: only its rounds are left.
      const onFrame: HarnessOptions["onFrame"] = (from, to, bytes) => {
        if (!isLying) return bytes;
        const decoded = decodeFrame(bytes);
        const frame = decoded.ok ? decoded.frame : undefined;
        const isPush = frame?.kind === "iHave" || (frame?.kind === "rumor" && !frame.repair);
        const isLost = from === all.honest && to === all.victim && isPush;
        return isLost || (from === all.liar && frame?.kind === "rumor") ? undefined : bytes;
      };
      const all = three({ onFrame, tuning: { repairPeriodMs: 1_000 } });
      const { world, victim, honest } = all;
      const { fetch } = victim.peer.rooms.rumors.state.maps!.rounds;
      const isAsking = (): boolean => [...fetch.links.values()].some(({ asked }) => asked !== undefined);
      // Who was asked first is the only one asked.
      if (!isOn) {
        const path = "rumors.maps.rounds.fetch.next";
        mutate(
          victim.peer.rooms,
          path,
          (next) =>
            (...args) =>
              isAsking() ? undefined : next(...args),
        );
      }
      isLying = true;
      write(all, all.liar, "value");
      for (let i = 0; i < 1_000 && !isAsking(); i++) world.run(10);
      if (!isAsking()) throw new Error("expected the victim to ask the liar within ten seconds");
      write(all, honest, "later");
      // Some rounds, and no more than half of the time for which a promise counts.
      world.run(5_000);
      return read(victim) === "later";
    },
  },
  {
    says: "a comparison may not cost more than it is worth",
    adversary: "a neighbor whose fingerprints never match",
    play: (isOn) => {
      const [victim, link] = [new TestRumors(), 1];
      const maps = victim.rumors.maps as Maps;
      if (!isOn) mutate(maps, "rounds.mayLook", () => () => true);
      victim.linkUp(link);
      for (let key = 0; key < 100; key++) bring(victim, maps, link, entry(key, 1, key + 1));
      victim.forget();
      const spans = [{ end: undefined, says: { kind: "print", high: 1, low: 2 } }] as const;
      for (let round = 0; round < 1_000; round++) {
        victim.pass(1);
        maps.onFrame(link, { kind: "mapDigest", round, spans }, victim.now, victim.tray);
      }
      return victim.sent("mapDigest", link).length <= 3 * limits.mapDigestsPerSecondMax;
    },
  },
  {
    says: "the greatest signed stamp stands, whatever comes later",
    adversary: "a neighbor that serves what was overwritten",
    play: (isOn) => {
      const all = three();
      const { victim } = all;
      if (!isOn) {
        const asNews = (prospect: unknown): unknown => (prospect === "older" ? "newer" : prospect);
        mutate(
          victim.peer.rooms,
          "rumors.maps.entries.judge",
          (judge) =>
            (...args) =>
              asNews(judge(...args)),
        );
      }
      const old = entry(KEY, 0, 1, by(all), Uint8Array.of(65));
      serve(all, entry(KEY, 0, 2, by(all, { timeMs: all.world.nowMs + 1_000 }), Uint8Array.of(66)));
      serve(all, old);
      all.world.run(5_000);
      return read(victim) === "B";
    },
  },
  {
    says: "what was deleted stays deleted",
    adversary: "a neighbor that never heard of the deletion, and offers what was deleted",
    play: (isOn) => {
      const all = three();
      const { world, victim } = all;
      if (!isOn) for (const { peer } of world.nodes) mutate(peer.rooms, "rumors.maps.entries.bury", () => () => {});
      const value = entry(KEY, 0, 1, by(all));
      serve(all, value);
      world.run(1_000);
      write(all, victim, "", KEY, 10_000);
      world.run(20_000);
      serve(all, value);
      world.run(5_000);
      return read(victim) === undefined;
    },
  },
  {
    says: "a stamp too far ahead is not believed before its time",
    adversary: "an author that would pin a key for ever",
    play: (isOn) => {
      const all = three();
      const { world, victim, honest } = all;
      if (!isOn) {
        mutate(victim.peer.rooms, "rumors.maps.consider", (consider) => (link, frame, slot, now, out) => {
          const { nowMs, meshMs } = now as { nowMs: number; meshMs: number };
          return consider(link, frame, slot, { nowMs, meshMs: meshMs + 86_400_000 }, out);
        });
      }
      serve(all, entry(KEY, 0, 1, by(all, { timeMs: world.nowMs + 3_600_000 })));
      world.run(1_000);
      write(all, victim, "mine");
      world.run(5_000);
      return read(victim) === "mine" && read(honest) === "mine";
    },
  },
];

function bring(victim: TestRumors, maps: Maps, link: LinkId, { rumor }: Held): void {
  maps.onRumor(link, { kind: "rumor", hops: 1, repair: false, rumor }, victim.now, victim.tray);
  for (const effect of victim.unanswered.splice(0)) maps.onVerified(effect.ref, true, victim.now, victim.tray);
}

describe.each(duels)("of maps, $says", (duel) => {
  it(`against ${duel.adversary}`, () => {
    expect(duel.play(true)).toBe(true);
  });

  it("but not with the rule switched off", () => {
    expect(duel.play(false)).toBe(false);
  });
});
