import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, type TestNode } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { Author } from "../rumors/rumors.testing.ts";
import { toHex } from "../wire/hex.ts";
import { testHash } from "../room.testing.ts";
import { ROLE_ADMIN, ROLE_READER, ROLE_WRITER } from "../types.ts";
import { frameOf, peer } from "../wire/arbitraries.testing.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../wire/epoch-codec.ts";
import { keyProofBytes, keysTopic } from "../wire/statements.ts";
import {
  TOPIC,
  TERM_MS,
  ALL,
  SINCE,
  mesh,
  join,
  publish,
  idOf,
  holds,
  heard,
  epochs,
  frameIn,
  convict,
  restoredOf,
} from "./keys.testing.ts";

describe("epochs", () => {
  test("a mesh whose keys do not change makes none, and answers no question about keys", () => {
    const { world, nodes } = mesh(3, { keys: undefined as never });
    const [a] = nodes;
    const { link } = a!.peer.neighbors[0]!;
    const bytes = encodeFrame({ kind: "keyWant", proof: undefined, keyIds: ["00".repeat(8)] });
    world.input(a!, { kind: "received", link, channel: "control", bytes });
    world.run(TERM_MS);
    expect(nodes.flatMap(({ keyring }) => [...keyring.keys])).toEqual([]);
    expect(a!.peer.counts.framesOut.keyGive).toBeUndefined();
  });

  test("the first is made at once by who is alone, and given to all who come", () => {
    const { world, nodes } = mesh(8);
    expect(epochs(nodes)).toHaveLength(1);
    expect(nodes[0]!.peer.keys.epoch).toMatchObject({ number: 1, maker: nodes[0]!.id, reason: "first" });
    for (const node of nodes) expect(holds(node, idOf(node))).toBe(true);
    publish(world, nodes[3]!, "hello");
    world.run(1_000);
    for (const node of nodes) expect(heard(node)).toEqual(["hello"]);
  });

  test("without a seed to say so, one of those who are there makes it", () => {
    const { nodes } = mesh(5, { onFrame: (_, __, bytes) => bytes });
    expect(epochs(nodes)).toHaveLength(1);
  });

  // Whenever the admin came, and so whoever looks at the epoch first: each looks every three seconds.
  test.each([10_000, 10_700, 11_400, 12_100])(
    "one ends when its time is over; an admin, here for %s ms, makes the next, and all move on",
    (forMs) => {
      const { world, nodes } = mesh(6);
      const admin = join(world, 9, { standing: { role: ROLE_ADMIN } });
      world.run(forMs);
      const before = idOf(admin);
      world.run(TERM_MS);
      expect(epochs([...nodes, admin])).toHaveLength(1);
      expect(admin.peer.keys.epoch).toMatchObject({ number: 2, maker: admin.id, reason: "schedule" });
      expect(idOf(admin)).not.toBe(before);
    },
  );

  test("a reader makes none, and is given every one", () => {
    const { world, nodes } = mesh(3);
    const reader = join(world, 9, { standing: { role: ROLE_READER } });
    world.run(2 * TERM_MS + 60_000);
    expect(epochs([...nodes, reader])).toHaveLength(1);
    expect(nodes[0]!.peer.keys.epoch!.number).toBe(3);
    expect(reader.event("epoch").length).toBeGreaterThan(1);
  });

  test("what is written while keys change is delivered to all, each once, in order, however late keys are", () => {
    let slow = false;
    let answers = 0;
    const { world, nodes } = mesh(6, {
      // Every second answer is lost, and announcements come by repair.
      onFrame: (_, __, bytes) =>
        slow && frameIn(bytes)?.kind === "keyGive" && answers++ % 2 === 0 ? undefined : bytes,
    });
    world.run(TERM_MS - 30_000);
    slow = true;
    const said: string[] = [];
    for (let i = 0; i < 48; i++) {
      const author = nodes[i % 6]!;
      publish(world, author, `${i % 6} ${i}`);
      said.push(`${i % 6} ${i}`);
      world.run(1_000);
    }
    world.run(40_000);
    for (const node of nodes) {
      expect(node.peer.keys.epoch!.number).toBe(2);
      expect(heard(node).toSorted()).toEqual(said.toSorted());
      for (let author = 0; author < 6; author++) {
        const own = heard(node).filter((text) => text.startsWith(`${author} `));
        expect(own).toEqual(said.filter((text) => text.startsWith(`${author} `)));
      }
      expect(node.peer.keys.counts).toMatchObject({ waiting: 0, unread: 0, overdue: 0 });
    }
  });

  test("a rumor whose key never comes is handed on after half a minute, and what is behind it with it", () => {
    const { world, nodes } = mesh(3);
    publish(world, nodes[0]!, "sealed", "ab".repeat(8));
    publish(world, nodes[0]!, "plain");
    world.run(20_000);
    expect(heard(nodes[1]!)).toEqual([]);
    expect(nodes[1]!.peer.keys.counts.waiting).toBe(2);
    world.run(15_000);
    expect(heard(nodes[1]!)).toEqual(["sealed", "plain"]);
    expect(nodes[1]!.peer.keys.counts).toMatchObject({ waiting: 0, unread: 1 });
  });
});

