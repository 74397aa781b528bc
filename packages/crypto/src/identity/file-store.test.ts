import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore } from "./file-store.ts";
import { openIdentity } from "./open-identity.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "grapevine-identity-"));
  path = join(directory, "identity.json");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe("an identity in a file", () => {
  it("is kept over runs, with its slot and incarnation", async () => {
    const first = await openIdentity({ path });
    await first.saveIncarnation(1000);
    await first.saveSlot(12);
    await first.saveSlot(11);
    await first.close();
    const second = await openIdentity({ path });
    expect(second.identity.peerId).toBe(first.identity.peerId);
    expect([second.lastMintSlot, second.lastIncarnation]).toEqual([12, 1000]);
    await second.close();
  });

  it("is its owner's alone, and nothing is left beside it", async () => {
    const opened = await openIdentity({ path });
    await Promise.all(Array.from({ length: 50 }, (_, slot) => opened.saveSlot(slot)));
    await opened.close();
    expect(await readdir(directory)).toEqual(["identity.json"]);
    // Windows has no such modes.
    if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ lastMintSlot: 49 });
  });

  // Windows has no such modes, and asks for a right to make links.
  it.runIf(process.platform !== "win32")(
    "goes where no link leads that somebody laid, and takes no mode of theirs",
    async () => {
      const trap = join(directory, "theirs");
      await writeFile(trap, "theirs", { mode: 0o644 });
      await symlink(trap, `${path}.new`);
      await (await openIdentity({ path })).close();
      expect(await readFile(trap, "utf8")).toBe("theirs");
      await writeFile(`${path}.new`, "left", { mode: 0o644 });
      const opened = await openIdentity({ path });
      await opened.saveSlot(3);
      await opened.close();
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ lastMintSlot: 3 });
    },
  );

  it("is made in a directory that is not there yet", async () => {
    const deep = join(directory, "a", "b", "identity.json");
    const opened = await openIdentity({ path: deep });
    await opened.close();
    expect(await readFile(deep, "utf8")).toContain("grapevine_identity_");
  });

  it.each([
    ["garbage", "not JSON, but a secret"],
    ["an empty file", ""],
    ["a wrong checksum", undefined],
  ])("that holds %s is an error, and stays as it is", async (_what, content) => {
    await (await openIdentity({ path })).close();
    const text =
      content ?? (await readFile(path, "utf8")).replace(/(?<=identity_...)./, (was) => (was === "1" ? "2" : "1"));
    await writeFile(path, text);
    const error: unknown = await openIdentity({ path }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "store-failed", message: expect.stringContaining(`${path} is corrupt`) });
    expect(String(error)).not.toContain("but a secret");
    expect(await readFile(path, "utf8")).toBe(text);
    expect(await readdir(directory)).toEqual(["identity.json"]);
  });

  it("that is no such file at all is an error", async () => {
    await writeFile(path, "x".repeat(100_000));
    await expect(openIdentity({ path })).rejects.toThrow("got 100000 bytes");
    await expect(openIdentity({ path: directory })).rejects.toMatchObject({ code: "store-failed" });
  });

  it("that others can read gives a warning", async () => {
    if (process.platform === "win32") return;
    await (await openIdentity({ path })).close();
    await chmod(path, 0o644);
    const warnings: string[] = [];
    const opened = await openIdentity({ path, onWarning: (text) => warnings.push(text) });
    await opened.close();
    expect(warnings).toEqual([expect.stringContaining("chmod 600")]);
  });

  it("is for one peer at a time", async () => {
    const first = await openIdentity({ path });
    await expect(openIdentity({ path })).rejects.toMatchObject({
      code: "store-failed",
      message: expect.stringContaining("in use by another peer of this process"),
    });
    await first.close();
    await (await openIdentity({ path })).close();
  });

  it("says when it could not be written, and writes again later", async () => {
    const opened = await openIdentity({ path });
    await rm(path);
    // A directory in its place: renaming onto it fails.
    const { mkdir } = await import("node:fs/promises");
    await mkdir(path);
    await expect(opened.saveSlot(1)).rejects.toMatchObject({ code: "store-failed" });
    await rm(path, { recursive: true });
    await opened.saveSlot(2);
    await opened.close();
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ lastMintSlot: 2 });
  });

  it("writes nothing once it is closed", async () => {
    const opened = await openIdentity({ store: fileStore(path, () => {}) });
    await opened.close();
    await opened.close();
    await opened.saveSlot(5);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ lastMintSlot: -1 });
  });
});
