import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { makeFoundation, peerId } from "../room.testing.ts";
import { accusedIn } from "../trust/evidence.ts";
import { descriptor } from "./testing.testing.ts";
import { Witness } from "./witness.ts";

const [alice, bob, carol, dave] = [peerId(1), peerId(2), peerId(3), peerId(4)];
const make = (): Witness => new Witness(makeFoundation());

describe("witness", () => {
  test("finds nothing in a descriptor that goes from hand to hand, in whatever order it is seen", () => {
    const witness = make();
    const chains = [[bob], [bob, carol, dave, bob], [bob, carol], [], [bob, carol, dave]];
    for (const chain of chains) expect(witness.see(descriptor(alice, 10, chain))).toBeUndefined();
  });

  test("two chains that part accuse the owner who signed twice", () => {
    const witness = make();
    witness.see(descriptor(alice, 10, [bob, carol, dave]));
    const evidence = witness.see(descriptor(alice, 10, [bob, dave]));
    expect(evidence).toMatchObject({ kind: "transfer", owner: bob, index: 1, a: { to: carol }, b: { to: dave } });
    expect(accusedIn(evidence!)).toBe(bob);
  });

  test("a creator that hands its descriptor to two peers is accused itself", () => {
    const witness = make();
    witness.see(descriptor(alice, 10, [bob]));
    expect(accusedIn(witness.see(descriptor(alice, 10, [carol]))!)).toBe(alice);
  });

  test("two mintings in one slot accuse their creator", () => {
    const witness = make();
    witness.see(descriptor(alice, 10, [bob]));
    const other = { ...descriptor(alice, 10, [bob]), incarnation: 2, signature: new Uint8Array(64).fill(9) };
    expect(witness.see(other)).toMatchObject({ kind: "mint", a: { hops: [] }, b: { incarnation: 2, hops: [] } });
  });

  test("one minting signed twice, for signing may be randomised, accuses nobody", () => {
    const witness = make();
    witness.see(descriptor(alice, 10));
    const again = { ...descriptor(alice, 10), signature: new Uint8Array(64).fill(9) };
    expect(witness.see(again)).toBeUndefined();
  });

  test("different slots of one creator have nothing to do with each other", () => {
    const witness = make();
    witness.see(descriptor(alice, 10, [bob]));
    expect(witness.see(descriptor(alice, 11, [carol]))).toBeUndefined();
  });

  test("remembers a bounded number, and forgets what is over", () => {
    const witness = make();
    for (let slot = 0; slot < limits.witnessedMax + 10; slot++) witness.see(descriptor(alice, slot));
    expect(witness.state.seen.size).toBe(limits.witnessedMax);
    witness.expire(limits.witnessedMax);
    expect(witness.state.seen.size).toBe(10);
  });
});
