import { describe, expect, test } from "vitest";
import { invitation, isLoopback, settingsFrom } from "./settings.ts";

const at = (href: string) => settingsFrom(new URL(href));

describe("the page's address", () => {
  test("without a query joins the lobby by the seed of its own host", () => {
    expect(at("http://192.168.1.7:5173/")).toEqual({
      mesh: "lobby",
      seeds: ["ws://192.168.1.7:7700"],
      iceServers: undefined,
    });
    expect(at("https://example.org/").seeds).toEqual(["wss://example.org:7700"]);
    expect(at("http://[::1]:5173/").seeds).toEqual(["ws://[::1]:7700"]);
  });

  test("names another mesh", () => {
    expect(at("http://localhost/?mesh=vineyard%20hill").mesh).toBe("vineyard hill");
    expect(at("http://localhost/?mesh=%20").mesh).toBe("lobby");
  });

  test("names seeds, several or none", () => {
    expect(at("http://localhost/?seed=ws://a:1&seed=ws://b:2,ws://c:3").seeds).toEqual([
      "ws://a:1",
      "ws://b:2",
      "ws://c:3",
    ]);
    expect(at("http://localhost/?seed=none").seeds).toEqual([]);
  });

  test("names ICE servers, several or none", () => {
    expect(at("http://localhost/?ice=stun:a&ice=stun:b").iceServers).toEqual([{ urls: "stun:a" }, { urls: "stun:b" }]);
    expect(at("http://localhost/?ice=none").iceServers).toEqual([]);
  });
});

describe("an invitation", () => {
  test("is the page's own address", () => {
    expect(invitation("http://10.0.0.2:5173/?mesh=a#b")).toBe("http://10.0.0.2:5173/?mesh=a");
  });

  test("to another machine names this one, and its seed too", () => {
    expect(invitation("http://localhost:5173/?mesh=a&seed=ws://localhost:7701", "10.0.0.2")).toBe(
      "http://10.0.0.2:5173/?mesh=a&seed=ws%3A%2F%2F10.0.0.2%3A7701",
    );
  });

  test("leaves seeds elsewhere alone", () => {
    const invited = new URL(invitation("http://localhost:5173/?seed=wss://seed.example&seed=none", "10.0.0.2"));
    expect(invited.searchParams.getAll("seed")).toEqual(["wss://seed.example", "none"]);
  });
});

test.each([
  ["localhost", true],
  ["app.localhost", true],
  ["127.0.0.1", true],
  ["[::1]", true],
  ["192.168.1.7", false],
  ["localhost.example.org", false],
])("%s is loopback: %s", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
