import type { PeerMessage, SeedMessage } from "@grapevine/protocol/seed";
import { seedClose } from "@grapevine/protocol/seed";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SeedLimits } from "./limits.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Guest } from "./matchmaker.ts";
import { Matchmaker } from "./matchmaker.ts";
import { bytesOf, roomOf } from "./peer.testing.ts";

class TestGuest implements Guest {
  readonly heard: SeedMessage[] = [];
  released = false;
  reads = true;
  send(message: SeedMessage): void {
    this.heard.push(message);
  }
  takesSignals(): boolean {
    return this.reads;
  }
  onReleased(): void {
    this.released = true;
  }
  probes = 0;
  answers = true;
  probe(): void {
    this.probes++;
  }
  isDoubtful(): boolean {
    return !this.answers && this.probes > 0;
  }
  last<K extends SeedMessage["kind"]>(kind: K): Extract<SeedMessage, { kind: K }> {
    const message = this.heard.at(-1);
    if (message?.kind !== kind) throw new Error(`expected ${kind}, got ${message?.kind}`);
    return message as Extract<SeedMessage, { kind: K }>;
  }
}

/** Numbered seats, and choices from a linear congruential generator (Numerical Recipes). */
function matchmaker(limits: Partial<SeedLimits> = {}): Matchmaker {
  let seats = 0;
  let state = 1;
  return new Matchmaker({
    limits: { ...DEFAULT_LIMITS, ...limits },
    below: (bound) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 0x1_0000_0000) * bound);
    },
    newSeat: () => (++seats).toString(16).padStart(16, "0"),
    iceServers: () => [],
  });
}

const hello = (room = "room", card = "card"): PeerMessage => ({
  kind: "hello",
  version: 1,
  room: roomOf(room),
  card: bytesOf(card),
});

function join(seed: Matchmaker, room = "room", nowMs = 0, card = "card"): TestGuest & { seat: string } {
  const guest = new TestGuest();
  expect(seed.handle(guest, hello(room, card), nowMs)).toBeUndefined();
  const welcome = guest.heard[0];
  if (welcome?.kind !== "welcome") throw new Error("no welcome");
  return Object.assign(guest, { seat: welcome.seat });
}

describe("introductions", () => {
  test("the first in a room meets nobody, the second the first", () => {
    const seed = matchmaker();
    const a = join(seed, "room", 0, "a");
    expect(a.heard[0]).toMatchObject({ others: 0, peers: [] });
    const b = join(seed);
    expect(b.heard[0]).toMatchObject({ others: 1, peers: [{ seat: a.seat, card: bytesOf("a") }] });
  });

  test("whoever is named, and some more of the room, are looked after", () => {
    const seed = matchmaker({ probes: 4 });
    const guests = Array.from({ length: 30 }, () => join(seed));
    for (const guest of guests) guest.probes = 0;
    seed.handle(guests[0]!, { kind: "ask", count: 3 }, 0);
    const named = new Set(guests[0]!.last("peers").peers.map(({ seat }) => seat));
    expect(guests.filter(({ seat }) => named.has(seat)).every(({ probes }) => probes > 0)).toBe(true);
    const probed = guests.filter(({ probes }) => probes > 0).length;
    expect(probed).toBeGreaterThan(3);
    expect(probed).toBeLessThanOrEqual(7);
  });

  test("whoever does not answer is named only for want of others", () => {
    const seed = matchmaker();
    const guests = Array.from({ length: 40 }, () => join(seed));
    const [asker, ...others] = guests;
    for (const guest of others.slice(3)) guest.answers = false;
    for (const guest of others) guest.probes = 1;
    const living = others.slice(0, 3).map(({ seat }) => seat);
    seed.handle(asker!, { kind: "ask", count: 3 }, 0);
    expect(
      asker!
        .last("peers")
        .peers.map(({ seat }) => seat)
        .toSorted(),
    ).toEqual(living.toSorted());
    seed.handle(asker!, { kind: "ask", count: 5 }, 0);
    const five = asker!.last("peers").peers.map(({ seat }) => seat);
    expect(five).toHaveLength(5);
    expect(five).toEqual(expect.arrayContaining(living));
  });

  test("rooms know nothing of each other", () => {
    const seed = matchmaker();
    const a = join(seed, "a");
    const b = join(seed, "b");
    expect(b.heard[0]).toMatchObject({ others: 0 });
    seed.handle(b, { kind: "signal", seat: a.seat, bytes: bytesOf("x") }, 0);
    expect(b.last("gone").seat).toBe(a.seat);
    expect(a.heard).toHaveLength(1);
    expect(seed.roomCount).toBe(2);
  });

  test("an ask brings distinct others, never the asker, and their present cards", () => {
    const seed = matchmaker();
    const guests = Array.from({ length: 20 }, () => join(seed));
    const [asker, changed] = guests as [TestGuest & { seat: string }, TestGuest & { seat: string }];
    seed.handle(changed, { kind: "card", card: bytesOf("new") }, 0);
    const seen = new Map<string, Uint8Array>();
    for (let i = 0; i < 40; i++) {
      seed.handle(asker, { kind: "ask", count: 8 }, 0);
      const { others, peers } = asker.last("peers");
      expect(others).toBe(19);
      expect(new Set(peers.map(({ seat }) => seat)).size).toBe(8);
      for (const { seat, card } of peers) seen.set(seat, card);
    }
    expect(seen.has(asker.seat)).toBe(false);
    expect(seen.size).toBe(19);
    expect(seen.get(changed.seat)).toEqual(bytesOf("new"));
  });

  test("everybody is drawn about as often as everybody else", () => {
    const seed = matchmaker();
    const guests = Array.from({ length: 11 }, () => join(seed));
    const drawn = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      seed.handle(guests[0]!, { kind: "ask", count: 1 }, 0);
      const [peer] = guests[0]!.last("peers").peers;
      drawn.set(peer!.seat, (drawn.get(peer!.seat) ?? 0) + 1);
    }
    // 200 each: four standard deviations are 54.
    for (const times of drawn.values()) expect(Math.abs(times - 200)).toBeLessThan(54);
    expect(drawn.size).toBe(10);
  });

  test("a room is forgotten with its last guest", () => {
    const seed = matchmaker();
    const a = join(seed);
    const b = join(seed);
    seed.leave(a);
    expect(seed.roomCount).toBe(1);
    seed.leave(b);
    seed.leave(b);
    expect([seed.roomCount, seed.seatedCount]).toEqual([0, 0]);
  });
});