describe("removal", () => {
  test("ends the epoch at once, by somebody who may, and the removed one is given no key", () => {
    const { world, nodes } = mesh(8);
    const removed = nodes[3]!;
    const others = nodes.filter((node) => node !== removed);
    const before = idOf(removed);
    convict(world, removed, others[0]!);
    world.run(10_000);
    expect(epochs(others)).toHaveLength(1);
    expect(idOf(others[0]!)).not.toBe(before);
    expect(others[0]!.peer.keys.epoch).toMatchObject({ reason: "removal", out: [removed.id] });
    expect(others.every(({ peer }) => peer.keys.isReady)).toBe(true);
    world.run(120_000);
    expect(holds(removed, idOf(others[0]!))).toBe(false);
  });

  test("also of the one who made the epoch, and of one whose certificate ran out", () => {
    const { world, nodes } = mesh(5);
    const [maker, ...others] = nodes;
    const brief = join(world, 9, { standing: { role: ROLE_WRITER, expiryMs: world.nowMs + 60_000 } });
    world.run(10_000);
    expect(others[0]!.peer.keys.epoch!.maker).toBe(maker!.id);
    convict(world, maker!, others[0]!);
    world.run(20_000);
    const second = others[0]!.peer.keys.epoch!;
    expect([second.number, second.maker === maker!.id, holds(brief, second.keyId)]).toEqual([2, false, true]);
    world.run(60_000);
    const third = others[0]!.peer.keys.epoch!;
    expect(new Set(third.out)).toEqual(new Set([maker!.id, brief.id]));
    expect([holds(brief, third.keyId), holds(maker!, third.keyId)]).toEqual([false, false]);
    expect(epochs(others)).toHaveLength(1);
  });

  test("a removed peer that asks on is refused", () => {
    const { world, nodes } = mesh(4);
    const [a, b] = nodes;
    const { link } = a!.peer.neighbors.find(({ peer }) => peer === b!.id)!;
    world.run(1_000);
    // What the other three think of it is nothing that this one knows yet, but the epoch says so.
    a!.peer.rooms.epochs.state.known.set(idOf(a!), { ...a!.peer.keys.epoch!, out: [b!.id] });
    const given = a!.peer.counts.framesOut.keyGive ?? 0;
    const bytes = encodeFrame({ kind: "keyWant", proof: undefined, keyIds: [idOf(a!)] });
    const out: Uint8Array[] = [];
    for (const effect of a!.peer.handle({ kind: "received", link, channel: "control", bytes }, world.nowMs)) {
      if (effect.kind === "keyring") expect(effect.ask).toMatchObject({ op: "give", keyIds: [] });
      if (effect.kind === "send") out.push(effect.bytes);
    }
    expect([out, a!.peer.counts.framesOut.keyGive ?? 0]).toEqual([[], given]);
  });
});

