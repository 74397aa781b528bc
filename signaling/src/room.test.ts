import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Sitter } from "./room.ts";
import { Room } from "./room.ts";

const sitter = (seat: string, seatedMs = 0): Sitter => ({ seat, seatedMs, card: new Uint8Array(0), place: -1 });

test("draws distinct others, never the one who asks, and no more than there are", () => {
  const room = new Room((bound) => bound - 1);
  const sitters = ["a", "b", "c", "d"].map((seat) => sitter(seat));
  for (const one of sitters) room.enter(one);
  expect(
    room
      .draw(10, sitters[1]!)
      .map(({ seat }) => seat)
      .toSorted(),
  ).toEqual(["a", "c", "d"]);
  expect(room.draw(2, sitters[1]!)).toHaveLength(2);
  expect(room.draw(0, sitters[1]!)).toEqual([]);
});

test("who is withdrawn is handed out no more, and is still reached in the seat", () => {
  const room = new Room(() => 0);
  const [a, b] = [sitter("a"), sitter("b")];
  room.enter(a);
  room.enter(b);
  room.withdraw(a);
  expect(room.draw(10, b)).toEqual([]);
  expect([room.others(a), room.others(b), room.size, room.offeredCount]).toEqual([1, 0, 2, 1]);
  expect(room.sitter("a")).toBe(a);
  room.leave(a);
  expect([room.sitter("a"), room.size]).toEqual([undefined, 1]);
});

test("finds only those who have settled, and not the one who is excepted", () => {
  const room = new Room(() => 0);
  const [old, young] = [sitter("old", 5), sitter("young", 9)];
  room.enter(old);
  expect(room.settled(4)).toBeUndefined();
  expect(room.settled(5)).toBe(old);
  expect(room.settled(5, old)).toBeUndefined();
  room.leave(old);
  room.enter(young);
  expect(room.settled(5)).toBeUndefined();
});

test("every place is right, whoever enters, leaves, is withdrawn or drawn, in whatever order", () => {
  const doing = fc.tuple(fc.constantFrom("enter", "leave", "withdraw", "draw"), fc.nat(9), fc.nat(99));
  fc.assert(
    fc.property(fc.array(doing, { maxLength: 60 }), (doings) => {
      let chance = 0;
      const room = new Room((bound) => chance++ % bound);
      const sitters = Array.from({ length: 10 }, (_, i) => sitter(String(i)));
      const [inside, offered] = [new Set<Sitter>(), new Set<Sitter>()];
      for (const [what, who, seed] of doings) {
        const one = sitters[who]!;
        chance = seed;
        if (what === "enter" && !inside.has(one)) {
          room.enter(one);
          inside.add(one);
          offered.add(one);
        } else if (what === "leave" && inside.has(one)) {
          room.leave(one);
          inside.delete(one);
          offered.delete(one);
        } else if (what === "withdraw" && inside.has(one)) {
          room.withdraw(one);
          offered.delete(one);
        } else if (what === "draw") {
          const seats = room.draw(10, one).map(({ seat }) => seat);
          const others = [...offered].filter((other) => other !== one).map(({ seat }) => seat);
          expect(seats.toSorted()).toEqual(others.toSorted());
        }
        expect(room.size).toBe(inside.size);
        expect([...offered].map(({ place }) => place).toSorted((a, b) => a - b)).toEqual([...offered].map((_, i) => i));
        for (const other of sitters) if (!offered.has(other)) expect(other.place).toBe(-1);
      }
    }),
  );
});

test("a draw looks at no more seats than it may, and names those in doubt last", () => {
  const room = new Room((bound) => bound - 1);
  const sitters = Array.from({ length: 100 }, (_, i) => sitter(String(i)));
  for (const one of sitters) room.enter(one);
  let looked = 0;
  const doubt = ({ seat }: Sitter): boolean => ++looked > 0 && seat !== "7";
  expect(room.draw(3, sitters[0]!, doubt, 10)).toHaveLength(3);
  expect(looked).toBeLessThanOrEqual(10);
  expect(room.draw(3, sitters[0]!, doubt).map(({ seat }) => seat)[0]).toBe("7");
});
