import { describe, expect, it } from "vitest";
import { Harness, bytesOf } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { at, peerId, testHash } from "../room.testing.ts";
import { Author, frameOf, sign } from "../rumors/rumors.testing.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import type { Frame } from "../wire/frames.ts";
import { credentialBytes } from "../wire/statements.ts";
import type { Credential } from "../types.ts";
import type { Quota } from "./quotas.ts";
import { CHARGES, QUOTAS, Quotas } from "./quotas.ts";

const author = new Author(1);
const SHORT = "0011223344556677";
const log = { author: author.id, incarnation: 1, topic: "0a".repeat(16) };
const credential: Credential = {
  peer: peerId(7),
  incarnation: 1,
  boxKey: new Uint8Array(32),
  ticket: new Uint8Array([1]),
  signature: new Uint8Array(64),
};
/** One that holds, in the model of signatures. */
function admitted(meshId: Uint8Array, peer: string): Credential {
  const { incarnation, boxKey, ticket } = credential;
  const bytes = credentialBytes(meshId, peer, incarnation, boxKey, testHash(ticket));
  return { ...credential, peer, signature: sign(peer, bytes) };
}

const names = Array.from({ length: limits.announcedMax }, () => ({ id: SHORT, hops: 1 }));
const logs = Array.from({ length: limits.logsMax }, () => ({ log, low: 1, ranges: [[1, 1] as const] }));

/** A large frame of each quota. */
const HEAVY: Readonly<Record<Quota, Frame>> = {
  rumors: frameOf(author.write({}, new Uint8Array(limits.rumorBodyBytesMax))),
  names: { kind: "iHave", rumors: names },
  logs: { kind: "have", round: 1, covers: { kind: "none" }, logs },
  questions: { kind: "want", round: 1, wants: [{ log, ranges: [[1, 1_000]] }] },
  seeks: { kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 },
  lookups: { kind: "credentialsWant", peers: Array.from({ length: 24 }, () => author.id) },
  peers: { kind: "credentialsHave", credentials: Array.from({ length: 24 }, () => credential) },
  statements: { kind: "departure", peer: author.id, incarnation: 1, signature: new Uint8Array(64) },
  relays: { kind: "circuit", circuit: SHORT, sealed: new Uint8Array(limits.sealedBytesMax) },
  control: { kind: "ping", nonce: 1 },
};

describe.each(Object.entries(HEAVY) as [Quota, Frame][])("the quota of %s", (quota, frame) => {
  it("slows a link that goes beyond it, hangs up one that goes on, and leaves other quotas and links alone", () => {
    const quotas = new Quotas();
    const verdicts: string[] = [];
    while (verdicts.at(-1) !== quota) verdicts.push(quotas.charge(1, frame, at(0)));
    const within = verdicts.filter((verdict) => verdict === "within").length;
    const cost = (CHARGES[frame.kind] as { cost: (frame: Frame) => number }).cost(frame);
    expect(within).toBe(Math.floor(QUOTAS[quota].burst / cost));
    // As much again is borne before the link goes.
    expect(verdicts.length).toBeGreaterThan(2 * within);
    expect(verdicts.length).toBeLessThanOrEqual(2 * within + 3);
    for (const [other, heavy] of Object.entries(HEAVY)) {
      if (other !== quota) expect(quotas.charge(1, heavy, at(0))).toBe("within");
      expect(quotas.charge(2, heavy, at(0))).toBe("within");
    }
    expect(Object.entries(quotas.state.exceeded).filter(([, times]) => times > 0)).toEqual([
      [quota, verdicts.length - within],
    ]);
  });

  it("is there again with time, and half as much again at length does no worse than be slowed", () => {
    const quotas = new Quotas();
    const cost = (CHARGES[frame.kind] as { cost: (frame: Frame) => number }).cost(frame);
    const everyMs = (1_000 * cost) / (1.5 * QUOTAS[quota].perSecond);
    const frames = Math.ceil((6 * QUOTAS[quota].burst) / cost);
    let slowed = 0;
    for (let i = 0; i < frames; i++) {
      const verdict = quotas.charge(1, frame, at(i * everyMs));
      expect(verdict).not.toBe(quota);
      if (verdict === "over") slowed++;
    }
    expect(slowed).toBeGreaterThan(0);
    expect(quotas.charge(1, frame, at(frames * everyMs + 1_000 + (1_000 * cost) / QUOTAS[quota].perSecond))).toBe(
      "within",
    );
  });
});

describe("authors and introducers", () => {
  it("an author is slowed alone, over all links together", () => {
    const quotas = new Quotas();
    let rumors = 0;
    while (quotas.write("loud", 100, at(0))) rumors++;
    expect(rumors).toBe(Math.floor(QUOTAS.author.burst / 1_700));
    expect(quotas.roomFor("loud", at(0))).toBe(0);
    expect(quotas.write("quiet", 100, at(0))).toBe(true);
    expect(quotas.roomFor("loud", at(1_000))).toBeGreaterThan(1_000);
    expect(quotas.state.exceeded).toMatchObject({ author: 1, rumors: 0 });
  });

  it("a link that brings authors without end is refused more, and no other link is", () => {
    const quotas = new Quotas();
    let authors = 0;
    while (quotas.introduce(1, at(0))) authors++;
    expect(authors).toBe(limits.admittedMax);
    expect(quotas.introduce(2, at(0))).toBe(true);
    expect(quotas.introduce(1, at(1_000))).toBe(true);
  });

  it("so many authors are remembered, and no more", () => {
    const quotas = new Quotas();
    for (let i = 0; i < 2 * limits.admittedMax; i++) quotas.write(`author ${i}`, 1, at(0));
    expect(quotas.state.authors.size).toBe(limits.admittedMax);
  });
});

