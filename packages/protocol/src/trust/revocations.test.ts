import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { Tray, makeFoundation, peerId } from "../room.testing.ts";
import type { PeerId, Revocation, Standing } from "../types.ts";
import { MEMBER, ROLE_ADMIN, ROLE_ROOT, ROLE_WRITER } from "../types.ts";
import { Revocations } from "./revocations.ts";

const [root, ann, abe, writer, other, invitation] = [1, 2, 3, 4, 5, 6].map(peerId) as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];
const ROOT: Standing = { ...MEMBER, role: ROLE_ROOT };
const admin = (...keys: PeerId[]): Standing => ({ ...MEMBER, role: ROLE_ADMIN, keys });
const member = (...keys: PeerId[]): Standing => ({ ...MEMBER, role: ROLE_WRITER, keys });
const log = { author: writer, incarnation: 5, topic: "0a".repeat(16) };
const head = (seq: number, byte = 1): Revocation["heads"][number] => ({
  log,
  seq,
  idPrefix: new Uint8Array(16).fill(byte),
});

function revocation(revoker: PeerId, key: PeerId, timeMs = 1, heads: Revocation["heads"] = []): Revocation {
  return { key, timeMs, heads, revoker, ticket: new Uint8Array([2]), signature: new Uint8Array(64) };
}

type Said = readonly [Revocation, Standing];
const make = (...said: Said[]): Revocations => {
  const revocations = new Revocations(makeFoundation());
  for (const [statement, standing] of said) revocations.add(statement, standing);
  return revocations;
};

describe("a revocation", () => {
  test("by the root ends every admission that rests on the key, by an admin those below an admin's", () => {
    const byRoot = make([revocation(root, invitation), ROOT]);
    const byAnn = make([revocation(ann, invitation), admin(ann)]);
    for (const [standing, fallen] of [
      [member(invitation, writer), [true, true]],
      [admin(invitation, writer), [true, false]],
      [member(other, writer), [false, false]],
    ] as const) {
      expect([byRoot, byAnn].map((known) => known.hasFallen(writer, standing))).toEqual(fallen);
    }
    expect(byRoot.hasFallen(invitation, member())).toBe(true);
    expect(make([revocation(ann, root), admin(ann)]).hasFallen(root, ROOT)).toBe(false);
  });

  test("by whoever is no admin, or none any more at the time that it says, is none", () => {
    const late = { ...admin(ann), expiryMs: 100 };
    expect(make([revocation(writer, other), member(writer)]).size).toBe(0);
    expect(make([revocation(ann, other, 100), late]).size).toBe(0);
    expect(make([revocation(ann, other, 99), late]).size).toBe(1);
  });

  test("by an admin falls with the admin, and by what the admin rests on, whatever it is dated", () => {
    for (const key of [ann, invitation]) {
      const words: Said[] = [
        [revocation(ann, writer, 1), admin(invitation, ann)],
        [revocation(abe, other, 1), admin(abe)],
        [revocation(root, key, 9_999), ROOT],
      ];
      for (const order of [words, words.toReversed()]) {
        const known = make(...order);
        expect(known.hasFallen(writer, member(writer))).toBe(false);
        expect(known.hasFallen(other, member(other))).toBe(true);
        expect(known.size).toBe(2);
      }
    }
  });

  test("another admin's word does not undo an admin's", () => {
    const known = make([revocation(ann, writer), admin(ann)], [revocation(abe, ann), admin(abe)]);
    expect(known.hasFallen(writer, member(writer))).toBe(true);
    expect(known.hasFallen(ann, admin(ann))).toBe(false);
  });

  test("says which are gone by it, and a known one changes nothing", () => {
    const known = make([revocation(ann, writer), admin(ann)]);
    const [name] = known.state.known.keys();
    expect(known.add(revocation(ann, writer), admin(ann))).toBeUndefined();
    expect(known.add(revocation(root, ann), ROOT)).toMatchObject({ gone: [name] });
    // And does not come back.
    expect(known.add(revocation(ann, writer), admin(ann))).toBeUndefined();
  });
});

