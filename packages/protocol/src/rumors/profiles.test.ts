import { describe, expect, it } from "vitest";
import { type HarnessOptions, Harness, type TestNode, sign } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import type { Effect } from "../effect.ts";
import { peerId, testHash } from "../room.testing.ts";
import type { PeerId, Rumor } from "../types.ts";
import { ROLE_READER } from "../types.ts";
import { decodeFrame, encodeFrame } from "../wire/whole-codec.ts";
import type { Frame } from "../wire/frames.ts";
import { rumorBytes, rumorId } from "../wire/statements.ts";
import { toHex } from "../wire/hex.ts";
import { wholeParts } from "../parts/whole-parts.ts";

let nextRef = 1;

function say(world: Harness, node: TestNode, text: string): number {
  const body = Uint8Array.from(text, (character) => character.charCodeAt(0));
  world.command(node, { kind: "profile", ref: nextRef, keyId: new Uint8Array(8), body });
  return nextRef++;
}

function held(node: TestNode, of: PeerId): Rumor | undefined {
  return node.peer.rooms.rumors.state.profiles?.table.profiles.get(of)?.rumor;
}

/** What each knows that this one says. */
function read(nodes: readonly TestNode[], of: TestNode): (string | undefined)[] {
  return nodes.map((node) => {
    const body = held(node, of.id)?.body;
    return body && String.fromCharCode(...body);
  });
}

function digests(nodes: readonly TestNode[]): number {
  return new Set(nodes.map(({ peer }) => toHex(peer.profiles.digest()))).size;
}

function worldOf(count: number, options: HarnessOptions = {}): { world: Harness; nodes: TestNode[] } {
  const world = new Harness(options);
  const nodes = Array.from({ length: count }, (_, i) => world.add(i + 1));
  world.run(5_000);
  return { world, nodes };
}

/** The same one of this author with something changed, and signed by it. */
function forge({ header, body }: Rumor, change: Partial<Rumor["header"]>, text = body): Rumor {
  const changed = { ...header, ...change };
  const id = rumorId(testHash, new Uint8Array(32).fill(7), changed, testHash(text));
  return { header: changed, body: text, signature: sign(changed.author, rumorBytes(id)) };
}

function bring(world: Harness, to: TestNode, from: TestNode, frame: Frame): void {
  const { link } = to.peer.neighbors.find(({ peer }) => peer === from.id)!;
  world.input(to, { kind: "received", link, channel: "data", bytes: encodeFrame(frame) });
}

function bringProfile(world: Harness, to: TestNode, from: TestNode, rumor: Rumor, repair = false): void {
  bring(world, to, from, { kind: "rumor", hops: 1, repair, rumor });
}

