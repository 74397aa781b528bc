import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, Crowd, KEEP_ALL, START_MS, TOPIC, TestRumors, at, frameOf } from "./rumors.testing.ts";
import { copyState } from "../runs/state-copy.ts";
import type { Rumor } from "../types.ts";

function peerWith(...links: readonly number[]): TestRumors {
  const made = new TestRumors();
  made.linkUp(...links);
  return made;
}

describe("a rumor from a neighbor", () => {
  it("is verified once, kept, passed on to the others and delivered", () => {
    const [peer, author] = [peerWith(1, 2, 3), new Author(1)];
    peer.rumors.onSubscribe(TOPIC, peer.now);
    const rumor = author.write();
    for (const link of [1, 2, 1]) expect(peer.receive(link, frameOf(rumor, { hops: 4 }))).toBe("ok");
    peer.settle();
    expect(peer.receive(3, frameOf(rumor))).toBe("ok");
    expect(peer.verifications).toBe(1);
    const passedOn = peer.tray.frames.filter(({ frame }) => frame.kind === "rumor");
    expect(passedOn.map(({ link, frame }) => [link, frame])).toEqual([[3, frameOf(rumor, { hops: 5 })]]);
    expect(peer.effects("persist").map((effect) => effect.rumor)).toEqual([rumor]);
    expect(peer.effects("deliver")).toMatchObject([{ rumor, stream: "both", hops: 4 }]);
    expect(peer.rumors.counts()).toMatchObject({
      received: 4,
      duplicates: 3,
      verified: 1,
      rumors: 1,
      bodyBytes: 3,
      verifying: 0,
    });
  });

  it("with a bad signature is neither kept nor passed on, and its link is blamed", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    peer.receive(1, frameOf({ ...author.write(), body: new Uint8Array([6, 6, 6]) }));
    peer.settle();
    expect(peer.blamed).toEqual([{ link: 1, what: "a rumor with a bad signature" }]);
    expect(peer.tray.frames).toEqual([]);
    expect(peer.rumors.counts()).toMatchObject({ rumors: 0, badSignatures: 1 });
  });

  it("comes through though a liar was first with a bad signature for it", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    const rumor = author.write();
    peer.receive(1, frameOf({ ...rumor, signature: new Uint8Array(64) }));
    peer.receive(2, frameOf(rumor));
    peer.settle();
    expect(peer.blamed.map(({ link }) => link)).toEqual([1]);
    expect(peer.rumors.counts().rumors).toBe(1);
  });

  it("with a flaw is blamed on its link before anything is hashed", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    expect(peer.receive(1, frameOf(author.write({ seq: 2 })))).toBe("a rumor that does not name the one before it");
    expect(peer.tray.effects).toEqual([]);
  });

  it("of another mesh has a bad signature here", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    const rumor = author.write();
    // The id covers the mesh: signed over any other id it does not verify.
    peer.receive(1, frameOf({ ...rumor, header: { ...rumor.header, timeMs: START_MS + 5 } }));
    peer.settle();
    expect(peer.blamed).toHaveLength(1);
  });

  it("from nowhere is ignored", () => {
    expect(peerWith(1).receive(2, frameOf(new Author(1).write()))).toBe("ok");
  });

  it("that has expired, or is forgotten, costs nothing", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    peer.now = at(60_000);
    const rumors = [author.write({ expiryMs: START_MS + 60_000 }), author.write(), author.write({ low: 3 })];
    peer.take([rumors[0]!, rumors[2]!, rumors[1]!]);
    expect(peer.verifications).toBe(1);
    expect(peer.rumors.counts()).toMatchObject({ past: 2, rumors: 1 });
  });

  it("of a version that we do not know is ignored, and blamed on nobody", () => {
    const peer = peerWith(1);
    expect(peer.receive(1, frameOf(new Author(1).write({ version: 2 })))).toBe("ok");
    expect(peer.rumors.counts()).toMatchObject({ strange: 1, verifying: 0 });
  });

  it("in our own name is not taken into the log that we write", () => {
    const peer = peerWith(1);
    const twin = new Author(0, 1_000_000);
    expect(twin.id).toBe(peer.id);
    expect(peer.receive(1, frameOf(twin.write()))).toBe("ok");
    expect(peer.rumors.counts()).toMatchObject({ strange: 1, verifying: 0 });
    // An earlier life of ours is another log.
    peer.take([new Author(0, 999_999).write()]);
    expect(peer.rumors.counts().rumors).toBe(1);
  });

  it("that came as an answer is passed on only while it is young", () => {
    const [peer, author] = [new TestRumors(0, { spreading: "flood" }), new Author(1)];
    peer.linkUp(1, 2);
    peer.now = at(60_000);
    peer.take([author.write({ timeMs: START_MS + 20_000 }), author.write({ timeMs: START_MS + 50_000 })], 1, true);
    expect(peer.sent("rumor", 2).map(({ rumor, repair }) => [rumor.header.seq, repair])).toEqual([[2, true]]);
  });

  it("that came as an answer is announced by a tree, for most have had it long ago", () => {
    const [peer, author] = [new TestRumors(0, { spreading: "tree" }), new Author(1)];
    peer.linkUp(1, 2);
    peer.now = at(60_000);
    peer.take([author.write({ timeMs: START_MS + 20_000 }), author.write({ timeMs: START_MS + 50_000 })], 1, true);
    peer.pass(1_000);
    expect(peer.sent("rumor")).toEqual([]);
    expect(peer.sent("iHave", 2).map(({ rumors }) => rumors.length)).toEqual([1]);
  });
});

