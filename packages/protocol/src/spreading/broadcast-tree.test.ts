import { describe, expect, it } from "vitest";
import { laterRooms } from "../parts/later-rooms.ts";
import { limits } from "../limits.ts";
import type { Moment } from "../room.ts";
import { at, makeFoundation, Tray } from "../room.testing.ts";
import { Author, frameOf, idOf } from "../rumors/rumors.testing.ts";
import type { LinkId, Rumor } from "../types.ts";
import type { Frame } from "../wire/frames.ts";
import { shortId } from "./recent.ts";
import { Spreading } from "./spreading.ts";

/** One room under the tree policy, and what it holds. */
class Lone {
  readonly held = new Map<string, Rumor>();
  readonly verifying: Uint8Array[] = [];
  readonly tray: Tray = new Tray();
  readonly room: Spreading;
  now: Moment = at(1_700_000_000_000);

  constructor(...links: readonly LinkId[]) {
    const stock = {
      find: (key: string, seq: number) => this.held.get(`${key}#${seq}`),
      verifying: () => this.verifying,
    };
    this.room = new Spreading(makeFoundation(undefined, { spreading: "tree" }), stock, undefined, laterRooms);
    for (const link of links) this.room.onLinkUp(link, this.now);
  }

  accept(rumor: Rumor, link: LinkId | undefined, hops = 1, repair = false): void {
    const key = rumor.header.author;
    const slot = `${key}#${rumor.header.seq}`;
    this.held.set(slot, rumor);
    const accepted = { link, hops, repair, knownBy: [], rumor, id: idOf(rumor), key, slot, knows: () => false };
    this.room.onAccepted(accepted, this.now, this.tray);
  }

  duplicate(rumor: Rumor, link: LinkId, repair = false): void {
    this.room.onDuplicate(
      link,
      frameOf(rumor, { repair }),
      `${rumor.header.author}#${rumor.header.seq}`,
      this.now,
      this.tray,
      idOf(rumor),
    );
  }

  receive(link: LinkId, frame: Frame): void {
    if (frame.kind === "iHave" || frame.kind === "graft" || frame.kind === "prune") {
      this.room.onFrame(link, frame, this.now, this.tray);
    }
  }

  /** Let time pass, stopping at every deadline; the frames sent since the last time, as "link kind". */
  pass(ms = 0): string[] {
    const endMs = this.now.nowMs + ms;
    while (this.room.deadlineMs <= endMs) {
      this.now = at(Math.max(this.now.nowMs, this.room.deadlineMs));
      this.room.onDeadline(this.now, this.tray);
    }
    this.now = at(endMs);
    return this.tray.frames.splice(0).map(({ link, frame }) => `${link} ${frame.kind}`);
  }
}

const nameOf = (rumor: Rumor): string => shortId(idOf(rumor));
const announce = (rumor: Rumor, hops = 1): Frame => ({ kind: "iHave", rumors: [{ id: nameOf(rumor), hops }] });
const graft = (rumor: Rumor, wanted = true): Frame => ({ kind: "graft", wanted, ids: [nameOf(rumor)] });