describe("signals", () => {
  test("reach the seat that they are for, and say where they come from", () => {
    const seed = matchmaker();
    const [a, b, c] = [join(seed), join(seed), join(seed)] as const;
    seed.handle(a, { kind: "signal", seat: b.seat, bytes: bytesOf("offer") }, 0);
    expect(b.last("signal")).toEqual({ kind: "signal", seat: a.seat, bytes: bytesOf("offer") });
    expect(c.heard).toHaveLength(1);
  });

  test("to a seat that was left come back as gone", () => {
    const seed = matchmaker();
    const [a, b] = [join(seed), join(seed)] as const;
    seed.leave(b);
    seed.handle(a, { kind: "signal", seat: b.seat, bytes: bytesOf("offer") }, 0);
    expect(a.last("gone").seat).toBe(b.seat);
  });

  test("to somebody who does not read come back as gone, and are not queued", () => {
    const seed = matchmaker();
    const [a, b] = [join(seed), join(seed)] as const;
    b.reads = false;
    seed.handle(a, { kind: "signal", seat: b.seat, bytes: bytesOf("offer") }, 0);
    expect(a.last("gone").seat).toBe(b.seat);
    expect(b.heard).toHaveLength(1);
  });
});

describe("what a guest may not do", () => {
  test("anything before hello, or a second hello", () => {
    const seed = matchmaker();
    expect(seed.handle(new TestGuest(), { kind: "ask", count: 1 }, 0)).toBe(seedClose.unexpected);
    expect(seed.handle(join(seed), hello(), 0)).toBe(seedClose.unexpected);
  });

  test("open one room too many, while those that are open take more", () => {
    const seed = matchmaker({ roomsMax: 1 });
    join(seed, "a");
    expect(seed.handle(new TestGuest(), hello("b"), 0)).toBe(seedClose.full);
    join(seed, "a");
  });

  test("enter a room that is full", () => {
    const seed = matchmaker({ roomSocketsMax: 2 });
    join(seed);
    join(seed);
    expect(seed.handle(new TestGuest(), hello(), 0)).toBe(seedClose.full);
  });
});