describe("an honest busy peer stays within all quotas", () => {
  it("publishing 1 000 rumors a second for a minute, each announced and grafted, with rounds beside", () => {
    const quotas = new Quotas();
    const small = frameOf(author.write({}, new Uint8Array(300)));
    const named: Frame = { kind: "iHave", rumors: names.slice(0, 100) };
    for (let ms = 0; ms < 60_000; ms++) {
      expect(quotas.charge(1, small, at(ms))).toBe("within");
      expect(quotas.write(author.id, 300, at(ms))).toBe(true);
      if (ms % 100 !== 0) continue;
      for (const frame of [named, HEAVY.questions, HEAVY.control]) {
        if (frame !== HEAVY.control || ms % 1_000 === 0) expect(quotas.charge(1, frame, at(ms))).toBe("within");
      }
    }
  });

  it("answering with 50 000 rumors by one author or ten, as fast as a link is served", () => {
    for (const authors of [1, 10]) {
      const quotas = new Quotas();
      const small = frameOf(author.write({}, new Uint8Array(16)));
      const everyMs = (1_000 * (16 + 256)) / limits.repairBytesPerSecondMax;
      for (let i = 0; i < 50_000; i++) {
        expect(quotas.charge(1, small, at(i * everyMs))).toBe("within");
        expect(quotas.write(`author ${i % authors}`, 16, at(i * everyMs))).toBe(true);
        if (i % limits.wantRumorsMax === 0) expect(quotas.charge(2, HEAVY.questions, at(i * everyMs))).toBe("within");
      }
    }
  });

  it("as a whole peer: 1 000 a second for five seconds, and a newcomer that catches up, go over no quota", () => {
    const world = new Harness();
    const [a] = [world.add(1), world.add(2), world.add(3)];
    world.run(3_000);
    const topic = log.topic;
    const retention = { countMax: 100_000, bytesMax: 100_000_000, ageMs: 0 };
    for (let i = 0; i < 5_000; i++) {
      world.command(a, {
        kind: "publish",
        ref: -1 - i,
        topic,
        keyId: new Uint8Array(8),
        body: bytesOf("x"),
        retention,
      });
      world.run(1);
    }
    const late = world.add(4);
    world.run(10_000);
    expect(late.peer.rumorCounts.rumors).toBe(5_000);
    for (const { peer } of world.nodes) {
      expect(Object.values(peer.counts.overQuota).every((times) => times === 0)).toBe(true);
      expect(peer.counts.misbehavior).toEqual({});
    }
  });
});

describe("a whole peer", () => {
  it("hangs up a neighbor that pings without end, counts why, and stays in service for the others", () => {
    const world = new Harness();
    const [a, b, c] = [world.add(1), world.add(2), world.add(3)];
    world.run(5_000);
    const link = a.peer.neighbors.find(({ peer }) => peer === b.id)!.link;
    const ping = encodeFrame({ kind: "ping", nonce: 1 });
    let pings = 0;
    while (world.linked(a, b)) {
      expect(++pings).toBeLessThan(10_000);
      world.input(a, { kind: "received", link, channel: "control", bytes: ping });
    }
    expect(pings).toBeGreaterThan(2 * QUOTAS.control.burst - 100);
    expect(a.peer.counts.misbehavior).toEqual({ "far more than its quota of control": 1 });
    expect(a.peer.counts.overQuota.control).toBeGreaterThan(1_900);
    // Those beyond the quota were not answered.
    expect(a.peer.counts.framesOut["pong"]).toBeLessThan(QUOTAS.control.burst + 10);
    world.run(1_000);
    expect(world.linked(a, c)).toBe(true);
    expect(world.linked(a, b)).toBe(false);
  });

  it("charges authors that nobody knew to the link that brought them, and takes more of them from another link", () => {
    const world = new Harness();
    const [a, b, c] = [world.add(1), world.add(2), world.add(3)];
    world.run(5_000);
    const { verifications } = a;
    const linkTo = (id: string): number => a.peer.neighbors.find(({ peer }) => peer === id)!.link;
    let introduced = 0;
    const introduce = (link: number): void => {
      const credentials = Array.from({ length: 24 }, () => admitted(a.config.meshId, peerId(1_000 + introduced++)));
      const bytes = encodeFrame({ kind: "credentialsHave", credentials });
      world.input(a, { kind: "received", link, channel: "control", bytes });
    };
    while (introduced < limits.admittedMax + 480) introduce(linkTo(b.id));
    expect(a.verifications - verifications).toBe(limits.admittedMax);
    expect(a.peer.counts.overQuota.introducer).toBe(introduced - limits.admittedMax);
    introduce(linkTo(c.id));
    expect(a.verifications - verifications).toBe(limits.admittedMax + 24);
    expect(a.peer.counts.misbehavior).toEqual({});
  });
});

it("every kind of frame is charged, or said to come but once", () => {
  const free = Object.entries(CHARGES).filter(([, charge]) => charge === undefined);
  expect(free.map(([kind]) => kind)).toEqual(["hello", "auth", "bye"]);
});
