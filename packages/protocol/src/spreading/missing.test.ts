import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { at } from "../room.testing.ts";
import type { LinkId } from "../types.ts";
import { MissingRumors } from "./missing.ts";

const no = (): boolean => false;

function missing(...links: readonly LinkId[]): MissingRumors {
  const room = new MissingRumors();
  for (const link of links) room.onLinkUp(link);
  return room;
}

/** Let the next deadline come; whom to graft from. */
function due(room: MissingRumors, isComing: (id: string) => boolean = no): [LinkId, string[]][] {
  return [...room.onDeadline(at(room.deadlineMs), isComing)];
}

describe("a rumor that was announced and does not come", () => {
  it("is waited for, then grafted from the first who announced it, then from the next, then left to the rounds", () => {
    const room = missing(1, 2);
    room.onAnnounced(1, "a", at(0));
    room.onAnnounced(2, "a", at(10));
    expect(room.deadlineMs).toBeGreaterThanOrEqual(100);
    expect([...room.onDeadline(at(99), no)]).toEqual([]);
    expect(due(room)).toEqual([[1, ["a"]]]);
    expect(due(room)).toEqual([[2, ["a"]]]);
    expect(due(room)).toEqual([]);
    expect(room.state.missing.size).toBe(0);
    expect(room.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    expect(room.promisesOf(1)).toEqual({ kept: 0, broken: 1 });
    expect(room.promisesOf(2)).toEqual({ kept: 0, broken: 1 });
  });

  it("costs nothing when it comes by itself", () => {
    const room = missing(1);
    room.onAnnounced(1, "a", at(0));
    room.onArrived("a", 7, at(40));
    expect(due(room)).toEqual([]);
    expect(room.promisesOf(1)).toEqual({ kept: 0, broken: 0 });
  });

  it("counts as a promise kept for whoever was asked and delivered", () => {
    const room = missing(1);
    room.onAnnounced(1, "a", at(0));
    due(room);
    room.onArrived("a", 1, at(900));
    expect(room.promisesOf(1)).toEqual({ kept: 1, broken: 0 });
  });

  it("is asked last of those who broke more promises than they kept", () => {
    const room = missing(1, 2);
    room.onAnnounced(1, "a", at(0));
    due(room);
    due(room);
    room.onAnnounced(1, "b", at(5_000));
    room.onAnnounced(2, "b", at(5_001));
    expect(due(room)).toEqual([[2, ["b"]]]);
  });

  it("is asked for at once when a link is lost, but not of two at a time", () => {
    const room = missing(1, 2, 3);
    room.onAnnounced(1, "a", at(0));
    room.onAnnounced(2, "a", at(0));
    due(room);
    room.onAnnounced(3, "b", at(300));
    room.onLinkDown(3, at(310));
    // Link 1 still owes us the first; nobody is left who announced the second.
    expect([...room.onDeadline(at(310), no)]).toEqual([]);
    expect(room.state.missing.has("b")).toBe(false);
    room.onLinkDown(1, at(320));
    expect([...room.onDeadline(at(320), no)]).toEqual([[2, ["a"]]]);
    expect(room.promisesOf(2)).toEqual({ kept: 0, broken: 0 });
  });

  it("is not asked for while it is being verified", () => {
    const room = missing(1);
    room.onAnnounced(1, "a", at(0));
    expect(due(room, (id) => id === "a")).toEqual([]);
    expect(due(room)).toEqual([[1, ["a"]]]);
  });

  it("is waited for about as long as payloads lag behind announcements", () => {
    const room = missing(1);
    const waitMs = (): number => {
      room.onAnnounced(1, "probe", at(100_000));
      const waitMs = room.state.missing.get("probe")!.dueMs - 100_000;
      room.onArrived("probe", 2, at(100_000 + waitMs / 2));
      return waitMs;
    };
    const firstMs = waitMs();
    for (let i = 0; i < 50; i++) {
      room.onAnnounced(1, `slow ${i}`, at(i * 1_000));
      room.onArrived(`slow ${i}`, 2, at(i * 1_000 + 600));
    }
    expect(waitMs()).toBeGreaterThan(Math.max(600, firstMs));
  });

  it("is waited for longer once payloads come by themselves after a graft, and not when they answer it", () => {
    const waitMs = (room: MissingRumors): number => {
      room.onAnnounced(1, "probe", at(500_000));
      return room.state.missing.get("probe")!.dueMs - 500_000;
    };
    const lagging = missing(1, 2);
    const answered = missing(1, 2);
    for (let i = 0; i < 50; i++) {
      for (const [room, from] of [
        [lagging, 2],
        [answered, 1],
      ] as const) {
        room.onAnnounced(1, `slow ${i}`, at(i * 5_000));
        room.onDeadline(at(i * 5_000 + 1_600), no);
        room.onArrived(`slow ${i}`, from, at(i * 5_000 + 1_700));
      }
    }
    expect(waitMs(lagging)).toBe(1_500);
    expect(waitMs(answered)).toBe(waitMs(missing(1, 2)));
  });
});

it("one neighbor fills a quarter of the places at most", () => {
  const room = missing(1, 2);
  for (let i = 0; i < limits.missingMax; i++) room.onAnnounced(1, `lie ${i}`, at(0));
  expect(room.state.missing.size).toBe(limits.missingMax / 4);
  room.onAnnounced(2, "true", at(0));
  expect(room.state.missing.has("true")).toBe(true);
});