describe("a rumor with a stamp from the future", () => {
  it("waits until mesh time comes near, and moves no clock meanwhile", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    const rumor = author.write({ timeMs: START_MS + limits.skewMs + 8_000 });
    peer.take([rumor]);
    expect(peer.rumors.counts()).toMatchObject({ parked: 1, verifying: 0 });
    peer.publish();
    peer.settle();
    expect(peer.sent("rumor", 2)[0]!.rumor.header.timeMs).toBe(START_MS);
    peer.pass(7_999);
    expect(peer.verifications).toBe(0);
    peer.pass(1);
    expect(peer.rumors.counts()).toMatchObject({ parked: 0, rumors: 2 });
    expect(peer.sent("rumor", 2)).toHaveLength(2);
  });
});

describe("a rumor of an author not yet admitted", () => {
  it("is parked, and the link that brought it is asked once for what admits the author", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    peer.strangers.add(author.id);
    const rumors = author.writeMany(3);
    for (const rumor of rumors) for (const link of [1, 2]) peer.receive(link, frameOf(rumor));
    const asked = peer.tray.frames.filter(({ frame }) => frame.kind === "credentialsWant");
    expect(asked).toEqual(
      [1, 2].map((link) => ({ link, frame: { kind: "credentialsWant", peers: [author.id] }, traffic: "control" })),
    );
    peer.settle();
    expect(peer.rumors.counts()).toMatchObject({ parked: 6, rumors: 0, verifying: 0 });

    peer.strangers.delete(author.id);
    peer.rumors.onAdmitted(author.id, peer.now, peer.tray);
    peer.settle();
    expect(peer.rumors.counts()).toMatchObject({ parked: 0, rumors: 3, duplicates: 3 });
    expect(peer.verifications).toBe(3);
  });

  it("is forgotten when nothing admits the author", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    peer.strangers.add(author.id);
    peer.receive(1, frameOf(author.write()));
    peer.pass(limits.parkedMs);
    expect(peer.rumors.counts()).toMatchObject({ parked: 0, dropped: 1 });
  });
});

describe("a fork", () => {
  it("is passed on once, and what lies beyond is no longer offered", () => {
    const [peer, author] = [peerWith(1, 2), new Author(1)];
    const rumors = author.writeMany(4);
    peer.take(rumors);
    peer.forget();
    const second = author.fork(rumors[1]!);
    peer.take([second, author.fork(rumors[1]!, { counter: 5 }), author.write()]);
    expect(peer.sent("rumor", 2).map(({ rumor }) => rumor)).toEqual([second]);
    expect(peer.verifications).toBe(6);
    expect(peer.rumors.counts().forks).toBe(1);
    peer.forget();
    const all = { author: author.id, incarnation: author.incarnation, topic: TOPIC };
    peer.receive(1, { kind: "want", round: 0, wants: [{ log: all, ranges: [[1, 9]] }] });
    expect(peer.sent("rumor").map(({ rumor }) => rumor.header.seq)).toEqual([1]);
  });
});

