import { describe, expect, test } from "vitest";
import { LinkError } from "./link.ts";
import { parseSeedName, seedUrls } from "./seed-client-names.ts";

describe("the name of a seed", () => {
  test.each(["ws://localhost:7700", "ws://[::1]:7700", "wss://seed.example.org", "wss://example.org/seed?x=1"])(
    "may be %s",
    (url) => {
      expect(parseSeedName(url, false)).toEqual({ kind: "url", url });
    },
  );

  test("may be a name to be resolved, where that can be done", () => {
    expect(parseSeedName("dns:seeds.example.org:7700", true)).toEqual({
      kind: "dns",
      host: "seeds.example.org",
      port: 7700,
    });
    expect(() => parseSeedName("dns:seeds.example.org:7700", false)).toThrow(
      'expected a ws: or wss: seed in a browser, got "dns:seeds.example.org:7700"',
    );
  });

  test.each([
    "",
    "localhost:7700",
    "http://localhost:7700",
    "ws://",
    "ws://user:secret@localhost",
    "ws://localhost/#there",
    "dns:host",
    "dns:host:0",
    "dns:host:70000",
    "dns:a b:7700",
    7700,
    undefined,
    null,
  ])("may not be %j", (name) => {
    const parse = (): unknown => parseSeedName(name, true);
    expect(parse).toThrow(LinkError);
    expect(parse).toThrow(/^expected a seed like "ws:\/\/host:port", "wss:\/\/host" or "dns:host:port", got /);
  });
});

test("the addresses of a name come in one order for everybody, without repeats, and only so many", () => {
  expect(seedUrls(["::1", "192.0.2.2", "192.0.2.1", "::1"], 7700)).toEqual([
    "ws://192.0.2.1:7700",
    "ws://192.0.2.2:7700",
    "ws://[::1]:7700",
  ]);
  const many = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
  expect(seedUrls(many, 1)).toHaveLength(8);
});