describe("a broadcast tree", () => {
  it("pushes over eager links, and prunes the link of a duplicate, which then hears announcements only", () => {
    const [peer, author] = [new Lone(1, 2, 3), new Author(1)];
    peer.accept(author.write(), 1);
    expect(peer.pass()).toEqual(["2 rumor", "3 rumor"]);
    peer.duplicate(author.written[0]!, 2);
    expect(peer.tray.frames).toMatchObject([
      { link: 2, traffic: "control", frame: { kind: "prune", sources: [author.id] } },
    ]);
    peer.pass();
    peer.accept(author.write(), 1);
    expect(peer.pass()).toEqual(["3 rumor"]);
    expect(peer.pass(500)).toEqual(["2 iHave"]);
  });

  it("takes a link out when pruned, and announces over it from then on", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.receive(2, { kind: "prune", sources: [author.id] });
    for (let i = 0; i < 3; i++) {
      peer.accept(author.write(), 1);
      expect(peer.pass(500)).toEqual(["2 iHave"]);
    }
  });

  it("says it again to one who goes on, not at every copy", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.accept(author.write(), 1);
    peer.pass();
    for (let i = 0; i < 10; i++) peer.duplicate(author.written[0]!, 2);
    expect(peer.pass(1_000)).toEqual(["2 prune"]);
    peer.duplicate(author.written[0]!, 2);
    expect(peer.pass()).toEqual(["2 prune"]);
  });

  it("keeps the way by which it hears first when a copy overtakes that was sent before its prune arrived", () => {
    const [peer, author] = [new Lone(1, 2, 3), new Author(1)];
    const [first, second, third] = author.writeMany(3);
    peer.accept(first!, 1);
    peer.duplicate(first!, 2);
    peer.pass();
    peer.accept(second!, 2);
    peer.duplicate(second!, 1);
    expect(peer.pass()).toEqual(["1 rumor", "3 rumor"]);
    peer.accept(third!, 1);
    expect(peer.pass()).toEqual(["3 rumor"]);
  });

  it("is shaped by one of two who speak at once, the lesser, so that their floods do not cut it together", () => {
    const authors = [new Author(1), new Author(2)].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const [lesser, greater] = authors as [Author, Author];
    const peer = new Lone(1, 2, 3);
    peer.accept(greater.write(), 1);
    peer.duplicate(greater.written[0]!, 2);
    expect(peer.pass()).toContain("2 prune");
    // The other flood comes the other way round, and makes good for what the first has pruned.
    peer.accept(lesser.write(), 2);
    expect(peer.pass()).toEqual(["1 rumor", "3 rumor"]);
    peer.duplicate(lesser.written[0]!, 1);
    expect(peer.pass()).toEqual(["1 prune"]);
    peer.accept(greater.write(), 2);
    peer.duplicate(greater.written[1]!, 3);
    peer.receive(3, { kind: "prune", sources: [greater.id] });
    peer.accept(lesser.write(), 2);
    expect(peer.pass()).toEqual(["3 rumor", "3 rumor"]);
  });

  it("lets another shape it when the first has been silent, with all that was pruned before", () => {
    const authors = [new Author(1), new Author(2)].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const [lesser, greater] = authors as [Author, Author];
    const peer = new Lone(1, 2, 3);
    peer.accept(lesser.write(), 1);
    peer.duplicate(lesser.written[0]!, 2);
    peer.pass(3_000);
    peer.accept(greater.write(), 1);
    peer.duplicate(greater.written[0]!, 3);
    expect(peer.pass()).toEqual(["3 rumor", "3 prune"]);
    peer.pass(3_000);
    peer.accept(lesser.write(), 1);
    expect(peer.pass()).toEqual([]);
  });

  it("keeps to the shared tree with what was published before its source had one of its own", () => {
    const [peer, author] = [new Lone(1, 2, 3), new Author(1)];
    const rumors = author.writeMany(9);
    peer.accept(rumors[0]!, 1);
    peer.duplicate(rumors[0]!, 2);
    peer.accept(rumors[7]!, 1);
    peer.pass(2_000);
    peer.accept(rumors[6]!, 1);
    peer.duplicate(rumors[6]!, 3);
    expect(peer.pass()).toEqual(["3 rumor"]);
    peer.accept(rumors[8]!, 1);
    expect(peer.pass()).toEqual(["2 rumor", "3 rumor"]);
  });

  it("learns nothing from a copy that answers a question of ours", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.accept(author.write(), 1);
    peer.pass();
    peer.duplicate(author.written[0]!, 2, true);
    expect(peer.pass(1_000)).toEqual([]);
  });

  it("announces many at once, and not to one who announced them itself", () => {
    const [peer, author] = [new Lone(1, 2, 3), new Author(1)];
    for (const link of [2, 3]) peer.receive(link, { kind: "prune", sources: [author.id] });
    const rumors = author.writeMany(3);
    for (const rumor of rumors) peer.accept(rumor, 1, 4);
    peer.receive(3, announce(rumors[1]!));
    peer.pass(150);
    expect(peer.tray.frames).toEqual([]);
    expect(peer.room.counts().announced).toBe(5);
  });

  it("grafts what was announced and does not come, and takes who delivers it for eager", () => {
    const [peer, author] = [new Lone(1, 2, 3), new Author(1)];
    const [first, second, third] = author.writeMany(3);
    peer.accept(first!, 1);
    peer.duplicate(first!, 2);
    peer.pass();
    peer.receive(2, announce(second!));
    expect(peer.pass(50)).toEqual([]);
    expect(peer.pass(2_000)).toContain("2 graft");
    peer.accept(second!, 2);
    peer.pass();
    peer.accept(third!, 3);
    expect(peer.pass()).toEqual(["1 rumor", "2 rumor"]);
  });

  it("makes nothing of an announcement of what is here, or being verified", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.accept(author.write(), 1);
    const coming = author.write();
    peer.verifying.push(idOf(coming));
    peer.pass(500);
    peer.receive(2, announce(author.written[0]!));
    peer.receive(2, announce(coming));
    expect(peer.pass(900)).toEqual([]);
    expect(peer.room.state.tree!.missing.missing.size).toBe(1);
  });

  it("answers a graft once a link, and makes the link eager", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.receive(2, { kind: "prune", sources: [author.id] });
    peer.accept(author.write(), 1, 3);
    peer.receive(2, graft(author.written[0]!));
    expect(peer.tray.frames).toMatchObject([{ link: 2, frame: { kind: "rumor", hops: 4, repair: false } }]);
    peer.pass();
    for (let i = 0; i < 5; i++) peer.receive(2, graft(author.written[0]!));
    expect(peer.pass(50)).toEqual([]);
    peer.accept(author.write(), 1);
    expect(peer.pass()).toEqual(["2 rumor"]);
  });

  it("answers no graft of what it does not hold any more, nor of what it never had", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.receive(2, { kind: "prune", sources: [author.id] });
    peer.accept(author.write(), 1);
    peer.held.clear();
    peer.receive(2, graft(author.written[0]!));
    peer.receive(2, { kind: "graft", wanted: true, ids: ["00".repeat(8)] });
    expect(peer.pass(50)).toEqual([]);
  });

  it("goes around a neighbor that announces and never delivers", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    for (let i = 0; i < 10; i++) {
      const rumor = author.write();
      peer.receive(1, announce(rumor));
      peer.receive(2, announce(rumor));
      const grafts: string[] = [];
      while (!grafts.includes("2 graft")) grafts.push(...peer.pass(100).filter((sent) => sent.endsWith("graft")));
      // The liar is asked first once, and after that last.
      expect(grafts).toEqual(i === 0 ? ["1 graft", "2 graft"] : ["2 graft"]);
      peer.accept(rumor, 2);
      peer.pass();
    }
    expect(peer.room.promisesOf(1)).toEqual({ kept: 0, broken: 1 });
    expect(peer.room.promisesOf(2)).toEqual({ kept: 10, broken: 0 });
  });

  it("tries an announced way that is much shorter, and leaves the old one in place until it is beaten", () => {
    const [peer, author] = [new Lone(1, 2, 3), new Author(1)];
    for (let i = 0; i < 8; i++) peer.accept(author.write(), 1, 6);
    peer.duplicate(author.written[7]!, 2);
    peer.pass(500);
    peer.receive(2, announce(author.written[7]!, 4));
    expect(peer.pass()).toEqual([]);
    peer.receive(2, announce(author.written[7]!, 2));
    expect(peer.tray.frames).toMatchObject([{ link: 2, frame: { kind: "graft", wanted: false } }]);
    peer.pass();
    // The old way wins: the new one is pruned like any other.
    peer.accept(author.write(), 1, 6);
    peer.duplicate(author.written[8]!, 2);
    expect(peer.pass()).toContain("2 prune");
    // And not tried again at once.
    peer.receive(2, announce(author.written[8]!, 1));
    expect(peer.pass(500)).not.toContain("2 graft");
  });

  it("has all links of the shared tree again when a link is new", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    peer.accept(author.write(), 1);
    peer.duplicate(author.written[0]!, 2);
    peer.room.onLinkDown(2, peer.now);
    peer.room.onLinkUp(9, peer.now);
    peer.pass();
    peer.accept(author.write(), 1);
    expect(peer.pass()).toEqual(["9 rumor"]);
  });

  it("remembers a bounded number of rumors, and gathers a bounded number of announcements", () => {
    const [peer, author] = [new Lone(1, 2), new Author(1)];
    for (let i = 0; i < limits.recentMax + 10; i++) {
      // In the shared tree first, then in the author's own.
      if (i === 0 || i === 8) peer.receive(2, { kind: "prune", sources: [author.id] });
      peer.accept(author.write(), 1);
    }
    expect(peer.room.state.recent.size).toBe(limits.recentMax);
    expect(peer.room.state.tree!.announcing.pending.get(2)?.size).toBe(limits.announcementsMax);
    expect(peer.pass(500).filter((sent) => sent === "2 iHave").length).toBe(
      limits.announcementsMax / limits.announcedMax,
    );
  });
});
