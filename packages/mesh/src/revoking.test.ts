import { createIdentity, createRoot, inviteText, issueInvite, type InviteOptions } from "@grapevine/crypto";
import { expect } from "vitest";
import { Ear, event, take, testOver, until } from "./harness.testing.ts";

const test = testOver("memory");
const root = createRoot("lobby", new Uint8Array(32).fill(3));
const invited = async (options: InviteOptions = {}): Promise<string> =>
  inviteText(await issueInvite({ root }, options));
const asRoot = { invite: root.invite, identity: root.identity };

test("a revoked peer is told, cannot write, is shut out, and is refused with a reason when it comes again", async ({
  world,
}) => {
  const boss = await world.join(asRoot);
  const identity = createIdentity();
  const invite = await invited({ to: identity.peerId });
  const eve = await world.join({ invite, identity });
  const friend = await world.join({ invite: await invited() });
  await until(friend, ({ neighbors }) => neighbors.length === 2);
  const [chat, heard] = [eve.topic("chat"), new Ear(friend.topic("chat"))];
  const heardByBoss = new Ear(boss.topic("chat"));
  await chat.publish("before");
  await Promise.all([heard.heard(1), heardByBoss.heard(1)]);
  // Of the rumor, which may be later than its message: that may have waited for the key of an epoch.
  const beforeMs = Date.now() + 1;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await chat.publish("after");
  await Promise.all([heard.heard(2), heardByBoss.heard(2)]);

  const told = event(eve, "revoked");
  const seen = event(friend, "revoked");
  const gone = until(eve, ({ neighbors }) => neighbors.length === 0);
  const revoked = await boss.revoke(eve.peerId, { keep: { beforeMs } });
  expect(revoked).toMatchObject({ key: eve.peerId, peers: [eve.peerId], unnamed: 0 });
  expect(revoked.stands).toMatchObject([{ seq: 1, log: { author: eve.peerId } }]);
  expect(revoked.knownBy).toContain(friend.peerId);
  expect(await told).toMatchObject({ own: true, role: "root", by: boss.peerId });
  expect(await seen).toMatchObject({ own: false, peers: [eve.peerId], logs: 1 });
  await gone;
  await expect(chat.publish("still here")).rejects.toMatchObject({ code: "forbidden" });
  // What stands is what later readers find, at the revoked peer too.
  for (const mesh of [friend, boss, eve]) {
    const [first] = await take(mesh.topic("chat").messages({ from: "start" }), 1);
    expect(first!.data).toBe("before");
    expect(mesh.revocations).toMatchObject([{ key: eve.peerId, role: "root" }]);
  }
  await friend.topic("chat").publish("goodbye");
  const rest = await take(friend.topic("chat").messages({ from: "start" }), 2);
  expect(rest.map(({ data }) => data)).toEqual(["before", "goodbye"]);
  await eve.leave();
  await expect(world.join({ invite, identity })).rejects.toMatchObject({
    code: "admission-refused",
    message: expect.stringContaining("revoked"),
  });
});

test("an invitation is revoked by its word, and takes with it whoever came by it", async ({ world }) => {
  const boss = await world.join(asRoot);
  const invite = await invited();
  const guest = await world.join({ invite });
  const told = event(guest, "revoked");
  expect(await boss.revoke(invite)).toMatchObject({ peers: [guest.peerId] });
  expect(await told).toMatchObject({ own: true });
  await expect(world.join({ invite })).rejects.toMatchObject({ code: "admission-refused" });
});

test("who may not revoke is told why", async ({ world }) => {
  const boss = await world.join(asRoot);
  const admin = await world.join({ invite: await invited({ role: "admin" }) });
  const writer = await world.join({ invite: await invited() });
  await until(admin, ({ neighbors }) => neighbors.length === 2);
  await expect(writer.revoke(admin.peerId)).rejects.toMatchObject({ code: "forbidden" });
  await expect(admin.revoke(boss.peerId)).rejects.toThrow("the root's, which nobody can revoke");
  await expect(boss.revoke("nobody")).rejects.toMatchObject({ code: "invalid-argument" });
  await expect(boss.revoke(writer.peerId, { keep: "most" as "all" })).rejects.toMatchObject({
    code: "invalid-argument",
  });
  await expect(admin.revoke(writer.peerId)).resolves.toMatchObject({ peers: [writer.peerId] });
  const reinstated = event(boss, "reinstated");
  await boss.revoke(admin.peerId);
  expect((await reinstated).peers).toEqual([writer.peerId]);
});

test("in a mesh without certificates nobody revokes", async ({ world }) => {
  const [one] = await world.joinAll(1);
  await expect(one!.revoke(createIdentity().peerId)).rejects.toMatchObject({ code: "forbidden" });
});
