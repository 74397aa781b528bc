import { describe, expect, test } from "vitest";
import type { Finding } from "./finding.ts";
import type { Host } from "./host.ts";
import { laterRooms } from "../parts/later-rooms.ts";
import { limits } from "../limits.ts";
import { Directory } from "../membership/directory.ts";
import { Overlay } from "./overlay.ts";
import { at, makeFoundation, peerId, Tray } from "../room.testing.ts";
import type { Call } from "../sampling/calls.ts";
import { descriptor, neighbor } from "../sampling/testing.testing.ts";
import { Admission } from "../trust/admission.ts";
import type { Credential, PeerId } from "../types.ts";

const FRIEND = peerId(1);

function credential(peer: PeerId): Credential {
  const signature = new Uint8Array(64);
  return { peer, incarnation: 1, boxKey: new Uint8Array(32), ticket: new Uint8Array([1]), signature };
}

/** A peer of one link, to which no call fails before its time. */
function overlayWith(
  anchors: readonly PeerId[],
  rings: number,
  seed: number,
  admission = new Admission(),
  hangUp: (link: number) => void = () => {},
): Overlay {
  const base = makeFoundation(peerId(0), { rings }, seed);
  const host: Host = {
    admission,
    directory: new Directory(),
    isShutOut: () => false,
    isGraylisted: () => false,
    isQuiet: () => false,
    rttLeastMs: () => undefined,
    onEvidence: () => {},
    post: () => {},
    hangUp,
    paused: false,
  } as Partial<Host> as Host;
  const overlay = new Overlay({ ...base, config: { ...base.config, anchors } }, host, undefined, laterRooms);
  overlay.onStart(at(0));
  overlay.neighbors.add(neighbor(1, FRIEND));
  return overlay;
}

const findingOf = (overlay: Overlay): Finding => overlay.finding as Finding;

/** One link, over which twenty others are introduced, and no ring that wants one of them. Returns who is called. */
function calledBy(anchors: readonly PeerId[], seed: number): readonly PeerId[] {
  const overlay = overlayWith(anchors, 0, seed);
  for (let i = 2; i < 22; i++) findingOf(overlay).introductions.add(credential(peerId(i)), 1, at(0));
  overlay.onDeadline(at(1), new Tray());
  return [...overlay.calls.state.calls.values()].map(({ peer }) => peer);
}

describe("who fills an empty place", () => {
  test("neighbors of an earlier run come first", () => {
    const anchors = [peerId(7), peerId(400)];
    for (let seed = 1; seed <= 20; seed++) expect(calledBy(anchors, seed)[0]).toBe(peerId(7));
  });

  test("with none of them about, it is whoever is introduced, and not always the same", () => {
    const calledFirst = new Set(Array.from({ length: 20 }, (_, i) => calledBy([], i + 1)[0]));
    expect(calledFirst.size).toBeGreaterThan(5);
  });
});

describe("with one link left, and routes over it to peers that crashed", () => {
  const now = at(0);
  const admission = new Admission();

  function crashed(): Overlay {
    const overlay = overlayWith([], 5, 1, admission);
    for (let i = 2; i < 200; i++) findingOf(overlay).table.learn(descriptor(peerId(i), 0), 1, 2, now);
    return overlay;
  }

  function named(overlay: Overlay, number: number, nowMs: number): Call | undefined {
    const card = credential(peerId(number));
    admission.admit(card);
    overlay.onSeedPeer(card, 0, `seat ${number}`, at(nowMs), new Tray());
    return overlay.calls.with(card.peer);
  }

  test("there is a place for whom a seed names, whatever rings lack", () => {
    const overlay = crashed();
    for (let nowMs = 1; nowMs < 20_000; nowMs += 500) {
      overlay.urge(at(nowMs));
      overlay.onDeadline(at(nowMs), new Tray());
      expect(overlay.calls.mayBegin).toBe(true);
    }
    expect(overlay.calls.state.made).toBeGreaterThan(2);
    expect(named(overlay, 900, 20_000)?.purpose).toBe("join");
  });

  test("there is one for whom the neighbor introduces", () => {
    const overlay = crashed();
    overlay.onDeadline(at(1), new Tray());
    findingOf(overlay).introductions.add(credential(peerId(901)), 1, at(1));
    overlay.urge(at(2));
    overlay.onDeadline(at(2), new Tray());
    expect(overlay.calls.with(peerId(901))).toBeDefined();
  });

  test("no seed is asked while nobody whom it names could be called", () => {
    const overlay = crashed();
    overlay.islands.state.seedsUp.add(0);
    for (let i = 300; i < 300 + limits.callsMax; i++) named(overlay, i, 0);
    expect(overlay.calls.mayBegin).toBe(false);
    const asks = (nowMs: number): boolean => {
      const tray = new Tray();
      overlay.urge(at(nowMs));
      overlay.onDeadline(at(nowMs), tray);
      return tray.effects.some(({ kind }) => kind === "seedAsk");
    };
    expect([1, 2_100, 2_900].some(asks)).toBe(false);
    expect([13_000, 16_000, 19_000].some(asks)).toBe(true);
  });
});

describe("a link more than is needed", () => {
  /** Of sixteen own links, on a peer that knows everyone at their other ends, those that it gives up in two minutes. */
  function givenUp(lose: (overlay: Overlay) => void, heardOf: number | undefined, members = 100): readonly number[] {
    const given: number[] = [];
    const overlay = overlayWith([], 0, 1, new Admission(), (link) => given.push(link));
    for (let i = 2; i < 17; i++) overlay.neighbors.add(neighbor(i, peerId(i), { purpose: "filler" }));
    Object.assign(findingOf(overlay).census.state, { draws: 1_000, known: members, met: 1 });
    lose(overlay);
    for (let nowMs = 100_000; nowMs < 220_000; nowMs += 1_000) {
      const slot = findingOf(overlay).table.slot(at(nowMs));
      if (heardOf !== undefined) findingOf(overlay).table.learn(descriptor(peerId(heardOf), slot), 2, 2, at(nowMs));
      overlay.urge(at(nowMs));
      overlay.onDeadline(at(nowMs), new Tray());
    }
    return given;
  }
  const loseOne = (overlay: Overlay): void => overlay.onVanished(peerId(50), at(100_000));

  test("is given up, and after a loss only one whose peer was heard of by another way since", () => {
    expect(givenUp(() => {}, undefined).length).toBeGreaterThan(0);
    // It may be the last one to another part of the mesh: who had few may lose hardly any when it falls apart.
    expect(givenUp(loseOne, undefined)).toEqual([]);
    expect(new Set(givenUp(loseOne, 9))).toEqual(new Set([9]));
  });

  test("is given up after a loss where all may call all: whoever keeps it leaves no place for one that lost its own", () => {
    expect(givenUp(loseOne, undefined, 20).length).toBeGreaterThan(0);
  });
});
