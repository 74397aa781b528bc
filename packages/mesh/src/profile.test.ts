import { deriveMesh } from "@grapevine/crypto";
import type { Rumor } from "@grapevine/protocol";
import { describe, expect, it } from "vitest";
import { OwnProfile, ProfileSeal, profileFields } from "./profile.ts";

const keys = deriveMesh({ name: "lobby", admission: { kind: "open" } });
const seal = new ProfileSeal(keys, undefined);

function rumorOf({ keyId, body }: { keyId: Uint8Array; body: Uint8Array }): Rumor {
  return { header: { keyId }, body } as unknown as Rumor;
}

describe("fields", () => {
  it("are a frozen copy of plain data", () => {
    const given = { name: "Ann", roles: ["host"], bytes: Uint8Array.of(1) };
    const fields = profileFields(given);
    given.roles.push("guest");
    expect(fields).toEqual({ name: "Ann", roles: ["host"], bytes: Uint8Array.of(1) });
    expect(Object.isFrozen(fields) && Object.isFrozen(fields["roles"])).toBe(true);
  });

  it.each([
    ["a list", ["Ann"], "invalid-argument"],
    ["nothing", null, "invalid-argument"],
    ["bytes", new Uint8Array(3), "invalid-argument"],
    ["a function in it", { f: () => {} }, "unsupported-data"],
    ["more than a KiB", { text: "x".repeat(1_030) }, "too-large"],
  ])("are not %s", (_, given, code) => {
    expect(() => profileFields(given)).toThrow(expect.objectContaining({ code }));
  });
});

describe("the seal of profiles", () => {
  it("is opened by every member, and by nobody else", () => {
    const sealed = seal.seal({ name: "Ann" });
    expect(new TextDecoder("latin1").decode(sealed.body)).not.toContain("Ann");
    expect(new ProfileSeal(keys, undefined).open(rumorOf(sealed))).toEqual({ name: "Ann" });
    const others = deriveMesh({ name: "another", admission: { kind: "open" } });
    expect(new ProfileSeal(others, undefined).open(rumorOf(sealed))).toBe("unknownKey");
  });

  it("is not that of a topic or map of any name, and what is no object of fields is nothing", () => {
    expect(keys.profileKey).not.toEqual(keys.topicKey("profile"));
    expect(JSON.stringify(seal)).not.toContain(String(keys.profileKey[0]));
    expect(seal.open(rumorOf(seal.seal([1] as never)))).toBeUndefined();
    const { keyId } = seal.seal({});
    expect(seal.open(rumorOf({ keyId, body: new Uint8Array(60) }))).toBeUndefined();
  });
});

describe("an own profile", () => {
  function setUp(loading?: Promise<void>) {
    const said: unknown[] = [];
    const host = {
      seal,
      load: () => loading,
      say: (sealed: { keyId: Uint8Array; body: Uint8Array }) => Promise.resolve(said.push(seal.open(rumorOf(sealed)))),
    };
    return { said, own: new OwnProfile(host, profileFields({ name: "Ann", color: "red" })) };
  }

  it("is shown at once, and said when its part has come", async () => {
    let come!: () => void;
    const { own, said } = setUp(new Promise((resolve) => (come = resolve)));
    const done = own.update({ color: "blue" });
    expect([own.fields, said]).toEqual([{ name: "Ann", color: "blue" }, []]);
    come();
    await done;
    expect(said).toEqual([{ name: "Ann", color: "blue" }]);
  });

  it("is replaced by set; update keeps what it does not name, and takes away what is undefined", async () => {
    const { own } = setUp();
    await own.update({ name: undefined, size: 2 });
    expect(own.fields).toEqual({ color: "red", size: 2 });
    await own.set({ only: true });
    expect(own.fields).toEqual({ only: true });
  });

  it("stays as it was when it is told what does not do", async () => {
    const { own } = setUp();
    await expect(own.set("Ann" as never)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(own.update({ a: new Date() })).rejects.toMatchObject({ code: "unsupported-data" });
    expect(own.fields).toEqual({ name: "Ann", color: "red" });
  });

  it("is said again when it is said at all", async () => {
    const { own, said } = setUp();
    own.repeat();
    await Promise.resolve();
    expect(said).toEqual([{ name: "Ann", color: "red" }]);
    const silent = new OwnProfile(
      { seal, load: () => undefined, say: () => Promise.reject(new Error("asked")) },
      undefined,
    );
    silent.repeat();
    expect(silent.fields).toEqual({});
  });
});
