import { describe, expect, it } from "vitest";
import { createIdentity, exportIdentity } from "./identity.ts";
import { openIdentity } from "./open-identity.ts";
import { platform as browser } from "../platform.browser.ts";
import { memoryStore } from "./store.ts";

describe("opening an identity", () => {
  it("makes a new one in Node when no path is given", async () => {
    const [a, b] = [await openIdentity(), await openIdentity()];
    expect(a.identity.peerId).not.toBe(b.identity.peerId);
    expect([a.lastMintSlot, a.lastIncarnation]).toEqual([-1, 0]);
    await a.saveSlot(3);
    await a.close();
    await b.close();
  });

  it("uses the one that is given, itself or in its written form", async () => {
    const identity = createIdentity();
    expect((await openIdentity({ identity })).identity).toBe(identity);
    expect((await openIdentity({ identity: exportIdentity(identity) })).identity.peerId).toBe(identity.peerId);
  });

  it("refuses what cannot be meant", async () => {
    const identity = createIdentity();
    for (const options of [
      { identity, path: "x" },
      { path: "x", store: memoryStore },
      { identity: "hunter2" },
      { identity: { ...identity } },
    ]) {
      await expect(openIdentity(options as never)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });
});

describe("on a browser's platform", () => {
  const options = { name: "default", path: undefined, onWarning: () => {} };

  it("a path is refused", () => {
    expect(() => browser.identityStore({ ...options, path: "x" })).toThrow("expected no path in a browser");
  });

  it("a worker or a server, which has no sessionStorage, keeps nothing", () => {
    // Some Node versions have one.
    if (Object.hasOwn(globalThis, "sessionStorage")) return;
    expect(browser.identityStore(options)).toBe(memoryStore);
  });

  it("the event loop turns without a timer", async () => {
    const order: string[] = [];
    const turned = browser.turn().then(() => order.push("turned"));
    await Promise.resolve();
    order.push("same turn");
    await turned;
    expect(order).toEqual(["same turn", "turned"]);
  });
});
