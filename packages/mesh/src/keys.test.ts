import { createRoot, deriveMesh, inviteText, issueInvite, openTopic, type Keyring } from "@grapevine/crypto";
import type { LinkEngine } from "@grapevine/links";
import { decodeFrame, type Frame, toHex } from "@grapevine/protocol";
import { expect } from "vitest";
import type { Driver } from "./driver.ts";
import { Ear, event, testOver, until } from "./harness.testing.ts";
import type { Mesh, ReplicatedMap } from "./index.ts";

const test = testOver("memory");
const root = createRoot("lobby", new Uint8Array(32).fill(3));
const TOPIC = "the name of a topic";
const MAP = "the name of a map";
const text = new TextEncoder();

/** What passes over all links that it makes, both ways. */
function recorded(engine: LinkEngine, into: Uint8Array[]): LinkEngine {
  return {
    name: engine.name,
    get budget() {
      return engine.budget;
    },
    close: () => engine.close(),
    open: (role, events, offer) => {
      const link = engine.open(
        role,
        {
          ...events,
          onFrame: (channel, bytes) => {
            into.push(bytes.slice());
            events.onFrame(channel, bytes);
          },
        },
        offer,
      );
      const send = link.send.bind(link);
      link.send = (channel, bytes) => {
        into.push(bytes.slice());
        return send(channel, bytes);
      };
      return link;
    },
  };
}

/** Resolves when the map holds it. */
async function reads(map: ReplicatedMap<string>, key: string, value: string): Promise<void> {
  await map.ready;
  while (map.get(key) !== value) await new Promise((resolve) => map.on("change", resolve, { once: true }));
}

/** The keys of epochs that a member has in its memory. */
function keyringOf(mesh: Mesh): Keyring {
  return (mesh as unknown as { driver: { vault: Driver["vault"] } }).driver.vault.keyring;
}

const holds = (bytes: Uint8Array, part: Uint8Array): boolean =>
  Buffer.from(bytes).includes(Buffer.from(part.buffer, part.byteOffset, part.byteLength));

const frames = (captured: readonly Uint8Array[]) =>
  captured.flatMap((bytes) => {
    const decoded = decodeFrame(bytes);
    return decoded.ok && decoded.frame !== undefined ? [decoded.frame] : [];
  });

test("a removed member that keeps its keys and captures everything reads nothing that is written later", async ({
  world,
}) => {
  const captured: Uint8Array[] = [];
  const enter = async (role: "writer" | "admin"): Promise<Mesh> =>
    world.join({
      invite: inviteText(await issueInvite({ root }, { role })),
      webrtc: recorded(world.network.engine(), captured),
    });
  const admin = await enter("admin");
  const [member, removed] = [await enter("writer"), await enter("writer")];
  const all = [admin, member, removed];
  const ears = all.map((mesh) => new Ear(mesh.topic(TOPIC)));
  await Promise.all(all.map((mesh) => until(mesh, ({ neighbors }) => neighbors.length === 2)));
  const [map, others, lost] = all.map((mesh) => mesh.map<string>(MAP));
  await admin.topic(TOPIC).publish("while it was a member");
  await map!.set("sky", "while it was a member");
  await Promise.all(ears.map((ear) => ear.heard(1)));
  await reads(lost!, "sky", "while it was a member");

  const before = removed.stats().keys!.epoch!;
  const keyring = keyringOf(removed);
  const { invite } = (removed as unknown as { parts: { keys: { invite: string } } }).parts.keys;
  const mesh = deriveMesh({ name: "lobby", admission: { kind: "certificate", invite } });
  const from = captured.length;
  const moved = [admin, member].map((mesh) => event(mesh, "epoch", ({ number }) => number > before.number));
  await admin.revoke(removed.peerId);
  for (const { reason } of await Promise.all(moved)) expect(reason).toBe("removal");
  await member.topic(TOPIC).publish("after it was removed");
  await others!.set("sky", "after it was removed");
  await others!.set("sea", "after it was removed");
  await others!.delete("sea");
  await Promise.all(ears.slice(0, 2).map((ear) => ear.heard(2)));
  await reads(map!, "sky", "after it was removed");
  expect(ears[0]!.data).toEqual(["while it was a member", "after it was removed"]);
  expect(ears[2]!.data).toEqual(["while it was a member"]);
  expect([...lost!]).toEqual([["sky", "while it was a member"]]);

  const ids = new Set<string>();
  const isRead = (frame: ReturnType<typeof frames>[number]): boolean => {
    if (frame.kind === "keyWant") for (const id of frame.keyIds) ids.add(id);
    if (!isContent(frame)) return false;
    const { header, body } = frame.rumor;
    const names = [TOPIC, `map ${mesh.mapTag(MAP)}`];
    const epochs = [Buffer.from(header.keyId).toString("hex"), ...ids];
    const keys = epochs.flatMap((id) => names.map((name) => keyring.topicKey(id, name)));
    const always = [mesh.topicKey(TOPIC), mesh.mapKey(MAP)];
    return [...always, ...keys].some((key) => key !== undefined && openTopic(key, body) !== undefined);
  };
  const tags = [mesh.topicTag(TOPIC), mesh.mapTag(MAP)];
  const isContent = (frame: ReturnType<typeof frames>[number]): frame is Extract<Frame, { kind: "rumor" }> =>
    frame.kind === "rumor" && tags.includes(frame.rumor.header.topic);
  const [old, late] = [frames(captured.slice(0, from)), frames(captured.slice(from))];
  // What was said before may still be on its way.
  const said = new Set(old.filter(isContent).map(({ rumor }) => toHex(rumor.signature)));
  const later = late.filter((frame) => !isContent(frame) || !said.has(toHex(frame.rumor.signature)));
  // A message and an entry before; a message, an entry and a deletion after, and an entry that may be deleted before it travels.
  for (const tag of tags) {
    const of = (list: typeof later) => list.filter(isContent).filter(({ rumor }) => rumor.header.topic === tag);
    expect(of(old).filter(isRead).length).toBeGreaterThan(0);
    expect(of(later).length).toBeGreaterThan(0);
    expect(of(later).filter(isRead)).toEqual([]);
  }
  expect(new Set(later.filter(isContent).map(({ rumor }) => toHex(rumor.signature))).size).toBeGreaterThanOrEqual(3);
  // The new key passed over the wire, sealed for another. What it is given of the old one may still be on its way.
  const written = later.filter(isContent).map(({ rumor }) => toHex(rumor.header.keyId));
  expect(written).not.toContain(toHex(old.find(isContent)!.rumor.header.keyId));
  const given = later.filter((frame) => frame.kind === "keyGive" && frame.sealed.length > 0);
  expect(given.length).toBeGreaterThan(0);
  for (const frame of given) {
    if (frame.kind !== "keyGive") continue;
    expect(keyring.answer({ op: "take", bytes: frame.sealed, keyIds: [...ids, ...written] }).keyIds).toEqual([]);
  }
  // Nobody else reads anything either: no name of a topic, and no word.
  for (const bytes of captured) {
    expect(holds(bytes, text.encode(TOPIC))).toBe(false);
    expect(holds(bytes, text.encode(MAP))).toBe(false);
    expect(holds(bytes, text.encode("sky"))).toBe(false);
    expect(holds(bytes, text.encode("a member"))).toBe(false);
    expect(holds(bytes, text.encode("removed"))).toBe(false);
  }
});

