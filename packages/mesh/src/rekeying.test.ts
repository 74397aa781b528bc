import {
  createIdentity,
  createRoot,
  exportIdentity,
  hash,
  importIdentity,
  inviteText,
  issueInvite,
  sign,
  type Identity,
} from "@grapevine/crypto";
import { encodeFrame, rumorBytes, rumorId, type Fork, type Head, type Header } from "@grapevine/protocol";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { expect, onTestFinished } from "vitest";
import { Ear, event, take, testOver, until } from "./harness.testing.ts";
import type { Mesh } from "./index.ts";
import type { Driver } from "./driver.ts";
import type { MeshParts } from "./mesh-node.ts";

const test = testOver("memory");

/** What a copy of this peer, somewhere else, would be caught at: two rumors for one place of its log. */
async function forkOf({ secretKey, peerId }: Identity, meshId: Uint8Array): Promise<Fork> {
  const headOf = async (timeMs: number): Promise<Head> => {
    const header: Header = {
      ...{ version: 1, kind: 0, author: peerId, incarnation: 7, topic: "0c".repeat(16), seq: 1, low: 1, counter: 0 },
      ...{ prev: new Uint8Array(32), timeMs, expiryMs: 0, keyId: new Uint8Array(8) },
    };
    const bodyHash = hash(new Uint8Array(1));
    return { header, bodyHash, signature: await sign(secretKey, rumorBytes(rumorId(hash, meshId, header, bodyHash))) };
  };
  return { a: await headOf(1), b: await headOf(2) };
}

const insideOf = (mesh: Mesh): Inside => mesh as unknown as Inside;
interface Inside {
  readonly driver: Pick<Driver, "handle">;
  readonly parts: Pick<MeshParts, "peer" | "keys">;
}

/** A neighbor brings it. */
function bring(to: Mesh, from: string, fork: Fork): void {
  const { driver, parts } = insideOf(to);
  const { link } = parts.peer.neighbors.find(({ peer }) => peer === from)!;
  const bytes = encodeFrame({ kind: "evidence", evidence: { kind: "fork", ...fork } });
  driver.handle({ kind: "received", link, channel: "control", bytes });
}

const meshIdOf = (mesh: Mesh): Uint8Array => insideOf(mesh).parts.keys.meshId;

test("a peer that finds its key convicted goes on under a new one, and nothing that it writes is lost", async ({
  world,
}) => {
  const folder = await mkdtemp(joinPath(tmpdir(), "grapevine-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = joinPath(folder, "key.json");
  const cloned = await world.join({ identity: { path } });
  const [friend, other] = await world.joinAll(2);
  await until(friend!, ({ neighbors }) => neighbors.length === 2);
  const before = cloned.peerId;
  // The clone of its file, in somebody else's hands.
  const identity = importIdentity((JSON.parse(await readFile(path, "utf8")) as { identity: string }).identity);
  const [heard, ears] = [new Ear(friend!.topic("chat")), new Ear(other!.topic("chat"))];
  const [chat, own] = [cloned.topic("chat"), new Ear(cloned.topic("chat"))];
  await chat.publish("before");
  await heard.heard(1);

  const rekeyed = event(cloned, "rekeyed");
  const fork = await forkOf(identity, meshIdOf(cloned));
  bring(friend!, other!.peerId, fork);
  expect(await event(cloned, "convicted")).toMatchObject({ own: true, peer: before });
  const during = chat.publish("during");
  expect(await rekeyed).toMatchObject({ previous: before, peerId: cloned.peerId });
  expect(cloned.peerId).not.toBe(before);
  await during;
  await until(cloned, ({ neighbors }) => neighbors.length === 2);
  await chat.publish("after");
  await Promise.all([heard.heard(3), ears.heard(3)]);
  for (const ear of [heard, ears, own]) expect(new Set(ear.data)).toEqual(new Set(["after", "before", "during"]));
  expect(own.messages.every((message) => message.own)).toBe(true);
  const history = await take(chat.messages({ from: "start" }), 3);
  expect(new Set(history.map(({ data }) => data))).toEqual(new Set(["after", "before", "during"]));
  expect(history.every((message) => message.own)).toBe(true);
  // The new key is kept in place of the old one.
  await cloned.leave();
  const again = await world.join({ identity: { path } });
  expect(again.peerId).toBe(cloned.peerId);
});

test("one that was convicted while it was away, and kept nothing but its key, is told at its next start and goes on", async ({
  world,
}) => {
  const folder = await mkdtemp(joinPath(tmpdir(), "grapevine-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = joinPath(folder, "key.json");
  const first = await world.join({ identity: { path } });
  const [friend, other] = await world.joinAll(2);
  await Promise.all([friend!, other!].map((mesh) => until(mesh, ({ neighbors }) => neighbors.length === 2)));
  const before = first.peerId;
  const identity = importIdentity((JSON.parse(await readFile(path, "utf8")) as { identity: string }).identity);
  const fork = await forkOf(identity, meshIdOf(first));
  await first.leave();
  const known = [friend!, other!].map((mesh) => event(mesh, "convicted"));
  // Each as from the other: nobody passes it back.
  bring(friend!, other!.peerId, fork);
  bring(other!, friend!.peerId, fork);
  await Promise.all(known);

  const again = await world.join({ identity: { path } });
  const { previous } = again.peerId === before ? await event(again, "rekeyed") : { previous: before };
  expect(previous).toBe(before);
  expect(again.peerId).not.toBe(before);
  expect(again.evidence).toMatchObject([{ peer: before }]);
  await until(again, ({ neighbors }) => neighbors.length === 2);
  const ear = new Ear(friend!.topic("chat"));
  await again.topic("chat").publish("back");
  await ear.heard(1);
});

test("one whose invitation was for the old key alone is told that it needs another", async ({ world }) => {
  const root = createRoot("lobby", new Uint8Array(32).fill(3));
  const identity = createIdentity();
  const invite = inviteText(await issueInvite({ root }, { to: identity.peerId }));
  const cloned = await world.join({ invite, identity: exportIdentity(identity) });
  const friend = await world.join({ invite: inviteText(await issueInvite({ root })) });
  const third = await world.join({ invite: inviteText(await issueInvite({ root })) });
  await until(friend, ({ neighbors }) => neighbors.length === 2);
  const warned = event(cloned, "warning");
  bring(friend, third.peerId, await forkOf(identity, meshIdOf(cloned)));
  expect(await warned).toMatchObject({ code: "identity", message: expect.stringContaining("ask for another") });
  await expect(cloned.topic("chat").publish("hello")).resolves.toBeDefined();
});
