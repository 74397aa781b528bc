import { createIdentity, hash, sign, type Identity } from "@grapevine/crypto";
import { Writer, headOf, rumorBytes, rumorId, writeHead } from "@grapevine/protocol";
import type { Header, MapEntry, PeerId } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import type { WitnessesHost } from "./witnesses.ts";
import { Witnesses } from "./witnesses.ts";

const [MAP, KEY] = ["0b".repeat(16), "0c".repeat(32)];
const MESH_ID = new Uint8Array(32).fill(1);
const [MEMBER, STRANGER] = [createIdentity(), createIdentity()];
const OURS = await entryOf(1_000);

/** Signed by whom it names, unless by another. */
async function entryOf(
  timeMs: number,
  author: Identity = MEMBER,
  signer: Identity = author,
  change: Partial<Header> = {},
): Promise<MapEntry> {
  const header: Header = {
    version: 1,
    author: author.peerId,
    incarnation: 1,
    topic: MAP,
    seq: 1,
    low: 1,
    prev: new Uint8Array(32).fill(0x0c),
    timeMs,
    counter: 0,
    expiryMs: 0,
    keyId: new Uint8Array(8),
    kind: 1,
    ...change,
  };
  const body = new Uint8Array(1);
  const id = rumorId(hash, MESH_ID, header, hash(body));
  const signature = await sign(signer.secretKey, rumorBytes(id));
  return { key: KEY, id, rumor: { header, body, signature } };
}

/** What an honest peer says that holds this, or a liar that says so. */
function holding({ rumor }: MapEntry): Uint8Array {
  const writer = new Writer();
  writeHead(writer, headOf(rumor, hash));
  return writer.finish();
}

/** Nine peers, who say these things in turn. */
async function ask(
  answers: readonly unknown[],
  quorum?: number,
  held: readonly MapEntry[] = [OURS],
): Promise<Awaited<ReturnType<Witnesses["ask"]>>> {
  const peers = answers.map((_, i): PeerId => `peer ${i}`);
  const host: WitnessesHost = {
    meshId: MESH_ID,
    mayStand: ({ author }) => author === MEMBER.peerId,
    drawn: () => peers,
    held: () => held[0],
    request: (to) => Promise.resolve(answers[peers.indexOf(to)]),
    respond: () => () => {},
  };
  return new Witnesses(host).ask(MAP, KEY, quorum === undefined ? {} : { quorum });
}

const times = (count: number, answer: unknown): unknown[] => Array.from({ length: count }, () => answer);

describe("witnesses of what stands under a key", () => {
  test("confirm it when more than half of those who were drawn hold it", async () => {
    expect(await ask([...times(5, holding(OURS)), ...times(4, null)])).toMatchObject({ confirmed: true, holders: 5 });
  });

  test("that lie, four of nine, make nothing look spread that nobody else holds", async () => {
    const lies = [...times(4, holding(OURS)), ...times(5, null)];
    expect(await ask(lies)).toMatchObject({ confirmed: false, holders: 4, quorum: 5 });
    // With the rule switched off they do.
    expect(await ask(lies, 1)).toMatchObject({ confirmed: true });
  });

  test("that say they hold another entry, or what is no entry, are no holders", async () => {
    const cut = holding(OURS).slice(1);
    const garbage = [1, "yes", [OURS.id], cut, new Uint8Array([...holding(OURS), 0])];
    const older = times(4, holding(await entryOf(999)));
    expect(await ask([...garbage, ...older])).toMatchObject({ confirmed: false, answered: 9, holders: 0, newer: 0 });
  });

  test("cannot have anything confirmed that is not held here, where it was verified", async () => {
    const confirmed = await ask(times(9, holding(OURS)), 1, []);
    expect(confirmed).toMatchObject({ confirmed: false, holders: 0 });
  });

  test("of which one holds a later entry, which its author signed, deny it", async () => {
    const answers = [...times(8, holding(OURS)), holding(await entryOf(2_000))];
    expect(await ask(answers)).toMatchObject({ confirmed: false, holders: 8, newer: 1 });
    expect(await ask(times(3, holding(OURS)), 1, [])).toMatchObject({ newer: 3 });
  });

  test.each([
    ["that nobody signed", () => entryOf(2_000, MEMBER, STRANGER)],
    ["of an author that may not write", () => entryOf(2_000, STRANGER)],
    ["of another key", () => entryOf(2_000, MEMBER, MEMBER, { prev: new Uint8Array(32) })],
    ["of another map", () => entryOf(2_000, MEMBER, MEMBER, { topic: "0d".repeat(16) })],
    ["that is a message", () => entryOf(2_000, MEMBER, MEMBER, { kind: 0 })],
  ])("that claim a later entry %s are not believed", async (_, claim) => {
    const answers = [...times(5, holding(OURS)), ...times(4, holding(await claim()))];
    expect(await ask(answers)).toMatchObject({ confirmed: true, holders: 5, newer: 0 });
  });
});