test("with since-join a newcomer reads what is written from its joining on, and nothing older", async ({ world }) => {
  const keys = { history: "since-join" } as const;
  const enter = async (): Promise<Mesh> => world.join({ invite: inviteText(await issueInvite({ root }, {})), keys });
  const founder = await enter();
  const first = new Ear(founder.topic(TOPIC));
  await founder.topic(TOPIC).publish("before");
  await first.heard(1);
  // As if ten seconds had passed since the epoch began: newcomers within them share it.
  const { epoch } = (founder as unknown as { parts: { peer: { keys: { epoch: { startMs: number } } } } }).parts.peer
    .keys;
  epoch.startMs -= 60_000;
  const moved = event(founder, "epoch", ({ reason }) => reason === "joining");
  const newcomer = await enter();
  const heard = new Ear(newcomer.topic(TOPIC));
  await moved;
  await founder.topic(TOPIC).publish("after");
  await heard.heard(1);
  expect(heard.data).toEqual(["after"]);
  const read: unknown[] = [];
  for await (const { data } of newcomer.topic(TOPIC).messages({ from: "start" })) {
    read.push(data);
    if (data === "after") break;
  }
  expect(read).toEqual(["after"]);
  expect(newcomer.stats().keys).toMatchObject({ epoch: { reason: "joining", history: "since-join" }, held: 1 });
});

test("with since-join a newcomer reads the entries of a map from its joining on, and an older one once it is written again", async ({
  world,
}) => {
  const keys = { history: "since-join" } as const;
  const enter = async (): Promise<Mesh> => world.join({ invite: inviteText(await issueInvite({ root }, {})), keys });
  const founder = await enter();
  const map = founder.map<string>(MAP);
  await map.set("sky", "grey");
  await map.set("sea", "green");
  const { epoch } = (founder as unknown as { parts: { peer: { keys: { epoch: { startMs: number } } } } }).parts.peer
    .keys;
  epoch.startMs -= 60_000;
  const moved = event(founder, "epoch", ({ reason }) => reason === "joining");
  const newcomer = await enter();
  const own = newcomer.map<string>(MAP);
  await moved;
  await map.set("sun", "yellow");
  await reads(own, "sun", "yellow");
  // It has the others, as everybody has, and cannot read them.
  expect([...own]).toEqual([["sun", "yellow"]]);
  expect(own.ignored.unknownKey).toBeGreaterThanOrEqual(2);
  expect(own.digest()).toEqual(map.digest());
  await map.set("sky", "blue");
  await reads(own, "sky", "blue");
  // And it may write over what it cannot read.
  await own.set("sea", "white");
  await reads(map, "sea", "white");
  expect([...own.keys()].toSorted()).toEqual(["sea", "sky", "sun"]);
});

test("keys that do not change, and policies that are none", async ({ world }) => {
  const still = await world.join({ invite: inviteText(await issueInvite({ root })), keys: false });
  expect(still.stats().keys).toBeUndefined();
  for (const keys of [true, { rotateMs: 5 }, { history: "some" }, { rotate: 1 }]) {
    await expect(world.join({ keys: keys as never })).rejects.toMatchObject({ code: "invalid-argument" });
  }
});