describe("apart and together again", () => {
  test("epochs made on two sides both stay readable, and one is chosen everywhere", () => {
    let apart = false;
    const { world, nodes } = mesh(6, {
      onFrame: (from, to, bytes) => (apart && side(from) !== side(to) ? undefined : bytes),
    });
    const side = (node: TestNode): boolean => nodes.indexOf(node) < 3;
    apart = true;
    world.seedUp = false;
    world.run(TERM_MS + 30_000);
    const [left, right] = [nodes.slice(0, 3), nodes.slice(3)];
    expect([epochs(left), epochs(right)].map(({ length }) => length)).toEqual([1, 1]);
    expect(epochs(nodes)).toHaveLength(2);
    publish(world, left[0]!, "left");
    publish(world, right[0]!, "right");
    world.run(1_000);
    apart = false;
    world.seedUp = true;
    for (const node of nodes) world.input(node, { kind: "seedUp", seed: 0 });
    world.run(330_000);
    expect(epochs(nodes)).toHaveLength(1);
    for (const node of nodes)
      expect(
        heard(node)
          .map((text) => text.replace("*", ""))
          .toSorted(),
      ).toEqual(["left", "right"]);
  });
});

describe("who was away", () => {
  test.each([
    ["all", ALL],
    ["since-join", SINCE],
  ] as const)("during two rotations gets both keys, and reads what was written meanwhile (%s)", (_, keys) => {
    const { world, nodes } = mesh(5, { keys });
    const away = nodes[4]!;
    const kept = restoredOf(away);
    world.crash(away);
    const others = nodes.slice(0, 4);
    for (const day of [1, 2]) {
      world.run(TERM_MS);
      publish(world, others[0]!, `day ${day}`);
    }
    world.run(30_000);
    const back = join(world, 5, { incarnation: world.nowMs, ...kept });
    world.run(20_000);
    expect(others[0]!.peer.keys.epoch!.number).toBe(3);
    expect(idOf(back)).toBe(idOf(others[0]!));
    expect(heard(back)).toEqual(["day 1*", "day 2*"]);
    for (const { rumor } of back.delivered) expect(holds(back, toHex(rumor.header.keyId))).toBe(true);
  });

  test("a newcomer gets the keys of all that is retained, when the mesh says so", () => {
    const { world, nodes } = mesh(4);
    publish(world, nodes[0]!, "old");
    world.run(TERM_MS + 60_000);
    publish(world, nodes[0]!, "new");
    const newcomer = join(world, 9);
    world.run(10_000);
    expect(heard(newcomer)).toHaveLength(2);
    for (const { rumor } of newcomer.delivered) expect(holds(newcomer, toHex(rumor.header.keyId))).toBe(true);
  });

  test("and with since-join only that of an epoch which began with it", () => {
    const { world, nodes } = mesh(4, { keys: SINCE });
    world.run(60_000);
    publish(world, nodes[0]!, "old");
    const before = idOf(nodes[0]!);
    world.run(60_000);
    const newcomer = join(world, 9);
    world.run(10_000);
    expect(idOf(newcomer)).toBe(idOf(nodes[0]!));
    expect([holds(newcomer, before), idOf(newcomer) === before]).toEqual([false, false]);
    publish(world, nodes[1]!, "new");
    world.run(1_000);
    // What it cannot read is not waited for.
    expect(heard(newcomer)).toEqual(["old*", "new"]);
    expect(newcomer.peer.keys.counts).toMatchObject({ waiting: 0 });
  });

  test("nor by a key of its own that it announces as if it had been here before", () => {
    const { world, nodes } = mesh(3, { keys: SINCE });
    const [alice] = nodes as [TestNode];
    world.run(30_000);
    publish(world, alice, "old");
    const old = alice.peer.keys.epoch!;
    world.run(TERM_MS + 60_000);
    const mallory = join(world, 9);
    world.run(10_000);
    expect(holds(mallory, old.keyId)).toBe(false);

    const own = mallory.keyring.add(new Uint8Array(32).fill(0x99));
    mallory.peer.rooms.epochs.state.held.add(own);
    const announcement = { number: 1, keyId: own, rotateMs: TERM_MS, history: "since-join", reason: "first" } as const;
    const topic = keysTopic(testHash, mallory.config.meshId);
    const body = encodeAnnouncement({ ...announcement, out: [], former: [] });
    const announced = new Author(9, 1, topic).write({ timeMs: old.startMs, keyId: new Uint8Array(8) }, body);
    const keyId = Uint8Array.from(own.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    // So that everybody wants the key.
    const sealed = new Author(9, 1, TOPIC).write({ timeMs: world.nowMs, keyId });
    for (const rumor of [announced, sealed]) {
      const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor });
      for (const node of [mallory, alice]) {
        const from = node === alice ? mallory : alice;
        const { link } = node.peer.neighbors.find(({ peer }) => peer === from.id)!;
        world.input(node, { kind: "received", link, channel: "data", bytes });
      }
    }
    world.run(20_000);
    const { link } = alice.peer.neighbors.find(({ peer }) => peer === mallory.id)!;
    // Alice has asked for it, for something is sealed with it.
    const { bytes: sealedKey } = mallory.keyring.answer({
      op: "give",
      keyIds: [own],
      proof: undefined,
      to: alice.boxKey,
    });
    const keyGive = encodeFrame({ kind: "keyGive", sealed: sealedKey });
    world.input(alice, { kind: "received", link, channel: "control", bytes: keyGive });
    expect(holds(alice, own)).toBe(true);

    const proved = keyProofBytes(mallory.config.meshId, mallory.id, mallory.config.incarnation, alice.id);
    const { bytes: mac } = mallory.keyring.answer({ op: "prove", keyId: own, bytes: proved });
    const bytes = encodeFrame({ kind: "keyWant", proof: { under: own, mac }, keyIds: [old.keyId] });
    const given: string[] = [];
    for (const effect of alice.peer.handle({ kind: "received", link, channel: "control", bytes }, world.nowMs)) {
      if (effect.kind === "keyring") given.push(...alice.keyring.answer(effect.ask).keyIds);
    }
    expect(given).toEqual([]);
  });

  test("a proof made for another, or by guessing, gets nothing", () => {
    const { world, nodes } = mesh(3, { keys: SINCE });
    world.run(TERM_MS + 60_000);
    const [a, b, c] = nodes;
    const given: number[] = [];
    const keyId = idOf(a!);
    const { link } = a!.peer.neighbors.find(({ peer }) => peer === b!.id)!;
    for (const mac of [new Uint8Array(32), c!.keyring.answer({ op: "prove", keyId, bytes: bytesOf("mine") }).bytes]) {
      const bytes = encodeFrame({ kind: "keyWant", proof: { under: keyId, mac }, keyIds: [keyId] });
      const effects = a!.peer.handle({ kind: "received", link, channel: "control", bytes }, world.nowMs);
      for (const effect of effects) {
        if (effect.kind === "keyring") given.push(a!.keyring.answer(effect.ask).keyIds.length);
      }
      world.run(1_000);
    }
    expect(given).toEqual([0, 0]);
  });
});

