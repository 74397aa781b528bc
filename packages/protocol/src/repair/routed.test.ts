import { describe, expect, it } from "vitest";
import type { TestNode } from "../harness.testing.ts";
import { Harness } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { KEEP_ALL, TOPIC } from "../rumors/rumors.testing.ts";
import { at, makeFoundation, peerId } from "../room.testing.ts";
import type { Credential, PeerId } from "../types.ts";
import type { CircuitFrame, Frame, RouteFrame } from "../wire/frames.ts";
import { toHex } from "../wire/hex.ts";
import { decodeFrame } from "../wire/whole-codec.ts";
import { Routed } from "./routed.ts";

const VICTIM = 0;
const AUTHOR = 1;
const SIZE = 20;

const MAP = "3b".repeat(16);
const KEY = "0c".repeat(32);

interface Trial {
  readonly mesh: Harness;
  readonly victim: TestNode;
}

/** A mesh in which every neighbor that one peer ever has keeps rumors and entries from it: everybody's, or one author's. */
function surrounded(routedRounds: boolean, size = SIZE, formingMs = 40_000, isOne = false): Trial {
  let isHostile = false;
  const isKept = (author: PeerId): boolean => !isOne || author === mesh.nodes[AUTHOR]!.id;
  const mesh: Harness = new Harness({
    tuning: { routedRounds },
    onFrame: (_, to, bytes) => {
      if (!isHostile || to !== mesh.nodes[VICTIM]) return bytes;
      const decoded = decodeFrame(bytes);
      if (!decoded.ok) return bytes;
      const { frame } = decoded;
      if (frame?.kind === "rumor" && isKept(frame.rumor.header.author)) return undefined;
      return frame?.kind === "segment" && isKept(frame.log.author) ? undefined : bytes;
    },
  });
  for (let i = 0; i < size; i++) mesh.add(i);
  mesh.run(formingMs);
  isHostile = true;
  return { mesh, victim: mesh.nodes[VICTIM]! };
}

function publish({ mesh }: Trial): void {
  const author = mesh.nodes[AUTHOR]!;
  for (let i = 0; i < 5; i++) {
    const body = new Uint8Array([i]);
    const publishing = { kind: "publish", ref: 1e9 + i, topic: TOPIC, keyId: new Uint8Array(8), body } as const;
    mesh.command(author, { ...publishing, retention: KEEP_ALL });
  }
  const writing = { kind: "write", ref: 2e9, map: MAP, key: KEY, keyId: new Uint8Array(8) } as const;
  mesh.command(author, { ...writing, body: new Uint8Array([7]), lifeMs: 0 });
}

const entry = ({ victim }: Trial): number | undefined => victim.peer.entryAt(MAP, KEY)?.rumor.body[0];
const held = ({ victim }: Trial): number => victim.peer.rumorCounts.rumors;

describe("what all neighbors of a peer withhold", () => {
  it("comes along routes, from peers that are no neighbors", () => {
    const trial = surrounded(true);
    publish(trial);
    trial.mesh.run(40_000);
    expect([held(trial), entry(trial)]).toEqual([5, 7]);
    expect(trial.victim.event("misbehavior")).toEqual([]);
  });

  it("does not come without rounds along routes", () => {
    const trial = surrounded(false);
    publish(trial);
    trial.mesh.run(40_000);
    expect([held(trial), entry(trial)]).toEqual([0, undefined]);
  });

  it("of one author comes among a hundred peers too", () => {
    const trial = surrounded(true, 100, 12_000, true);
    publish(trial);
    for (let second = 0; second < 40 && (held(trial) < 5 || entry(trial) === undefined); second++)
      trial.mesh.run(1_000);
    expect([held(trial), entry(trial)]).toEqual([5, 7]);
    expect(trial.victim.event("misbehavior")).toEqual([]);
  });
});

it("a round along a route costs one word when nothing is missing, and is over after some seconds", () => {
  const words: (RouteFrame | CircuitFrame)[] = [];
  const mesh: Harness = new Harness({
    onFrame: (_from, _to, bytes) => {
      const { frame } = decodeFrame(bytes) as { readonly frame?: Frame };
      if (frame?.kind === "route" || frame?.kind === "circuit") words.push(frame);
      return bytes;
    },
  });
  for (let i = 0; i < SIZE; i++) mesh.add(i);
  mesh.run(40_000);
  words.length = 0;
  const rounds = new Set<string>();
  for (let second = 0; second < 30; second++) {
    const before = words.length;
    mesh.run(1_000);
    // They last ten seconds, so that each is seen. Those of before have laid their ways already.
    const named = new Set(words.slice(before).map(({ circuit }) => circuit));
    for (const { peer } of mesh.nodes) {
      for (const { circuit, ours } of peer.rooms.routed!.state.links.values())
        if (ours && named.has(circuit)) rounds.add(circuit);
    }
  }
  // Each begins one in eight seconds.
  expect(rounds.size).toBeGreaterThan((SIZE * 30) / 8 / 2);
  const ofRounds = words.filter(({ circuit }) => rounds.has(circuit));
  const sealed = new Set(ofRounds.map(({ sealed }) => toHex(sealed)));
  // The word that lays the way; nobody answers, for all hold the same. What else goes on circuits belongs to calls.
  expect(sealed.size).toBe(rounds.size);
  expect(ofRounds.filter(({ kind }) => kind === "circuit")).toEqual([]);
  expect(words.some(({ kind }) => kind === "circuit")).toBe(true);
  for (const { peer } of mesh.nodes) {
    const { routed: room, rumors, quotas } = peer.rooms;
    expect(room!.state.links.size).toBeLessThanOrEqual(limits.routedMax + 3);
    expect([...rumors.state.repair!.rounds.links.keys()].filter((link) => link < 0)).toEqual([
      ...room!.state.links.keys(),
    ]);
    const charged = [...quotas.state.links.keys()].filter((link) => Number(link) < 0).length;
    expect(charged).toBeLessThanOrEqual(room!.state.links.size);
  }
});

describe("who asks for a round along a route", () => {
  const digest = { kind: "digest", round: 1, beforeMs: 0, logs: 0, fingerprint: new Uint8Array(8) } as const;
  const credential = (number: number): Credential => ({
    peer: peerId(number),
    incarnation: 1,
    boxKey: new Uint8Array(32),
    ticket: new Uint8Array(1),
    signature: new Uint8Array(64),
  });

  it("takes no place for good: whoever had none lately comes before those who ask again and again", () => {
    const routed = new Routed(makeFoundation());
    const hear = (number: number, nowMs: number) =>
      routed.hear(`${number} ${nowMs}`, credential(number), digest, at(nowMs));
    const few = Array.from({ length: limits.routedMax }, (_, i) => i + 1);
    for (const number of few) expect(hear(number, 0)).toMatchObject({ isNew: true, instead: undefined });
    // The first are not sent away, and nobody has two.
    expect(hear(50, 0)).toBeUndefined();
    expect(routed.hear("another", credential(1), digest, at(0))).toBeUndefined();
    for (const link of routed.onDeadline(at(10_000)).over) routed.end(link);
    const again = few.map((number) => hear(number, 10_000)!.link);
    expect(hear(51, 10_000)).toMatchObject({ isNew: true, instead: again[0] });
    routed.end(again[0]!);
    expect(hear(1, 10_100)).toBeUndefined();
    expect(hear(52, 10_100)).toMatchObject({ isNew: true, instead: again[1] });
  });
});