describe("publishing", () => {
  it("signs, keeps, sends and delivers, and then says so", () => {
    const peer = peerWith(1, 2);
    peer.rumors.onSubscribe(TOPIC, peer.now);
    peer.publish(new Uint8Array([1]));
    expect(peer.effects("emit")).toEqual([]);
    peer.settle();
    expect(peer.sent("rumor").map(({ hops, repair }) => [hops, repair])).toEqual([
      [1, false],
      [1, false],
    ]);
    expect(peer.effects("persist")).toHaveLength(1);
    const [deliver] = peer.effects("deliver");
    expect(peer.tray.events).toEqual([{ type: "published", ref: 1, id: deliver!.id, seq: 1 }]);
    expect(peer.verifications).toBe(0);
  });

  it("appends in order, though the signatures come in another", () => {
    const peer = peerWith(1);
    peer.publish(new Uint8Array([1]));
    peer.publish(new Uint8Array([2]));
    const [first, second] = peer.unanswered.splice(0);
    peer.answer(second!);
    expect(peer.sent("rumor")).toEqual([]);
    peer.answer(first!);
    expect(peer.sent("rumor").map(({ rumor }) => rumor.body[0])).toEqual([1, 2]);
  });

  it("answers what it has seen with a later stamp", () => {
    const [peer, author] = [peerWith(1), new Author(1)];
    peer.take([author.write({ timeMs: START_MS + 9_000, counter: 2 })]);
    peer.publish();
    peer.settle();
    expect(peer.sent("rumor")[0]!.rumor.header).toMatchObject({ timeMs: START_MS + 9_000, counter: 3 });
  });

  it("does not know signatures that are not its own", () => {
    const peer = peerWith(1);
    expect(peer.rumors.onSigned(77, new Uint8Array(64), peer.now, peer.tray)).toBe(false);
    expect(peer.rumors.onVerified(77, true, peer.now, peer.tray)).toBe(false);
  });
});

describe("expiry", () => {
  it("removes rumors from what is held, offered and retained", () => {
    const peer = peerWith(1);
    peer.rumors.onSubscribe(TOPIC, peer.now);
    peer.publish(new Uint8Array([1]), { ...KEEP_ALL, ageMs: 5_000 });
    peer.pass(2_000);
    peer.publish(new Uint8Array([2]), { ...KEEP_ALL, ageMs: 5_000 });
    peer.pass(4_000);
    expect(peer.rumors.retained(TOPIC).map(({ rumor }) => rumor.body[0])).toEqual([2]);
    peer.pass(4_000);
    expect(peer.rumors.counts().rumors).toBe(0);
    expect(peer.rumors.digest()).toEqual(peerWith().rumors.digest());
    expect(peer.gaps).toEqual([]);
    peer.publish(new Uint8Array([3]), { ...KEEP_ALL, ageMs: 5_000 });
    peer.settle();
    expect(peer.delivered).toEqual(["1:both", "2:both", "3:both"]);
  });
});

describe("a peer made from a snapshot", () => {
  it("goes on as the first one would have", () => {
    const author = new Author(5);
    const rumors = author.writeMany(30);
    const run = (restored: boolean): [TestRumors, Crowd] => {
      const crowd = new Crowd(3, 4);
      crowd.linkAll();
      crowd.peers[0]!.rumors.onSubscribe(TOPIC, crowd.peers[0]!.now);
      const inject = (some: readonly Rumor[]): void => {
        const first = crowd.peers[0]!;
        first.linkUp(900);
        for (const rumor of some) first.receive(900, frameOf(rumor));
        first.rumors.onLinkDown(900, first.now, first.tray);
      };
      inject(rumors.filter((_, i) => i % 3 > 0));
      for (let i = 0; i < 40; i++) crowd.step();
      if (restored) for (const each of crowd.peers) each.restore(copyState);
      inject(rumors.filter((_, i) => i % 3 === 0));
      crowd.pass(10_000);
      return [crowd.peers[0]!, crowd];
    };
    const [[one], [two, crowd]] = [run(false), run(true)];
    expect(two.delivered).toEqual(one.delivered);
    expect(two.rumors.counts()).toEqual(one.rumors.counts());
    expect(new Set(crowd.peers.map(({ rumors }) => rumors.digest().join())).size).toBe(1);
  });
});
