import { describe, expect, test } from "vitest";
import { iceServerFault } from "./ice-servers.ts";

const secret = { username: "user", credential: "secret" };

test.each([
  "stun:stun.example.org",
  "stun:stun.example.org:3478",
  "STUNS:192.0.2.1:5349",
  "stun:[2001:db8::1]:3478",
  "turn:turn.example.org?transport=udp",
  "turns:turn.example.org:443?transport=tcp",
])("%s is fit", (url) => {
  expect(iceServerFault({ urls: [url], ...secret })).toBeUndefined();
});

test.each([
  "",
  "stun:",
  "stun.example.org",
  "stun://stun.example.org",
  "stun:host:70000",
  "stun:host:",
  "stun:host?transport=udp",
  "turn:host?transport=quic",
  "turn:user@host",
  "http://example.org",
  "javascript:alert(1)",
  "stun:a b",
  "stun:host\n",
])("%j is not", (url) => {
  expect(iceServerFault({ urls: [url], ...secret })).toBe(
    'urls like "stun:host:port" or "turn:host:port?transport=udp"',
  );
});

describe("a server is not fit", () => {
  test.each([
    ["without urls", { urls: [] }, "1 to 4 urls"],
    ["with too many", { urls: Array.from({ length: 5 }, () => "stun:a") }, "1 to 4 urls"],
    [
      "with a long url",
      { urls: [`stun:${"a".repeat(600)}`] },
      'urls like "stun:host:port" or "turn:host:port?transport=udp"',
    ],
    ["with a long user name", { urls: ["stun:a"], username: "ä".repeat(257) }, "username of at most 512 bytes"],
    ["with a long credential", { urls: ["stun:a"], credential: "x".repeat(513) }, "credential of at most 512 bytes"],
    ["as TURN without a user name", { urls: ["turn:a"], credential: "x" }, "username and credential for turn:"],
    [
      "as TURN among others without a credential",
      { urls: ["stun:a", "turns:a"], username: "x" },
      "username and credential for turn:",
    ],
  ])("%s", (_, server, fault) => {
    expect(iceServerFault(server)).toBe(fault);
  });
});
