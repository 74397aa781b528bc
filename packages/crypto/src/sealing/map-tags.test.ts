import { describe, expect, test } from "vitest";
import { deriveMesh } from "../admission/mesh-keys.ts";
import { mapKeyTag, tagKeyFrom } from "./map-tags.ts";

const meshOf = (name: string) => deriveMesh({ name, admission: { kind: "open" } });

describe("what names a map and its keys", () => {
  const keys = meshOf("lobby");

  test("is the same for all who know the mesh, and another in another mesh, map or key", () => {
    expect(meshOf("lobby").mapTag("colors")).toBe(keys.mapTag("colors"));
    const tags = [
      keys.mapTag("colors"),
      keys.mapTag("votes"),
      meshOf("hall").mapTag("colors"),
      keys.topicTag("colors"),
    ];
    expect(new Set(tags).size).toBe(4);
    const tagOf = (map: string, key: string): string => mapKeyTag(keys.mapTagKey(map), key);
    expect(tagOf("colors", "sky")).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([tagOf("colors", "sky"), tagOf("colors", "sea"), tagOf("votes", "sky")]).size).toBe(3);
  });

  test("is under a key of its own for a map that has one", () => {
    const secret = new Uint8Array(32).fill(5);
    expect(mapKeyTag(tagKeyFrom(secret), "sky")).not.toBe(mapKeyTag(keys.mapTagKey("colors"), "sky"));
    expect(tagKeyFrom(secret)).not.toEqual(secret);
    expect(() => tagKeyFrom(new Uint8Array(31))).toThrow(/expected a map's key of 32 bytes/);
  });

  test("seals maps and topics of one name under different keys", () => {
    const all = [keys.mapKey("colors"), keys.mapTagKey("colors"), keys.topicKey("colors"), keys.mapKey("votes")];
    expect(new Set(all.map((key) => key.join())).size).toBe(4);
  });
});
