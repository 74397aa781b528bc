import { describe, expect, test } from "vitest";
import { SeedError } from "./error.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { SeedOptions } from "./options.ts";
import { checkOptions } from "./options.ts";

const good = { port: 0, host: "127.0.0.1" };

test("what is not said is as stated", () => {
  const checked = checkOptions(good);
  expect(checked).toMatchObject({ ...good, origins: undefined, trustProxy: false, limits: DEFAULT_LIMITS });
  expect(checked.iceServers()).toEqual([]);
});

describe("a mistake is named", () => {
  test.each<[string, unknown, string]>([
    ["a port out of range", { port: 65_536 }, "expected port as a whole number from 0 to 65535, got 65536"],
    ["a port as text", { port: "7700" }, 'expected port as a whole number from 0 to 65535, got "7700"'],
    ["no host", { host: "" }, 'expected host as a name or address, got ""'],
    ["trustProxy as text", { trustProxy: "yes" }, 'expected trustProxy as true or false, got "yes"'],
    ["origins that are not a list", { origins: "https://a" }, 'expected origins as an array, got "https://a"'],
    [
      "an origin with a path",
      { origins: ["https://a/b"] },
      'expected an origin like "https://example.org", got "https://a/b"',
    ],
    ["an unknown limit", { limits: { sockets: 1 } }, 'expected limits of `SeedLimits`, got "sockets"'],
    ["a limit below 0", { limits: { socketsMax: -1 } }, "expected limits.socketsMax as a number of 0 or more, got -1"],
    [
      "a rate without a burst",
      { limits: { socketBytes: { perSecond: 1 } } },
      "expected limits.socketBytes.burst as a number from 1 on, got undefined",
    ],
    [
      "a rate of 0",
      { limits: { socketBytes: { perSecond: 0, burst: 1 } } },
      "expected limits.socketBytes.perSecond as a number above 0, got 0",
    ],
    ["ICE servers that are not a list", { iceServers: "stun:a" }, 'expected ICE servers as an array, got "stun:a"'],
    [
      "too many ICE servers",
      { iceServers: Array.from({ length: 9 }, () => ({ urls: "stun:a" })) },
      "expected at most 8 ICE servers, got 9",
    ],
    [
      "an ICE server as text",
      { iceServers: ["stun:a"] },
      'expected an ICE server as { urls, username, credential }, got "stun:a"',
    ],
    [
      "an ICE server without urls",
      { iceServers: [{}] },
      "expected urls, username and credential of an ICE server as text, got undefined",
    ],
    [
      "an ICE server with a web page's url",
      { iceServers: [{ urls: "http://a" }] },
      'expected an ICE server with urls like "stun:host:port" or "turn:host:port?transport=udp", got "http://a"',
    ],
    [
      "a TURN server without credentials",
      { iceServers: [{ urls: ["turn:a"] }] },
      'expected an ICE server with username and credential for turn:, got "turn:a"',
    ],
    [
      "a port of an ICE server out of range",
      { iceServers: [{ urls: "stun:a:70000" }] },
      'expected an ICE server with urls like "stun:host:port" or "turn:host:port?transport=udp", got "stun:a:70000"',
    ],
  ])("%s", (_, options, message) => {
    const check = (): unknown => checkOptions({ ...good, ...(options as Partial<SeedOptions>) });
    expect(check).toThrow(SeedError);
    expect(check).toThrow(message);
  });

  test("and a credential is never shown", () => {
    const check = (): unknown =>
      checkOptions({ ...good, iceServers: [{ urls: "turn:a", username: "u", credential: "hush".repeat(200) }] });
    expect(check).toThrow('expected an ICE server with credential of at most 512 bytes, got "turn:a"');
  });
});
