import { describe, expect, it } from "vitest";
import { Tray, makeFoundation } from "../room.testing.ts";
import { Author, TOPIC, at, idOf } from "../rumors/rumors.testing.ts";
import type { LogId, Range } from "../types.ts";
import { Backlog } from "./backlog.ts";
import { Logs } from "./logs.ts";

const [author, other] = [new Author(1), new Author(2)];
const rumors = author.writeMany(10);

function logOf({ id, incarnation, topic }: Author): LogId {
  return { author: id, incarnation, topic };
}

function history(out: Tray): unknown[] {
  return out.effects.splice(0).map((effect) => (effect.kind === "emit" ? effect.event : effect));
}

function shelf(): { readonly logs: Logs; readonly backlog: Backlog; readonly out: Tray } {
  const logs = new Logs(makeFoundation());
  for (const rumor of rumors.slice(0, 3)) logs.append(rumor, idOf(rumor), 1, true, at(0));
  return { logs, backlog: new Backlog(), out: new Tray() };
}

describe("a backlog", () => {
  it("is told by topic, with what is held of it, and ten times a second at most", () => {
    const { logs, backlog, out } = shelf();
    let missing: [LogId, Range[]][] = [
      [logOf(author), [[4, 10]]],
      [logOf(other), [[1, 5]]],
    ];
    for (let ms = 0; ms < 1_000; ms += 10) backlog.onProgress(logs, () => missing, at(ms), out);
    const event = { type: "history", topics: [{ topic: TOPIC, rumors: 3, bytes: 9, missing: 12 }], complete: false };
    expect(history(out)).toEqual(Array.from({ length: 10 }, () => event));

    missing = [];
    backlog.onProgress(logs, () => missing, at(1_000), out);
    expect(history(out)).toEqual([{ ...event, topics: [{ ...event.topics[0], missing: 0 }] }]);
    // Then there is nothing to tell.
    backlog.onProgress(logs, () => missing, at(2_000), out);
    expect(history(out)).toEqual([]);
  });

  it("is complete once a neighbor holds the same, and no longer when there is no neighbor", () => {
    const { logs, backlog, out } = shelf();
    backlog.onAlone(out);
    expect(history(out)).toEqual([]);
    for (let i = 0; i < 2; i++) backlog.onEqual(logs, out);
    const topics = [{ topic: TOPIC, rumors: 3, bytes: 9, missing: 0 }];
    expect(history(out)).toEqual([{ type: "history", topics, complete: true }]);
    backlog.onAlone(out);
    expect(history(out)).toEqual([{ type: "history", topics: [], complete: false }]);
  });
});
