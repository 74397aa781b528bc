import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "@grapevine/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { levelStore, memoryStore } from "./index.ts";
import { storeCases } from "./store-contract.testing.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grapevine-store-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe.each(["memory", "LevelDB"])("a store in %s", (kind) => {
  it.each(storeCases)("$name", async (one) => {
    const memory = new Map<number | undefined, Storage>();
    await one.run((bytesMax) => {
      const options = bytesMax === undefined ? {} : { bytesMax };
      if (kind === "LevelDB") return levelStore(join(directory, "store"), options);
      const made = memory.get(bytesMax) ?? memoryStore(options);
      memory.set(bytesMax, made);
      return made;
    });
  });
});

describe("a storage", () => {
  it("refuses what is no place, and a quota below the least", () => {
    expect(() => levelStore("")).toThrow("expected the name of a directory or database");
    expect(() => memoryStore({ bytesMax: 1000 })).toThrow("expected bytesMax of at least 1048576, got 1000");
  });
});
