import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Joined } from "./face.ts";
import { Session } from "./session.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settings = { mesh: "lobby", seeds: ["ws://localhost:7700"], iceServers: undefined };
const unreachable = Object.assign(new Error("nobody answers"), { code: "seed-unreachable" });

function mesh(): Joined & { left: boolean } {
  const made = {
    left: false,
    leave(): Promise<void> {
      made.left = true;
      return Promise.resolve();
    },
  };
  return made as unknown as Joined & { left: boolean };
}

/** A session whose attempts end one after the other as told, and the phases that it went through. */
function session(...ends: (Joined | Error | Promise<Joined>)[]) {
  const phases: string[] = [];
  const made: Session = new Session(
    settings,
    async () => {
      const end = await ends.shift();
      if (end === undefined || end instanceof Error) throw end ?? new Error("no more attempts were expected");
      return end;
    },
    () => phases.push(made.phase.kind),
  );
  return { phases, session: made };
}

describe("a session", () => {
  test("joins", async () => {
    const joined = mesh();
    const { phases, session: one } = session(joined);
    await one.join();
    expect(phases).toEqual(["joining", "joined"]);
    expect(one.phase).toMatchObject({ kind: "joined", mesh: joined });
  });

  test("joins once, however often it is asked to", async () => {
    const { phases, session: one } = session(mesh());
    await Promise.all([one.join(), one.join()]);
    await one.join();
    expect(phases).toEqual(["joining", "joined"]);
  });

  test("tries again by itself when no seed answers, less and less often", async () => {
    const { phases, session: one } = session(unreachable, unreachable, mesh());
    await one.join();
    expect(one.phase).toMatchObject({ kind: "failed", code: "seed-unreachable", retryMs: 3_000 });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(one.phase).toMatchObject({ kind: "failed", retryMs: 5_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(phases).toEqual(["joining", "failed", "joining", "failed", "joining", "joined"]);
  });

  test("tries again at once when asked to, and only once", async () => {
    const { phases, session: one } = session(unreachable, mesh());
    await one.join();
    await one.join();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(phases).toEqual(["joining", "failed", "joining", "joined"]);
  });

  test("does not repeat what cannot work", async () => {
    const { phases, session: one } = session(new TypeError("expected a name, got 7"));
    await one.join();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(phases).toEqual(["joining", "failed"]);
    expect(one.phase).toMatchObject({ code: "unknown", message: "expected a name, got 7", retryMs: undefined });
  });

  test("leaves the mesh, and can join anew", async () => {
    const first = mesh();
    const { phases, session: one } = session(first, mesh());
    await one.join();
    await one.leave();
    expect(first.left).toBe(true);
    await one.join();
    expect(phases).toEqual(["joining", "joined", "left", "joining", "joined"]);
  });

  test("that is left while it joins stays left", async () => {
    let fail: (error: Error) => void = () => {};
    const pending = new Promise<Joined>((_, reject) => {
      fail = reject;
    });
    const { phases, session: one } = session(pending);
    const joining = one.join();
    await one.leave();
    fail(new DOMException("aborted", "AbortError"));
    await joining;
    expect(phases).toEqual(["joining", "left"]);
  });

  test("that is left while it waits does not try again", async () => {
    const { phases, session: one } = session(unreachable);
    await one.join();
    await one.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(phases).toEqual(["joining", "failed", "left"]);
  });
});
