import { createIdentity, createRoot, inviteLink, inviteText, issueInvite, type InviteOptions } from "@grapevine/crypto";
import { expect } from "vitest";
import { Ear, testOver, until } from "./harness.testing.ts";
import { join } from "./join.ts";

const test = testOver("memory");
const root = createRoot("lobby", new Uint8Array(32).fill(3));
const invited = async (options: InviteOptions = {}): Promise<string> =>
  inviteText(await issueInvite({ root }, options));

test("whoever was invited joins, by a word or a link that names mesh and seeds, and others do not", async ({
  world,
}) => {
  const writer = await world.join({ invite: await invited() });
  const seeds = [world.seed.url];
  const link = inviteLink(await issueInvite({ root }, { seeds }), "https://host/page");
  const guest = await join({ invite: link, webrtc: world.network.engine(), iceServers: [] });
  expect([guest.name, guest.neighbors.length]).toEqual(["lobby", 1]);
  await world.join({ admission: { kind: "certificate", invite: await invited() } });
  await until(writer, ({ neighbors }) => neighbors.length === 2);
  await guest.leave();
  // The same name, another root: another mesh.
  const stranger = await world
    .join({
      invite: inviteText(await issueInvite({ root: createRoot("lobby") })),
    })
    .then((mesh) => mesh.neighbors.length);
  expect(stranger).toBe(0);
});

test("a reader reads, and may not publish", async ({ world }) => {
  const writer = await world.join({ invite: await invited() });
  const reader = await world.join({ invite: await invited({ role: "reader" }) });
  const heard = new Ear(reader.topic("chat"));
  await writer.topic("chat").publish("hello");
  await heard.heard(1);
  expect(heard.data).toEqual(["hello"]);
  await expect(reader.topic("chat").publish("hi")).rejects.toMatchObject({ name: "MeshError", code: "forbidden" });
});

test("an invitation that ran out, or does not hold, is refused with a reason", async ({ world }) => {
  const old = world.join({ invite: await invited({ expiryMs: 1_000 }) });
  await expect(old).rejects.toMatchObject({ code: "admission-refused", message: expect.stringContaining("1970") });
  const forPeer = await invited({ to: createIdentity().peerId });
  await expect(world.join({ invite: forPeer })).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining("the key that the invitation is for"),
  });
  await expect(world.join({ invite: "open sesame" })).rejects.toThrow("a passphrase will not do");
});
