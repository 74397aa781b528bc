import { describe, expect, test } from "vitest";
import type { Host } from "./host.ts";
import { Directory } from "./membership/directory.ts";
import { Overlay } from "./overlay.ts";
import { at, makeFoundation, peerId, Tray } from "./room.testing.ts";
import { neighbor } from "./sampling/testing.testing.ts";
import { Admission } from "./trust/admission.ts";
import type { Credential, PeerId } from "./types.ts";

const FRIEND = peerId(1);

function credential(peer: PeerId): Credential {
  const signature = new Uint8Array(64);
  return { peer, incarnation: 1, boxKey: new Uint8Array(32), ticket: new Uint8Array([1]), signature };
}

/** One link, over which twenty others are introduced, and no ring that wants one of them. Returns who is called. */
function calledBy(anchors: readonly PeerId[], seed: number): readonly PeerId[] {
  const base = makeFoundation(peerId(0), { rings: 0 }, seed);
  const host: Host = {
    admission: new Admission(),
    directory: new Directory(),
    isShutOut: () => false,
    isGraylisted: () => false,
    isQuiet: () => false,
    rttLeastMs: () => undefined,
    onEvidence: () => {},
    post: () => {},
    hangUp: () => {},
    paused: false,
  } as Partial<Host> as Host;
  const overlay = new Overlay({ ...base, config: { ...base.config, anchors } }, host);
  overlay.onStart(at(0));
  overlay.neighbors.add(neighbor(1, FRIEND));
  for (let i = 2; i < 22; i++) overlay.introductions.add(credential(peerId(i)), 1, at(0));
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
