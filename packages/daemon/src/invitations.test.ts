import { mkdtemp, readFile, readdir, rm, stat, chmod, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInvite } from "@grapevine/mesh";
import { afterEach, expect, test } from "vitest";
import { makeInvite, makeRoot, showIdentity, type InviteFlags } from "./invitations.ts";

const folders: string[] = [];
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "grapevine-"));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const flags = (root: string): InviteFlags => ({ root, role: "writer", seed: [] });

test("a root key is a file of its owner's alone, and never written over", async () => {
  const folder = await makeFolder();
  const file = join(folder, "root");
  await makeRoot(file, "lab");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const before = await readFile(file, "utf8");
  await expect(makeRoot(file, "lab")).rejects.toThrow("a root key is never written over");
  expect(await readFile(file, "utf8")).toBe(before);
  expect(await readdir(folder)).toEqual(["root"]);
});

test("an invitation has what was asked for, and a link hides it behind the #", async () => {
  const folder = await makeFolder();
  const file = join(folder, "root");
  await makeRoot(file, "lab");
  const asked = {
    role: "reader",
    name: "Alice",
    days: 2,
    seed: ["wss://seed.example"],
    page: "https://host/p",
  } as const;
  const { invite, link } = await makeInvite({ ...flags(file), ...asked }, 1_000);
  expect(link).toBe(`https://host/p#${invite}`);
  const { mesh, seeds, links } = parseInvite(invite);
  expect({ mesh, seeds }).toEqual({ mesh: "lab", seeds: ["wss://seed.example"] });
  expect(links).toMatchObject([{ role: 0, name: "Alice", expiryMs: 172_801_000, mayInvite: false }]);
});

test("a root key that others can read, or that is none, is refused", async () => {
  const folder = await makeFolder();
  const file = join(folder, "root");
  await makeRoot(file, "lab");
  await chmod(file, 0o644);
  await expect(makeInvite(flags(file), 0)).rejects.toThrow("run chmod 600 on it");
  for (const text of ["", "null", "{}", '{"mesh":"lab","root":"grapevine_root_x"}']) {
    const other = join(folder, "other");
    await writeFile(other, text, { mode: 0o600 });
    const reason: unknown = await makeInvite(flags(other), 0).catch((error: unknown) => error);
    expect(String(reason)).toContain("expected a");
    expect(String(reason)).not.toContain("grapevine_root_x");
  }
});

test("a root key that is not there is missed by name, and by how one is made", async () => {
  const missing = join(await makeFolder(), "missing");
  await expect(makeInvite(flags(missing), 0)).rejects.toThrow(
    `expected the file of a root key, made by grapevine root, got ${missing}`,
  );
});

test("an identity is made once and shown again", async () => {
  const folder = await makeFolder();
  const file = join(folder, "peer");
  const id = await showIdentity(file, () => {});
  expect(await showIdentity(file, () => {})).toBe(id);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