describe("overlap", () => {
  test("an author that stays behind is heard for five minutes more, and then only in history", () => {
    const { world, nodes } = mesh(4);
    const [laggard, other] = nodes;
    const old = idOf(laggard!);
    world.run(TERM_MS + 60_000);
    expect(idOf(other!)).not.toBe(old);
    for (const minute of [0, 4, 6]) {
      publish(world, laggard!, `minute ${minute}`, old);
      world.run(120_000 * (minute === 0 ? 2 : 1));
    }
    expect(heard(other!)).toEqual(["minute 0", "minute 4", "minute 6*"]);
    expect(other!.peer.keys.counts.overdue).toBe(1);
    // It moves on, and is heard again. So is what was written in time and comes late.
    publish(world, laggard!, "at last");
    world.run(1_000);
    expect(heard(other!).at(-1)).toBe("at last");
  });

  test("nobody ends the epoch that all write under by an announcement in arrears", () => {
    const { world, nodes } = mesh(3, { keys: { rotateMs: 0, history: "all" } });
    const [alice, bob, mallory] = nodes as [TestNode, TestNode, TestNode];
    const { keyId, startMs } = alice.peer.keys.epoch!;
    const former = [{ keyId, startMs }];
    const next = { number: 2, keyId: "ee".repeat(8), rotateMs: 0, history: "all", reason: "schedule" } as const;
    const body = encodeAnnouncement({ ...next, out: [], former });
    const topic = keysTopic(testHash, mallory.config.meshId);
    const rumor = new Author(3, 1, topic).write({ timeMs: startMs + 1, keyId: new Uint8Array(8) }, body);
    const { link } = bob.peer.neighbors.find(({ peer }) => peer === mallory.id)!;
    const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor });
    world.input(bob, { kind: "received", link, channel: "data", bytes });
    expect(bob.peer.rooms.epochs.state.known.size).toBe(2);
    for (let minute = 0; minute < 12; minute++) {
      publish(world, alice, String(minute));
      world.run(60_000);
    }
    expect(idOf(bob)).toBe(keyId);
    expect(heard(bob)).toEqual(Array.from({ length: 12 }, (_, minute) => String(minute)));
  });

  test("and so is one that goes back to the key of before the first epoch", () => {
    const { world, nodes } = mesh(3);
    for (let i = 0; i < 8; i++) {
      publish(world, nodes[0]!, String(i), "");
      world.run(60_000);
    }
    expect(heard(nodes[1]!)).toEqual(["0", "1", "2", "3", "4", "5", "6*", "7*"]);
  });
});

