/** Whatever neighbors say of the tree: nothing throws, nothing grows beyond its limit, no link gets a rumor twice. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { SpreadingPolicy } from "../config.ts";
import { limits } from "../limits.ts";
import { at, makeFoundation, Tray } from "../room.testing.ts";
import { Author, frameOf, idOf } from "../rumors/rumors.testing.ts";
import type { SpreadingFrame } from "../wire/frames.ts";
import { shortId } from "./recent.ts";
import { laterRooms } from "../parts/later-rooms.ts";
import { Spreading } from "./spreading.ts";

const authors = [new Author(1), new Author(2)];
const rumors = authors.flatMap((author) => author.writeMany(20));
const link = fc.nat(3);
const index = fc.nat(rumors.length - 1);
const id = fc.oneof(
  index.map((at) => shortId(idOf(rumors[at]!))),
  fc.nat(20).map((n) => n.toString(16).padStart(16, "0")),
);
const source = fc.constantFrom(...authors.map((author) => author.id));
const frame: fc.Arbitrary<SpreadingFrame> = fc.oneof(
  fc
    .array(fc.record({ id, hops: fc.nat(255) }), { maxLength: 5 })
    .map((of) => ({ kind: "iHave" as const, rumors: of })),
  fc
    .record({ wanted: fc.boolean(), ids: fc.array(id, { maxLength: 5 }) })
    .map((of) => ({ kind: "graft" as const, ...of })),
  fc.array(source, { maxLength: 3 }).map((sources) => ({ kind: "prune" as const, sources })),
);
const act = fc.oneof(
  fc.record({ do: fc.constant("frame" as const), link, frame }),
  fc.record({ do: fc.constant("rumor" as const), link, index, repair: fc.boolean(), hops: fc.nat(255) }),
  fc.record({ do: fc.constant("own" as const), index }),
  fc.record({ do: fc.constant("link" as const), link }),
  fc.record({ do: fc.constant("writable" as const), link, writable: fc.boolean() }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.nat(3_000) }),
);

it.each<SpreadingPolicy>(["flood", "tree", "adaptive"])(
  "%s: stays within its limits, and sends a rumor once a link",
  (spreading) => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const held = new Map<string, (typeof rumors)[number]>();
        const stock = { find: (key: string, seq: number) => held.get(`${key}#${seq}`), verifying: () => [] };
        const room = new Spreading(makeFoundation(undefined, { spreading }), stock, undefined, laterRooms);
        const tray = new Tray();
        // Numbers of links that stand, by place: none is ever used again.
        const standing = [0, 1, 2, 3];
        let next = 4;
        let now = at(1_700_000_000_000);
        for (const number of standing) room.onLinkUp(number, now);
        for (const what of acts) {
          switch (what.do) {
            case "frame":
              room.onFrame(standing[what.link]!, what.frame, now, tray);
              break;
            case "rumor":
            case "own": {
              const rumor = rumors[what.index]!;
              const { author, seq } = rumor.header;
              const slot = `${author}#${seq}`;
              const [from, hops, repair] =
                what.do === "own" ? [undefined, 0, false] : [standing[what.link]!, what.hops, what.repair];
              if (!held.has(slot)) {
                held.set(slot, rumor);
                const origin = { link: from, hops, repair, knownBy: [], knows: () => false };
                room.onAccepted({ ...origin, rumor, id: idOf(rumor), key: author, slot }, now, tray);
              } else if (from !== undefined)
                room.onDuplicate(from, frameOf(rumor, { repair }), slot, now, tray, idOf(rumor));
              break;
            }
            case "link":
              room.onLinkDown(standing[what.link]!, now);
              standing[what.link] = next;
              room.onLinkUp(next++, now);
              break;
            case "writable":
              room.onWritable(standing[what.link]!, what.writable);
              break;
            case "pass":
              now = at(now.nowMs + what.ms);
              room.onDeadline(now, tray);
              // A deadline that stays due would spin its driver.
              expect(room.deadlineMs).toBeGreaterThan(now.nowMs);
          }
        }
        const pushed = tray.frames.flatMap(({ link: to, frame: sent }) =>
          sent.kind === "rumor" ? [`${to} ${shortId(idOf(sent.rumor))}`] : [],
        );
        expect(new Set(pushed).size).toBe(pushed.length);
        const { missing, announcing, trees } = room.state.tree!;
        expect(missing.missing.size).toBeLessThanOrEqual(limits.missingMax);
        for (const ids of announcing.pending.values()) expect(ids.size).toBeLessThanOrEqual(limits.announcementsMax);
        expect(trees.shared.lazy.size).toBeLessThanOrEqual(standing.length);
        for (const { open } of missing.links.values()) expect(open).toBeGreaterThanOrEqual(0);
      }),
    );
  },
);