describe("where a log ends", () => {
  test("is at the lowest of what is named, and before all of a log that is not", () => {
    const words: Said[] = [
      [revocation(root, writer, 1, [head(7)]), ROOT],
      [revocation(ann, writer, 1, [head(4)]), admin(ann)],
    ];
    for (const order of [words, words.toReversed()]) {
      expect(make(...order).limitOf(log, [member(writer)])).toEqual({ seq: 4, ids: [head(4).idPrefix], final: 7 });
    }
    const elsewhere = { ...log, incarnation: 6 };
    expect(make(...words).limitOf(elsewhere, [member(writer)])).toEqual({ seq: 0, ids: [], final: 0 });
    expect(make(...words).limitOf({ ...log, author: other }, [member(other)]).seq).toBe(Number.POSITIVE_INFINITY);
  });

  test("keeps every id that is named for that place", () => {
    const known = make(
      [revocation(root, writer, 1, [head(4, 1)]), ROOT],
      [revocation(root, writer, 2, [head(4, 2)]), ROOT],
    );
    expect(known.limitOf(log, [member(writer)]).ids).toHaveLength(2);
  });
});

describe("what is known", () => {
  /** Many words of few speakers about few keys, so that they meet. */
  const said: fc.Arbitrary<Said> = fc
    .tuple(fc.constantFrom(root, ann, abe, peerId(9)), fc.integer({ min: 2, max: 9 }), fc.nat(3), fc.nat(3))
    .map(([who, key, timeMs, seq]): Said => [
      revocation(who, peerId(key), timeMs, seq === 0 ? [] : [head(seq)]),
      who === root ? ROOT : who === abe ? admin(ann, abe) : who === ann ? admin(ann) : member(who),
    ]);

  test("is the same after the same words in any order", () => {
    fc.assert(
      fc.property(
        fc
          .array(said, { maxLength: 12 })
          .chain((words) => fc.tuple(fc.constant(words), fc.shuffledSubarray(words, { minLength: words.length }))),
        ([words, shuffled]) => {
          const [a, b] = [make(...words), make(...shuffled)];
          expect(b.fingerprint).toEqual(a.fingerprint);
          expect([...b.state.known.keys()].toSorted()).toEqual([...a.state.known.keys()].toSorted());
          expect(b.limitOf(log, [member(writer)])).toMatchObject({
            seq: a.limitOf(log, [member(writer)]).seq,
            final: a.limitOf(log, [member(writer)]).final,
          });
        },
      ),
    );
  });

  test("of one admin are the earliest by its own word; the root's all count", () => {
    const many = limits.revocationsPerAdminMax + 5;
    const times = Array.from({ length: many }, (_, i) => i);
    for (const order of [times, times.toReversed()]) {
      const known = make(
        ...order.map((timeMs): Said => [revocation(ann, writer, timeMs), admin(ann)]),
        ...order.map((timeMs): Said => [revocation(root, other, timeMs), ROOT]),
      );
      const dates = known.all().filter(({ revocation }) => revocation.revoker === ann);
      expect(dates.map(({ revocation }) => revocation.timeMs)).toEqual(
        times.slice(0, limits.revocationsPerAdminMax).toReversed(),
      );
      expect(known.size).toBe(limits.revocationsPerAdminMax + many);
    }
  });

  test("is bounded in bytes, and admins of admins make no room for themselves at the root's cost", () => {
    const known = make();
    const heads = Array.from({ length: limits.headsMax }, (_, i) => ({ ...head(1), log: { ...log, incarnation: i } }));
    known.add(revocation(root, other, 1), ROOT);
    for (let i = 0; i < 100; i++) known.add(revocation(peerId(100 + i), writer, 1, heads), admin(ann, peerId(100 + i)));
    expect(known.size).toBeLessThan(20);
    expect(known.hasFallen(other, member(other))).toBe(true);
    const pages = [...known.pages()];
    expect(pages.flat()).toHaveLength(known.size);
    expect(pages.length).toBeGreaterThan(2);
  });

  test("a check that is under way is bounded, and one that fails is held against its bringer", () => {
    const known = make();
    const tray = new Tray();
    for (let i = 0; i < limits.revocationTrialsMax + 9; i++) known.hear(revocation(root, other, i), 7, tray);
    expect(known.state.trials.size).toBe(limits.revocationTrialsMax);
    const [ref] = known.state.trials.keys();
    expect(known.onVerified(ref!, false, ROOT)).toEqual({ kind: "unfounded", link: 7 });
    expect(known.onVerified(ref!, true, ROOT)).toBeUndefined();
  });
});