describe("profiles among peers", () => {
  it("come to everybody at once, verified once by each", () => {
    const { world, nodes } = worldOf(5);
    const before = nodes.map(({ verifications }) => verifications);
    const ref = say(world, nodes[0]!, "red");
    expect(read(nodes, nodes[0]!)).toEqual(Array.from({ length: 5 }, () => "red"));
    expect(nodes.map(({ verifications }, i) => verifications - before[i]!)).toEqual([0, 1, 1, 1, 1]);
    expect(nodes[0]!.event("published").map((event) => event.ref)).toEqual([ref]);
  });

  it("change with their author, at most once a second, and end at the last that it said", () => {
    const { world, nodes } = worldOf(4);
    const [a] = nodes as [TestNode];
    const refs = ["one", "two", "three"].map((text) => say(world, a, text));
    expect(read(nodes, a)).toEqual(["one", "one", "one", "one"]);
    expect(a.event("published")).toHaveLength(1);
    world.run(limits.profilePaceMs + 10);
    expect(read(nodes, a)).toEqual(["three", "three", "three", "three"]);
    expect(a.event("published").map((event) => event.ref)).toEqual(refs);
    expect(held(a, a.id)!.header.seq).toBe(2);
  });

  it("are all told to a newcomer, and only what it lacks", () => {
    const { world, nodes } = worldOf(6);
    for (const [i, node] of nodes.entries()) say(world, node, `I am ${i}`);
    world.run(1_000);
    const late = world.add(9);
    world.run(5_000);
    expect(nodes.flatMap((node) => read([late], node))).toEqual(nodes.map((_, i) => `I am ${i}`));
    expect(digests([...nodes, late])).toBe(1);
    expect(late.peer.profiles.counts().received).toBeLessThanOrEqual(2 * nodes.length);
  });

  it("are told to a peer whose room came later", () => {
    const { world, nodes } = worldOf(3);
    for (const node of nodes) say(world, node, node.id);
    const parts = {};
    const late = world.add(9, { parts });
    world.run(5_000);
    expect(late.peer.profiles.counts().held).toBe(0);
    Object.assign(parts, wholeParts);
    world.input(late, { kind: "later" });
    world.run(3_000);
    expect(digests([...nodes, late])).toBe(1);
    expect(late.peer.profiles.counts().held).toBe(3);
  });

  it("are equal again after both sides of a partition went on", () => {
    let cut = false;
    const sides = new Map<TestNode, number>();
    const { world, nodes } = worldOf(8, {
      onFrame: (from, to, bytes) => (cut && sides.get(from) !== sides.get(to) ? undefined : bytes),
    });
    for (const [i, node] of nodes.entries()) sides.set(node, i % 2);
    cut = true;
    for (const node of nodes) say(world, node, `${node.id} apart`);
    world.run(3_000);
    expect(digests(nodes)).toBe(2);
    cut = false;
    world.run(15_000);
    expect(digests(nodes)).toBe(1);
    expect(nodes[0]!.peer.profiles.counts().held).toBe(8);
  });

  it("cost a frame of some 20 bytes in a round in which nothing differs", () => {
    const counted: number[] = [];
    const { world, nodes } = worldOf(4, {
      onFrame: (_from, _to, bytes) => {
        const decoded = decodeFrame(bytes);
        if (decoded.ok && /profile/.test(decoded.frame?.kind ?? "")) counted.push(bytes.length);
        return bytes;
      },
    });
    for (const node of nodes) say(world, node, node.id);
    world.run(10_000);
    counted.length = 0;
    const { rounds } = nodes[0]!.peer.profiles.counts();
    world.run(30_000);
    expect(nodes[0]!.peer.profiles.counts().rounds - rounds).toBeGreaterThan(3);
    expect(Math.max(...counted)).toBeLessThanOrEqual(20);
  });

  it("are renewed as long as their author runs, and forgotten some time after", () => {
    const { world, nodes } = worldOf(3);
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    for (const node of nodes) say(world, node, "here");
    world.run(1_000);
    world.command(c, { kind: "leave" });
    world.run(limits.profileLifeMs / 2);
    expect(read([a, b], c)).toEqual(["here", "here"]);
    world.run(limits.profileLifeMs);
    expect(read([a, b], c)).toEqual([undefined, undefined]);
    expect([...read([a, b], a), ...read([a, b], b)]).toEqual(["here", "here", "here", "here"]);
    expect(held(a, b.id)!.header.seq).toBeGreaterThan(2);
  });

  it("of a new run stand over those of an earlier one, whatever its number was", () => {
    const { world, nodes } = worldOf(3);
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    for (const text of ["one", "two", "three"]) {
      say(world, c, text);
      world.run(2_000);
    }
    const old = held(a, c.id)!;
    world.crash(c);
    world.run(2_000);
    const again = world.add(3);
    world.run(5_000);
    say(world, again, "anew");
    expect(read([a, b], again)).toEqual(["anew", "anew"]);
    bringProfile(world, a, b, old);
    expect(read([a, b], again)).toEqual(["anew", "anew"]);
    expect(a.peer.profiles.counts().older).toBeGreaterThan(0);
    expect(a.event("member-changed").map(({ peer }) => peer)).not.toContain(b.id);
  });

  it("are said by a reader too: everybody is somebody", () => {
    const world = new Harness();
    const nodes = [world.add(1), world.add(2)];
    const reader = world.add(3, { standing: { role: ROLE_READER } });
    world.run(5_000);
    say(world, reader, "quiet");
    expect(read(nodes, reader)).toEqual(["quiet", "quiet"]);
  });

  it("go with their author's key, and come again under its new one", () => {
    const { world, nodes } = worldOf(3);
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    say(world, c, "me");
    world.run(1_000);
    world.rekey(c, 77);
    world.run(5_000);
    expect(read([a, b, c], c)).toEqual(["me", "me", "me"]);
    expect(c.id).toBe(peerId(77));
  });

  it("refuse at the caller what does not fit", () => {
    const { world, nodes } = worldOf(1);
    expect(() => say(world, nodes[0]!, "x".repeat(limits.profileBytesMax + 1))).toThrow(
      /expected a body of at most 1064 B/,
    );
  });
});

