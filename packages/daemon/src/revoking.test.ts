import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { createMemoryNetwork, join, type Mesh } from "@grapevine/mesh";
import { startSeed } from "@grapevine/signaling";
import { expect, onTestFinished, test } from "vitest";
import { makeInvite, makeRoot, showIdentity } from "./invitations.ts";
import { revokeKey, type RevokeFlags } from "./revoking.ts";

/** A root key in a file, a seed, and members who were invited, over links in memory. */
async function lab() {
  const folder = await mkdtemp(joinPath(tmpdir(), "grapevine-"));
  const seed = await startSeed({ port: 0, host: "127.0.0.1" });
  const network = createMemoryNetwork();
  const joined: Mesh[] = [];
  onTestFinished(async () => {
    await Promise.all(joined.map((mesh) => mesh.leave()));
    await seed.close();
    await rm(folder, { recursive: true });
  });
  const file = joinPath(folder, "root");
  await makeRoot(file, "lab");
  const invited = async (more: object = {}): Promise<string> =>
    (await makeInvite({ root: file, role: "writer", seed: [seed.url], ...more }, 0)).invite;
  const enter = async (options: Parameters<typeof join>[0]): Promise<Mesh> => {
    const mesh = await join({ ...options, webrtc: network.engine(), iceServers: [] });
    joined.push(mesh);
    return mesh;
  };
  const printed: string[] = [];
  const run = (key: string, flags: Partial<RevokeFlags> = {}): Promise<void> =>
    revokeKey(
      enter,
      key,
      { root: file, seed: [seed.url], keep: "none", listenMs: 1_000, ...flags },
      (line) => printed.push(line),
      new AbortController().signal,
    );
  return { folder, invited, enter, printed, run };
}

test("the root's file revokes a member; it says what stands, and who knows", async () => {
  const { invited, enter, printed, run } = await lab();
  const [eve, friend] = [await enter({ invite: await invited() }), await enter({ invite: await invited() })];
  const chat = eve.topic("chat");
  await chat.publish("hello");
  await run(eve.peerId, { keep: "all", listenMs: 10_000 });
  expect(printed.join("\n")).toContain(`shut out ${eve.peerId}`);
  expect(printed.join("\n")).toMatch(/stands: what \w+, started .* up to number 1/);
  expect(printed.join("\n")).toMatch(/known by 1 of 1 neighbors/);
  // Its chat, and its announcement of the mesh's first key.
  expect(friend.revocations).toMatchObject([{ key: eve.peerId, logs: 2 }]);
});

test("an admin's key and invitation do as well, and an invitation is revoked by its word", async () => {
  const { folder, invited, enter, printed, run } = await lab();
  const identity = joinPath(folder, "admin");
  const to = await showIdentity(identity, () => {});
  const invite = await invited({ role: "admin", to });
  const word = await invited();
  const [guest, friend] = [await enter({ invite: word }), await enter({ invite: await invited() })];
  await expect(run(word, { root: undefined })).rejects.toThrow("--identity and --invite of an admin");
  await run(word, { root: undefined as never, identity, invite });
  expect(printed).toContain("nothing that it wrote stands");
  expect(printed).toContain(`shut out ${guest.peerId}`);
  expect(friend.revocations).toMatchObject([{ role: "admin", by: to }]);
});

test("a revocation that nobody would hear is not made", async () => {
  const { run } = await lab();
  await expect(run("11111111111111111111111111111112")).rejects.toThrow("expected somebody to tell, got nobody");
});
