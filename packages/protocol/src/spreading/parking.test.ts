import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, START_MS, at, frameOf } from "../rumors/rumors.testing.ts";
import { Parking } from "./parking.ts";

function park(parking: Parking, link: number, author: Author, count = 1, bytes = 1): void {
  for (let i = 0; i < count; i++) {
    const rumor = author.write({}, new Uint8Array(bytes));
    parking.park(link, frameOf(rumor), `${author.id}#${rumor.header.seq}`, "author", at(0));
  }
}

describe("parking", () => {
  it("lets an author's rumors go on, in order, when it is admitted", () => {
    const parking = new Parking();
    const [one, two] = [new Author(1), new Author(2)];
    park(parking, 1, one, 2);
    park(parking, 1, two);
    park(parking, 2, one);
    expect(parking.has(`${one.id}#2`)).toBe(true);
    const parked = parking.onAdmitted(one.id);
    expect(parked.map(({ link, frame }) => [link, frame.rumor.header.seq])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(parking.onAdmitted(one.id)).toEqual([]);
    expect([parking.size, parking.countOf(one.id), parking.countOf(two.id)]).toEqual([1, 0, 1]);
    expect(parking.has(`${one.id}#2`)).toBe(false);
  });

  it("asks each link once for an author's credential, while something of it waits", () => {
    const parking = new Parking();
    const author = new Author(1);
    park(parking, 1, author);
    expect([parking.ask(author.id, 1), parking.ask(author.id, 1), parking.ask(author.id, 2)]).toEqual([
      true,
      false,
      true,
    ]);
    parking.onLinkDown(1);
    expect([parking.ask(author.id, 1), parking.ask(author.id, 2)]).toEqual([true, false]);
    parking.onDeadline(at(limits.parkedMs));
    expect(parking.ask(author.id, 2)).toBe(true);
  });

  it("drops what waited too long for a credential", () => {
    const parking = new Parking();
    park(parking, 1, new Author(1), 3);
    expect(parking.deadlineMs).toBe(limits.parkedMs);
    expect(parking.onDeadline(at(limits.parkedMs - 1))).toEqual([]);
    expect(parking.size).toBe(3);
    expect(parking.onDeadline(at(limits.parkedMs))).toEqual([]);
    expect([parking.size, parking.state.bytes, parking.deadlineMs]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
  });

  it("lets a stamp from the future go on when mesh time has come near", () => {
    const parking = new Parking();
    const rumor = new Author(1).write({ timeMs: START_MS + limits.skewMs + 2_000 });
    parking.park(1, frameOf(rumor), "slot", "future", at(0));
    expect(parking.deadlineMs).toBe(2_000);
    expect(parking.onDeadline(at(2_000)).map(({ frame }) => frame.rumor)).toEqual([rumor]);
  });

  it("looks again at a stamp far ahead, for mesh time may be set right", () => {
    const parking = new Parking();
    parking.park(1, frameOf(new Author(1).write({ timeMs: START_MS + 1e9 })), "slot", "future", at(0));
    expect(parking.deadlineMs).toBe(5_000);
  });

  it("is bounded in rumors and in bytes, and who fills it loses its own", () => {
    const parking = new Parking();
    const honest = new Author(1);
    park(parking, 1, honest, 10);
    for (let number = 2; number < 200; number++) park(parking, 2, new Author(number), 10);
    expect(parking.size).toBe(limits.parkedMax);
    expect(parking.countOf(honest.id)).toBe(10);
    for (let number = 200; number < 300; number++) park(parking, 2, new Author(number), 1, limits.rumorBodyBytesMax);
    expect(parking.state.bytes).toBeLessThanOrEqual(limits.parkedBytesMax);
    expect(parking.countOf(honest.id)).toBe(10);
    expect(parking.state.authors.size).toBeLessThanOrEqual(limits.parkedMax);
  });
});
