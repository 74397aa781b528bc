import type { Header, MapEntry, PeerId } from "@grapevine/protocol";
import { describe, expect, test } from "vitest";
import type { WitnessesHost } from "./witnesses.ts";
import { Witnesses } from "./witnesses.ts";

const [MAP, KEY] = ["0b".repeat(16), "0c".repeat(32)];
const OURS = entryOf(1_000);

function entryOf(timeMs: number): MapEntry {
  const header: Header = {
    version: 1,
    author: "author",
    incarnation: 1,
    topic: MAP,
    seq: 1,
    low: 1,
    prev: new Uint8Array(32),
    timeMs,
    counter: 0,
    expiryMs: 0,
    keyId: new Uint8Array(8),
    kind: 1,
  };
  const id = new Uint8Array(32).fill(timeMs & 0xff);
  return { key: KEY, id, rumor: { header, body: new Uint8Array(1), signature: new Uint8Array(64) } };
}

/** What an honest peer says that holds this, or a liar that says so. */
function holding({ id, rumor: { header } }: MapEntry): unknown {
  return [id, header.timeMs, header.counter, header.author, header.incarnation, header.seq];
}

/** Nine peers, who say these things in turn. */
async function ask(
  answers: readonly unknown[],
  quorum?: number,
  held: readonly MapEntry[] = [OURS],
): Promise<Awaited<ReturnType<Witnesses["ask"]>>> {
  const peers = answers.map((_, i): PeerId => `peer ${i}`);
  const host: WitnessesHost = {
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
    const garbage = [1, "yes", [], [new Uint8Array(31), 1, 1, "author", 1, 1], [OURS.id, "1", 1, "author", 1, 1]];
    const older = times(4, holding(entryOf(999)));
    expect(await ask([...garbage, ...older])).toMatchObject({ confirmed: false, answered: 9, holders: 0, newer: 0 });
  });

  test("cannot have anything confirmed that is not held here, where it was verified", async () => {
    const confirmed = await ask(times(9, holding(OURS)), 1, []);
    expect(confirmed).toMatchObject({ confirmed: false, holders: 0 });
  });

  test("of which one claims to hold a later entry deny it: that much one liar can do", async () => {
    const answers = [...times(8, holding(OURS)), holding(entryOf(2_000))];
    expect(await ask(answers)).toMatchObject({ confirmed: false, holders: 8, newer: 1 });
  });
});
