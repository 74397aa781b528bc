import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import type { Header } from "../types.ts";
import { compareVersions, flawInProfile } from "./profile.ts";
import { PROFILES, profile } from "./profiles.testing.ts";

describe("a version", () => {
  it("is later in a later run, and by its number within one", () => {
    expect(compareVersions({ incarnation: 2, seq: 1 }, { incarnation: 1, seq: 9 })).toBeGreaterThan(0);
    expect(compareVersions({ incarnation: 1, seq: 1 }, { incarnation: 1, seq: 9 })).toBeLessThan(0);
    expect(compareVersions({ incarnation: 1, seq: 9 }, { incarnation: 1, seq: 9 })).toBe(0);
  });
});

describe("a profile", () => {
  const { timeMs } = profile(1, 1).rumor.header;
  const flawed: [string, Partial<Header>][] = [
    ["another topic", { topic: "0b".repeat(16) }],
    ["versions that it keeps", { seq: 3, low: 2 }],
    ["something before it", { prev: new Uint8Array(32).fill(1) }],
    ["no end", { expiryMs: 0 }],
    ["an end before its beginning", { expiryMs: timeMs }],
    ["a longer life than anybody's", { expiryMs: timeMs + limits.profileLifeMs + 1 }],
    ["a counter that no clock has", { counter: 70_000 }],
  ];

  it("has no flaw as its author makes it", () => {
    const whole = profile(1, 1, { expiryMs: timeMs + limits.profileLifeMs }, new Uint8Array(limits.profileBytesMax));
    expect(flawInProfile(whole.rumor, PROFILES)).toBeUndefined();
  });

  it.each(flawed)("is none with %s", (_, change) => {
    expect(flawInProfile(profile(1, 1, change).rumor, PROFILES)).toBe("a profile that is none");
  });

  it("is none with more in it than fits", () => {
    const body = new Uint8Array(limits.profileBytesMax + 1);
    expect(flawInProfile(profile(1, 1, {}, body).rumor, PROFILES)).toBe("a profile that is none");
  });
});
