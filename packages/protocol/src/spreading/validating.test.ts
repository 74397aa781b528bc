import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { Author, TOPIC, TestRumors, frameOf } from "../rumors/rumors.testing.ts";
import { shortId } from "./recent.ts";

const OTHER_TOPIC = "0c".repeat(16);

function setUp(): TestRumors {
  const peer = new TestRumors();
  peer.rumors.onSubscribe(TOPIC, peer.now);
  peer.rumors.onSubscribe(OTHER_TOPIC, peer.now);
  peer.rumors.onValidators(TOPIC, true, peer.now, peer.tray);
  peer.linkUp(1, 2);
  return peer;
}

/** Rumors passed on over this link, by their numbers. */
function passedOn(peer: TestRumors, link: number): number[] {
  return peer.sent("rumor", link).map(({ rumor }) => rumor.header.seq);
}

describe("a topic with validators", () => {
  it("neither delivers nor passes on a rumor before the verdict, and does both once it is accepted", () => {
    const peer = setUp();
    peer.take([new Author(1).write()]);
    expect(peer.unjudged).toHaveLength(1);
    expect([peer.delivered, passedOn(peer, 2)]).toEqual([[], []]);
    peer.judge(peer.unjudged[0]!, "accept");
    expect([peer.delivered, passedOn(peer, 2)]).toEqual([["1:both"], [1]]);
    expect(peer.effects("persist")).toHaveLength(1);
  });

  it.each(["reject", "ignore"] as const)("holds what it was told to %s, and does nothing else with it", (verdict) => {
    const peer = setUp();
    const author = new Author(1);
    const rumors = author.writeMany(3);
    peer.take(rumors);
    for (const effect of peer.unjudged) peer.judge(effect, effect.rumor.header.seq === 2 ? verdict : "accept");
    expect(peer.delivered).toEqual(["1:both", "3:both"]);
    expect(peer.gaps).toEqual([]);
    expect(passedOn(peer, 2)).toEqual([1, 3]);
    expect(peer.rumors.retained(TOPIC).map(({ rumor }) => rumor.header.seq)).toEqual([1, 3]);
    expect(peer.effects("persist")).toHaveLength(2);
    const plain = new TestRumors();
    plain.linkUp(1);
    plain.take(rumors);
    expect(peer.rumors.digest()).toEqual(plain.rumors.digest());
    peer.forget();
    const { id, incarnation, topic } = author;
    peer.receive(2, { kind: "want", round: 0, wants: [{ log: { author: id, incarnation, topic }, ranges: [[1, 3]] }] });
    expect(passedOn(peer, 2).toSorted((a, b) => a - b)).toEqual([1, 3]);
  });

  it("asks once for a rumor that several bring meanwhile, and sends it to none of them", () => {
    const peer = setUp();
    const rumor = new Author(1).write();
    peer.take([rumor], 1);
    peer.take([rumor], 2);
    expect(peer.effects("validate")).toHaveLength(1);
    expect(peer.verifications).toBe(1);
    peer.judge(peer.unjudged[0]!, "accept");
    expect(peer.sent("rumor")).toEqual([]);
  });

  it("takes silence for an ignore after a while, and a late verdict for nothing", () => {
    const peer = setUp();
    peer.take([new Author(1).write()]);
    const [effect] = peer.unjudged;
    peer.pass(limits.validateMs + 1);
    expect(peer.rumors.counts()).toMatchObject({ validating: 0, ignored: 1, late: 1 });
    peer.judge(effect!, "accept");
    expect(peer.delivered).toEqual([]);
  });

  it("holds up no other topic, however many wait", () => {
    const peer = setUp();
    peer.take(new Author(1).writeMany(limits.validatingMax + 10));
    expect(peer.rumors.counts()).toMatchObject({ validating: limits.validatingMax, dropped: 10, verifying: 0 });
    peer.take([new Author(1, undefined, OTHER_TOPIC).write()]);
    expect(peer.delivered).toEqual(["1:both"]);
  });

  it("bounds the bytes that wait", () => {
    const peer = setUp();
    const author = new Author(1);
    const body = new Uint8Array(limits.rumorBodyBytesMax);
    for (let i = 0; i < 20; i++) peer.take([author.write({}, body)]);
    expect(peer.rumors.counts().validating).toBe(limits.validatingBytesMax / limits.rumorBodyBytesMax);
  });

  it("accepts what waits when the last validator goes, and asks nobody from then on", () => {
    const peer = setUp();
    const author = new Author(1);
    peer.take(author.writeMany(2));
    peer.rumors.onValidators(TOPIC, false, peer.now, peer.tray);
    peer.take([author.write()]);
    expect(peer.delivered).toEqual(["1:both", "2:both", "3:both"]);
    expect(peer.effects("validate")).toHaveLength(2);
  });

  it("does not ask about its own rumors, nor about a second one of a slot, which is proof", () => {
    const peer = setUp();
    peer.publish();
    peer.settle();
    const author = new Author(1);
    const first = author.write();
    peer.take([first]);
    peer.judge(peer.unjudged[0]!, "reject");
    peer.take([author.fork(first)]);
    expect(peer.effects("validate")).toHaveLength(1);
    expect(peer.rumors.counts().forks).toBe(1);
  });

  it("does not graft what it holds mute, though others announce it", () => {
    const peer = setUp();
    peer.receive(1, frameOf(new Author(1).write()));
    peer.settle();
    const [effect] = peer.unjudged;
    peer.judge(effect!, "reject");
    peer.receive(2, { kind: "iHave", rumors: [{ id: shortId(effect!.id), hops: 2 }] });
    peer.pass(5_000);
    expect(peer.sent("graft")).toEqual([]);
  });
});