describe("a big room", () => {
  const limits = { roomSample: 4, settleMs: 1000, retryAfterMs: 600_000 };

  test("keeps its sample: a newcomer displaces a random settled one", () => {
    const seed = matchmaker(limits);
    const old = Array.from({ length: 4 }, () => join(seed, "room", 0));
    const newcomer = join(seed, "room", 1000);
    expect(newcomer.heard[0]).toMatchObject({ others: 4 });
    const released = old.filter((guest) => guest.released);
    expect(released).toHaveLength(1);
    const { retryAfterMs } = released[0]!.last("release");
    expect(retryAfterMs).toBeGreaterThanOrEqual(300_000);
    expect(retryAfterMs).toBeLessThanOrEqual(900_000);
    seed.handle(newcomer, { kind: "ask", count: 16 }, 1000);
    expect(newcomer.last("peers").others).toBe(3);
    expect(newcomer.last("peers").peers.map(({ seat }) => seat)).not.toContain(released[0]!.seat);
  });

  test("lets the released finish what they have begun", () => {
    const seed = matchmaker(limits);
    const old = Array.from({ length: 4 }, () => join(seed, "room", 0));
    const newcomer = join(seed, "room", 1000);
    const released = old.find((guest) => guest.released)!;
    seed.handle(newcomer, { kind: "signal", seat: released.seat, bytes: bytesOf("offer") }, 1000);
    expect(released.last("signal").seat).toBe(newcomer.seat);
    seed.handle(released, { kind: "signal", seat: newcomer.seat, bytes: bytesOf("answer") }, 1000);
    expect(newcomer.last("signal").seat).toBe(released.seat);
    seed.handle(released, { kind: "ask", count: 16 }, 1000);
    expect(released.last("peers").others).toBe(4);
  });

  test("releases nobody before they have settled, and then all beyond the sample", () => {
    const seed = matchmaker(limits);
    const crowd = Array.from({ length: 10 }, () => join(seed, "room", 500));
    seed.sweep(1499);
    expect(crowd.filter((guest) => guest.released)).toHaveLength(0);
    seed.sweep(1500);
    expect(crowd.filter((guest) => guest.released)).toHaveLength(6);
    seed.sweep(1500);
    expect(seed.counts.released).toBe(6);
  });

  test("turns over: in the end nobody of the first is left", () => {
    const seed = matchmaker(limits);
    const first = Array.from({ length: 4 }, () => join(seed, "room", 0));
    for (let i = 1; i <= 60; i++) join(seed, "room", i * 1000);
    expect(first.every((guest) => guest.released)).toBe(true);
  });
});

test("any sequence of guests' doings keeps rooms apart and counts right", () => {
  const step = fc.record({
    who: fc.nat(7),
    to: fc.nat(7),
    what: fc.constantFrom("hello", "ask", "signal", "card", "leave", "sweep"),
    room: fc.constantFrom("a", "b"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const seed = matchmaker({ roomSample: 2, settleMs: 5, roomsMax: 2 });
      const guests = Array.from({ length: 8 }, () => ({ guest: new TestGuest(), room: "", seat: "" }));
      for (const [nowMs, { who, to, what, room }] of steps.entries()) {
        const one = guests[who]!;
        const other = guests[to]!;
        const before = other.guest.heard.length;
        const standing = one.room !== "";
        if (what === "leave") {
          seed.leave(one.guest);
          one.room = "";
        } else if (what === "sweep") seed.sweep(nowMs);
        else if (what === "hello") {
          const close = seed.handle(one.guest, hello(room), nowMs);
          expect(close).toBe(standing ? seedClose.unexpected : undefined);
          if (standing) continue;
          one.room = room;
          const welcome = one.guest.heard.findLast(({ kind }) => kind === "welcome");
          one.seat = welcome?.kind === "welcome" ? welcome.seat : "";
        } else if (what === "signal") {
          const close = seed.handle(one.guest, { kind: "signal", seat: other.seat, bytes: bytesOf("x") }, nowMs);
          expect(close).toBe(standing ? undefined : seedClose.unexpected);
          const reaches = standing && other.room === one.room;
          expect(other.guest.heard.slice(before).some(({ kind }) => kind === "signal")).toBe(reaches);
        } else {
          const message: PeerMessage =
            what === "ask" ? { kind: "ask", count: 16 } : { kind: "card", card: bytesOf("new") };
          expect(seed.handle(one.guest, message, nowMs)).toBe(standing ? undefined : seedClose.unexpected);
          if (what !== "ask" || !standing) continue;
          const { others, peers } = one.guest.last("peers");
          expect(peers).toHaveLength(others);
          const here = guests.filter((guest) => guest.room === one.room && guest !== one).map(({ seat }) => seat);
          for (const { seat } of peers) expect(here).toContain(seat);
        }
        expect(seed.seatedCount).toBe(guests.filter((guest) => guest.room !== "").length);
        expect(seed.roomCount).toBe(new Set(guests.map(({ room }) => room).filter((room) => room !== "")).size);
      }
    }),
    { numRuns: 200 },
  );
});