describe("keys that nothing needs any more", () => {
  test("are dropped everywhere once their rumors have expired", () => {
    const { world, nodes } = mesh(3);
    const first = idOf(nodes[0]!);
    publish(world, nodes[0]!, "kept");
    world.run(2 * TERM_MS + 60_000);
    expect(nodes.every((node) => holds(node, first))).toBe(true);
    const { world: other, nodes: brief } = mesh(3);
    const old = idOf(brief[0]!);
    other.run(6 * TERM_MS);
    expect(brief.some((node) => holds(node, old))).toBe(false);
  });
});

test("whatever frames about keys say, nothing throws, and nothing is remembered beyond its bounds", () => {
  const { world, nodes } = mesh(3, { keys: SINCE });
  const [a] = nodes;
  const { epochs, handing } = a!.peer.rooms;
  fc.assert(
    fc.property(fc.oneof(frameOf.keyWant, frameOf.keyGive), (frame) => {
      for (const { link } of a!.peer.neighbors) {
        const bytes = encodeFrame(frame);
        world.input(a!, { kind: "received", link, channel: "control", bytes });
      }
      world.nowMs += 50;
      expect(handing.state.wants.size).toBeLessThanOrEqual(a!.peer.neighbors.length);
      expect(epochs.state.known.size).toBeLessThanOrEqual(limits.epochsMax);
    }),
    { numRuns: 300 },
  );
  world.run(10_000);
  expect(a!.event("misbehavior")).toEqual([]);
  expect(a!.peer.neighbors.length).toBe(2);
});

test("announcements are decoded or left alone, whatever bytes they are", () => {
  const announcement = fc.record({
    number: fc.maxSafeNat(),
    keyId: fc.constant("ab".repeat(8)),
    rotateMs: fc.maxSafeNat(),
    history: fc.constantFrom("all" as const, "since-join" as const),
    reason: fc.constantFrom("first" as const, "schedule" as const, "removal" as const, "joining" as const),
    out: fc.array(peer, { maxLength: 5 }),
    former: fc.array(fc.record({ keyId: fc.constant("cd".repeat(8)), startMs: fc.nat() }), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(announcement, fc.uint8Array(), (value, garbage) => {
      const bytes = encodeAnnouncement(value);
      expect(decodeAnnouncement(bytes)).toEqual(value);
      expect(decodeAnnouncement(bytes.subarray(1))).toBeUndefined();
      const decoded = decodeAnnouncement(garbage);
      if (decoded !== undefined) expect(encodeAnnouncement(decoded)).toEqual(garbage);
    }),
  );
});
