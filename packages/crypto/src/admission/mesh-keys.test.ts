import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { toHex } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { deriveMesh, type Admission, type MeshKeys } from "./mesh-keys.ts";
import { createSecret, parseSecret } from "./secret.ts";

const secret = createSecret();
const open = (name: string, bits?: number): MeshKeys => deriveMesh({ name, admission: { kind: "open", bits } });
const closed = (name: string, by = secret): MeshKeys => deriveMesh({ name, admission: { kind: "secret", secret: by } });
const keysOf = (mesh: MeshKeys): string[] =>
  [mesh.meshId, mesh.room, mesh.cardKey, mesh.ticketKey, mesh.topicKey("chat")].map(toHex);

describe("a mesh's keys", () => {
  it("follow from its name, for everyone alike", () => {
    expect(keysOf(open("lobby"))).toEqual(keysOf(open("lobby")));
    // Fixed: a change here is a change of the protocol.
    expect(toHex(open("lobby", 15).meshId)).toMatchInlineSnapshot(
      `"bb6b45bcebd3ccd7d1e105bd0db262663e52d33a3cc400fd2c0a61ec09befb56"`,
    );
    expect(toHex(open("lobby", 15).room)).toMatchInlineSnapshot(
      `"558cc21ae21012bd5b887f5e3042c6ab30de324bf85069405c0f7a63c9b81606"`,
    );
    expect(toHex(open("lobby", 15).topicKey("chat"))).toMatchInlineSnapshot(
      `"98961dcde067f929dddc12baa8727b8aaf6a76ffe07ab1a0fd8169981fc18a03"`,
    );
    expect(open("lobby", 15).topicTag("chat")).toMatchInlineSnapshot(`"c9be5879d9d9e870c918a7003b223314"`);
  });

  it("are all different, and 32 bytes", () => {
    for (const mesh of [open("lobby"), closed("lobby")]) {
      const keys = [...keysOf(mesh), toHex(mesh.topicKey("news"))];
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.every((key) => key.length === 64)).toBe(true);
    }
  });

  it("are others under another policy, and only the room is the same", () => {
    const meshes = [open("lobby", 10), open("lobby", 11), closed("lobby"), closed("lobby", createSecret())];
    for (const [at, what] of ["mesh id", "room", "card key", "ticket key", "topic key"].entries()) {
      const values = new Set(meshes.map((mesh) => keysOf(mesh)[at]));
      expect([what, values.size]).toEqual([what, what === "room" ? 1 : meshes.length]);
    }
    expect(new Set(meshes.map((mesh) => mesh.topicTag("chat"))).size).toBe(meshes.length);
  });

  it("are others under another name", () => {
    const [a, b] = [keysOf(closed("a")), keysOf(closed("b"))];
    expect(a.filter((key) => b.includes(key))).toEqual([]);
  });

  it("are the same however an accent is typed", () => {
    expect(keysOf(open("caf\u00e9"))).toEqual(keysOf(open("cafe\u0301")));
    expect(open("lobby").topicTag("caf\u00e9")).toBe(open("lobby").topicTag("cafe\u0301"));
  });

  it("name topics by 32 hex digits", () => {
    expect(open("lobby").topicTag("chat")).toMatch(/^[0-9a-f]{32}$/);
    expect(open("lobby").topicTag("chat")).not.toBe(open("lobby").topicTag("Chat"));
  });

  it("are not shown", () => {
    const mesh = closed("lobby");
    const shown = inspect(mesh, { depth: 9, showHidden: true }) + JSON.stringify(mesh) + JSON.stringify({ ...mesh });
    for (const key of [mesh.cardKey, mesh.ticketKey, mesh.topicKey("chat"), parseSecret(secret)]) {
      expect(shown).not.toContain(toHex(key));
      expect(shown).not.toContain([...key.subarray(0, 6)].join(","));
    }
    expect(shown).toContain(toHex(mesh.meshId));
  });
});

describe("refuses", () => {
  it.each([
    "",
    "x".repeat(257),
    "\u{1f347}".repeat(65),
    "a\ud800",
    7 as unknown as string,
    undefined as unknown as string,
  ])("the name %j", (name) => {
    expect(() => open(name)).toThrow(CryptoError);
    expect(() => open("lobby").topicTag(name)).toThrow(/expected a topic name/);
    expect(() => open("lobby").topicKey(name)).toThrow(CryptoError);
  });

  it.each([-1, 31, 1.5, Number.NaN, "15" as unknown as number])("%s bits of work", (bits) => {
    expect(() => open("lobby", bits)).toThrow(/expected 0 to 30 bits of work/);
  });

  it("an admission of another kind", () => {
    const admission = { kind: "vote" } as unknown as Admission;
    expect(() => deriveMesh({ name: "lobby", admission })).toThrow(
      'expected admission of kind "open", "secret" or "certificate"',
    );
  });
});