describe("a profile of a liar", () => {
  function among(count: number, options?: HarnessOptions): { world: Harness; nodes: TestNode[]; truth: Rumor } {
    const { world, nodes } = worldOf(count, options);
    say(world, nodes[0]!, "true");
    world.run(1_000);
    return { world, nodes, truth: held(nodes[1]!, nodes[0]!.id)! };
  }

  it("is worth nothing in another's name, and costs whoever brings it the link", () => {
    const { world, nodes, truth } = among(4);
    const [a, b, liar] = nodes as [TestNode, TestNode, TestNode];
    const { signature } = truth;
    bringProfile(world, b, liar, { ...forge(truth, { seq: 2, low: 2 }, Uint8Array.of(66)), signature });
    expect(read(nodes, a)).toEqual(["true", "true", "true", "true"]);
    expect(b.event("misbehavior").map(({ what }) => what)).toEqual(["a profile with a bad signature"]);
  });

  it("is not taken when it is stale, comes too soon or lives too long", () => {
    const { world, nodes, truth } = among(3);
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    say(world, a, "later");
    world.run(1_000);
    bringProfile(world, b, c, truth, true);
    bringProfile(
      world,
      b,
      c,
      forge(truth, { seq: 9, low: 9, timeMs: world.nowMs + 60_000, expiryMs: world.nowMs + 90_000 }),
    );
    expect(read([a, b, c], a)).toEqual(["later", "later", "later"]);
    expect(b.peer.profiles.counts()).toMatchObject({ older: 1, parked: 1 });
    bringProfile(
      world,
      b,
      c,
      forge(truth, { seq: 9, low: 9, expiryMs: truth.header.timeMs + 2 * limits.profileLifeMs }),
    );
    expect(b.event("misbehavior").map(({ what }) => what)).toEqual(["a profile that is none"]);
    expect(read([a, b], a)).toEqual(["later", "later"]);
  });

  it.each([false, true])(
    "convicts it when two say different things under one number (the other one first: %s)",
    (turned) => {
      const { world, nodes } = worldOf(6);
      const liar = nodes[5]!;
      say(world, liar, "this");
      world.run(1_000);
      const first = held(liar, liar.id)!;
      const second = forge(first, {}, Uint8Array.of(66));
      const [a, b] = nodes as [TestNode, TestNode];
      // Others heard the one; these two hear both, in one order or the other.
      bringProfile(world, turned ? a : b, turned ? b : a, second);
      world.run(5_000);
      expect(read(nodes.slice(0, 5), liar)).toEqual(Array.from({ length: 5 }, () => undefined));
      for (const node of nodes.slice(0, 5)) expect(node.event("convicted").map(({ peer }) => peer)).toEqual([liar.id]);
      // Nobody takes it again, and whoever has not heard is told.
      bringProfile(world, a, b, forge(first, { seq: 7, low: 7 }), true);
      expect(held(a, liar.id)).toBeUndefined();
      expect(a.peer.profiles.counts().forbidden).toBe(1);
    },
  );

  it("is found out by a round, though half of the mesh heard this and half that", () => {
    let cut = true;
    const sides = new Map<TestNode, number>();
    const { world, nodes } = worldOf(6, {
      onFrame: (from, to, bytes) => {
        const [here, there] = [sides.get(from), sides.get(to)];
        return cut && here !== undefined && there !== undefined && here !== there ? undefined : bytes;
      },
    });
    const liar = nodes[5]!;
    for (const [i, node] of nodes.slice(0, 5).entries()) sides.set(node, i % 2);
    const twin = new Harness();
    const copy = twin.add(6, { incarnation: liar.config.incarnation });
    twin.nowMs = world.nowMs;
    say(twin, copy, "that");
    const that = held(copy, copy.id)!;
    world.command(liar, { kind: "pause" });
    world.run(1_000);
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    bringProfile(world, a, c, that);
    bringProfile(world, b, nodes[3]!, forge(that, {}, Uint8Array.of(66)));
    world.run(1_000);
    expect([read([a], liar)[0], read([b], liar)[0]]).toEqual(["that", "B"]);
    cut = false;
    world.run(30_000);
    for (const node of nodes.slice(0, 5)) expect(node.event("convicted").map(({ peer }) => peer)).toEqual([liar.id]);
    expect(digests(nodes.slice(0, 5))).toBe(1);
  });

  it("that claims versions which nobody has keeps nobody from hearing the truth", () => {
    const { world, nodes } = worldOf(5, {
      onFrame: (from, _to, bytes) => {
        const decoded = decodeFrame(bytes);
        const frame = decoded.ok ? decoded.frame : undefined;
        if (from.id !== peerId(5) || frame?.kind !== "profileDigest" || frame.says.kind !== "versions") return bytes;
        const versions = frame.says.versions.map((version) => ({ ...version, seq: version.seq + 1_000 }));
        return encodeFrame({ ...frame, says: { ...frame.says, versions } });
      },
    });
    const liar = nodes[4]!;
    for (const node of nodes) say(world, node, node.id);
    const late = world.add(9);
    world.run(60_000);
    expect(digests([...nodes, late])).toBe(1);
    expect(liar.peer.profiles.counts().held).toBe(5);
  });

  it("that speaks all the time is heard now and then", () => {
    const { world, nodes, truth } = among(3);
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    const before = b.verifications;
    for (let seq = 2; seq < 200; seq++) bringProfile(world, b, a, forge(truth, { seq, low: seq }));
    expect(b.verifications - before).toBeLessThan(limits.profileBurst + 2);
    expect(b.peer.profiles.counts().refused).toBeGreaterThan(150);
    expect(b.event("misbehavior")).toEqual([]);
    expect(c.event("misbehavior")).toEqual([]);
  });
});

it("tells its driver who says something else, and who says nothing any more", () => {
  const world = new Harness();
  const seen: (Effect & { readonly kind: "profile" })[] = [];
  const node = world.add(1);
  const handle = node.peer.handle.bind(node.peer);
  node.peer.handle = (input, nowMs) => {
    const effects = handle(input, nowMs);
    for (const effect of effects) if (effect.kind === "profile") seen.push(effect);
    return effects;
  };
  const other = world.add(2);
  world.run(3_000);
  say(world, other, "hello");
  world.command(other, { kind: "leave" });
  world.run(2 * limits.profileLifeMs);
  expect(seen.map(({ peer, rumor }) => [peer, rumor?.body.length])).toEqual([
    [other.id, 5],
    [other.id, undefined],
  ]);
});
