import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { at, Tray } from "../room.testing.ts";
import { Author, Crowd, TOPIC } from "../rumors/rumors.testing.ts";
import type { LinkId } from "../types.ts";
import { Lines } from "./lines.ts";
import type { Recent } from "./recent.ts";
import { Resending } from "./resending.ts";

const author = new Author(1);

/** Four links, and rumors that were sent over all of them as datagrams at 0. */
function made(
  count: number,
  bodyBytes = 3,
): {
  room: Resending;
  recents: Recent[];
  out: Tray;
  lines: Lines;
} {
  const lines = new Lines();
  for (const link of [1, 2, 3, 4]) lines.onLinkUp(link);
  const rumors = Array.from({ length: count }, () => author.write({}, new Uint8Array(bodyBytes)));
  const find = (_key: string, seq: number) => rumors.find(({ header }) => header.seq === seq);
  const recents = rumors.map(({ header }, order): Recent => ({
    key: "log",
    seq: header.seq,
    author: author.id,
    hops: 0,
    from: undefined,
    known: [1, 2, 3, 4],
    proved: [4],
    told: [],
    brought: [],
    keptFrom: undefined,
    urgentMs: 0,
    resent: [],
    order,
  }));
  return { room: new Resending(lines, { find, verifying: () => [] }), recents, out: new Tray(), lines };
}

const sent = ({ frames }: Tray): [LinkId, number, string][] =>
  frames.flatMap(({ link, frame, traffic }) =>
    frame.kind === "rumor" ? [[link, frame.rumor.header.seq, traffic] as [LinkId, number, string]] : [],
  );

describe("a datagram that was lost", () => {
  it("is sent again to who asks, reliably and once, but not while it may still arrive", () => {
    const { room, recents, out } = made(1);
    const { seq } = recents[0]!;
    room.answer(1, recents, at(100), out);
    expect(sent(out)).toEqual([]);
    for (const nowMs of [200, 300, 5_000]) room.answer(1, recents, at(nowMs), out);
    expect(sent(out)).toEqual([[1, seq, "fresh"]]);
  });

  it("is sent the newest first", () => {
    const { room, recents, out } = made(3);
    room.answer(1, recents, at(200), out);
    expect(sent(out).map(([, seq]) => seq)).toEqual(recents.map(({ seq }) => seq).toReversed());
  });

  it("is sent once more to all who did not show that they have it when two ask", () => {
    const { room, recents, out } = made(1);
    const { seq } = recents[0]!;
    room.answer(1, recents, at(200), out);
    room.answer(2, recents, at(200), out);
    room.answer(3, recents, at(400), out);
    expect(sent(out)).toEqual([
      [1, seq, "fresh"],
      [2, seq, "fresh"],
      [3, seq, "urgent"],
      [3, seq, "fresh"],
    ]);
  });

  it("costs a link no more than its cap in a round", () => {
    const bodyBytes = 60_000;
    const each = bodyBytes + limits.heldOverheadBytes;
    const { room, recents, out, lines } = made(60, bodyBytes);
    const most = Math.floor(limits.resentBytesMax / each);
    /** Asked again and again, one rumor at a time, as the link takes them. */
    const ask = (fromMs: number, toMs: number): void => {
      for (let ms = fromMs; ms < toMs; ms += 5) {
        lines.onMoment(at(ms));
        lines.drain(out);
        const next = recents.find(({ resent }) => !resent.includes(1));
        if (next !== undefined) room.answer(1, [next], at(ms), out);
      }
      lines.drain(out);
    };
    ask(200, 1_200);
    expect(sent(out).length).toBe(most);
    ask(1_200, 2_100);
    expect(sent(out).length).toBe(60);
  });
});

it.each(["flood", "tree", "adaptive"] as const)(
  "%s: everyone has everything though a third of all datagrams are lost",
  (policy) => {
    const crowd = new Crowd(6, 5, { urgent: true }, [policy]);
    crowd.urgentLoss = 0.33;
    for (const { rumors, now } of crowd.peers) rumors.onSubscribe(TOPIC, now);
    crowd.linkAll();
    crowd.pass(1_000);
    for (let i = 0; i < 60; i++) {
      crowd.peers[i % 6]!.publish();
      crowd.pass(400);
    }
    crowd.pass(4_000);
    for (const { delivered, verifications } of crowd.peers) {
      expect(delivered.length).toBe(60);
      expect(verifications).toBe(50);
    }
  },
);
