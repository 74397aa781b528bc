import { describe, expect, test } from "vitest";
import { Harness, bytesOf, certificate, type TestNode } from "../harness.testing.ts";
import { peerId } from "../room.testing.ts";
import { KEEP_ALL } from "../rumors/rumors.testing.ts";
import type { Keep } from "../input.ts";
import type { Restored } from "../runs/storage.ts";
import { MEMBER, ROLE_ADMIN, ROLE_ROOT, ROLE_WRITER, type PeerId, type Standing } from "../types.ts";

const TOPIC = "0c".repeat(16);
const INVITATION = peerId(900);
let nextRef = 1_000_000;

function publish(world: Harness, node: TestNode, ...texts: string[]): void {
  for (const text of texts) {
    const [body, keyId] = [bytesOf(text), new Uint8Array(8)];
    world.command(node, { kind: "publish", ref: nextRef++, topic: TOPIC, keyId, body, retention: KEEP_ALL });
  }
}

function revoke(world: Harness, by: TestNode, key: PeerId, keep: Keep = "all"): void {
  world.command(by, { kind: "revoke", ref: nextRef++, key, keep });
}

const digest = (node: TestNode): string => node.peer.digest().join();
const knows = (node: TestNode): number => node.peer.revocations.length;
const isLinked = (node: TestNode, other: TestNode): boolean =>
  node.peer.neighbors.some(({ peer }) => peer === other.id);
const heard = (node: TestNode, author: TestNode): string[] =>
  node.peer
    .retained(TOPIC)
    .filter(({ rumor }) => rumor.header.author === author.id)
    .map(({ rumor }) => String.fromCharCode(...rumor.body));

/** A root, an admin, and writers, one of whom came by an invitation. */
function lab(onFrame?: (from: TestNode, to: TestNode, bytes: Uint8Array) => Uint8Array | undefined) {
  const world = new Harness({ ...(onFrame !== undefined && { onFrame }) });
  const add = (number: number, standing: Partial<Standing>, change: object = {}): TestNode => {
    const node = world.add(number, { standing: { keys: [peerId(number)], ...standing }, ...change });
    world.command(node, { kind: "subscribe", topic: TOPIC });
    return node;
  };
  const root = add(1, { role: ROLE_ROOT, keys: [] });
  const admin = add(2, { role: ROLE_ADMIN });
  const eve = add(3, { role: ROLE_WRITER, keys: [INVITATION, peerId(3)] });
  const others = [4, 5, 6].map((number) => add(number, { role: ROLE_WRITER }));
  world.run(10_000);
  return { world, add, root, admin, eve, others, honest: [root, admin, ...others] };
}

describe("a revoked peer", () => {
  test("is hung up on by all, its rumors stand up to the named heads, and nothing new of it is taken", () => {
    const { world, eve, root, honest } = lab();
    publish(world, eve, "a", "b");
    world.run(5_000);
    revoke(world, root, eve.id);
    publish(world, eve, "c");
    world.run(20_000);
    for (const node of honest) {
      expect([knows(node), isLinked(node, eve), heard(node, eve)]).toEqual([1, false, ["a", "b"]]);
      expect(node.event("revoked")).toHaveLength(1);
      expect(node.event("revoked")[0]!.peers).toEqual([eve.id]);
      expect(node.event("member-down")).toContainEqual({ type: "member-down", peer: eve.id, reason: "revoked" });
      expect(node.event("misbehavior")).toEqual([]);
      expect(node.peer.members.map(({ peer }) => peer)).not.toContain(eve.id);
    }
    expect(eve.event("revoked")[0]!.peers).toEqual([eve.id]);
    expect([eve.peer.neighbors, eve.peer.mayWrite, heard(eve, eve)]).toEqual([[], false, ["a", "b"]]);
    expect(new Set(honest.map(digest)).size).toBe(1);
  });

  test("loses what is beyond a named head everywhere, in memory and in stores", () => {
    const { world, eve, root, honest } = lab();
    publish(world, eve, "a");
    world.run(2_000);
    const beforeMs = world.nowMs;
    publish(world, eve, "b", "c");
    world.run(5_000);
    for (const node of honest) expect(heard(node, eve)).toEqual(["a", "b", "c"]);
    revoke(world, root, eve.id, { beforeMs });
    world.run(5_000);
    for (const node of honest) {
      expect(heard(node, eve)).toEqual(["a"]);
      expect(node.kept.filter(({ kind }) => kind === "withdraw")).toMatchObject([{ author: eve.id, from: 2 }]);
      expect(node.kept.filter(({ kind }) => kind === "persistRevocation")).toHaveLength(1);
    }
    revoke(world, root, eve.id, "none");
    world.run(5_000);
    for (const node of honest) expect([knows(node), heard(node, eve)]).toEqual([2, []]);
    expect(new Set(honest.map(digest)).size).toBe(1);
  });

  test("is told when it calls again, without a link, and calls nobody from then on", () => {
    const { world, eve, root, add } = lab();
    world.crash(eve);
    revoke(world, root, eve.id);
    world.run(5_000);
    const again = add(3, { role: ROLE_WRITER, keys: [INVITATION, peerId(3)] }, { incarnation: world.nowMs });
    world.run(20_000);
    expect(again.event("revoked").map(({ peers }) => peers)).toEqual([[again.id]]);
    expect(again.peer.neighbors).toEqual([]);
    expect(root.event("link-refused")).toEqual([]);
    const { made } = again.peer.counts.calls;
    world.run(60_000);
    expect(again.peer.counts.calls.made).toBe(made);
  });

  test("whose call was taken just before is refused by the handshake, and told there", () => {
    let armed = false;
    const { world, eve, root }: ReturnType<typeof lab> = lab((from, to, bytes) => {
      // Its hello, 0, is on the way to the root.
      if (bytes[0] === 0 && armed && from.id === eve.id && to === root) {
        armed = false;
        world.push(to, { kind: "revoke", ref: nextRef++, key: from.id, keep: "all" });
      }
      return bytes;
    });
    world.crash(eve);
    world.run(60_000);
    armed = true;
    const again = world.add(3, { standing: { role: ROLE_WRITER, keys: [INVITATION, peerId(3)] } });
    world.run(10_000);
    expect(armed).toBe(false);
    const refused = root.event("link-refused").map(({ peer, reason }) => [peer, reason]);
    expect(refused).toEqual([[again.id, "revoked"]]);
    expect(again.event("revoked").map(({ peers }) => peers)).toEqual([[again.id]]);
  });

  test("takes with it whoever rests on its key, and a newcomer by the same invitation", () => {
    const { world, eve, root, add, honest } = lab();
    publish(world, eve, "a");
    world.run(2_000);
    revoke(world, root, INVITATION);
    world.run(10_000);
    const newcomer = add(7, { role: ROLE_WRITER, keys: [INVITATION, peerId(7)] });
    world.run(10_000);
    for (const node of honest) {
      expect([isLinked(node, eve), isLinked(node, newcomer), heard(node, eve)]).toEqual([false, false, ["a"]]);
    }
    expect(newcomer.event("revoked")).toHaveLength(1);
    // With another ticket it stands on its own feet again, and all that it wrote does too.
    world.crash(eve);
    const back = add(3, { role: ROLE_WRITER }, { incarnation: world.nowMs });
    world.run(10_000);
    publish(world, back, "d");
    world.run(10_000);
    for (const node of honest) expect([isLinked(node, back), heard(node, back)]).toEqual([true, ["a", "d"]]);
  });
});

describe("a revocation", () => {
  test("is known to a late joiner before it hears of a single rumor", () => {
    const { world, eve, root, add } = lab();
    publish(world, eve, "a");
    world.run(2_000);
    revoke(world, root, eve.id, "none");
    world.run(5_000);
    const late = add(20, { role: ROLE_WRITER });
    world.run(20_000);
    expect([knows(late), heard(late, eve), late.delivered]).toEqual([1, [], []]);
    expect(digest(late)).toBe(digest(root));
    expect(late.event("misbehavior")).toEqual([]);
  });

  test("outlives a restart, and reaches across a partition when it heals", () => {
    const { world, eve, root, add, others } = lab();
    publish(world, eve, "a");
    world.run(2_000);
    const revocations = (): Restored => ({
      credentials: [],
      rumors: [],
      forks: [],
      evidence: [],
      revocations: root.peer.revocations.map(({ revocation }) => revocation),
      revokers: root.peer.revocations.map(({ standing }) => standing),
    });
    revoke(world, root, eve.id);
    world.run(5_000);
    world.crash(others[0]!);
    const back = add(4, { role: ROLE_WRITER }, { incarnation: world.nowMs, restored: revocations() });
    expect(knows(back)).toBe(1);
    expect(back.peer.rooms.admission.isRevoked(eve.id)).toBe(true);
    // A peer that begins with its own key revoked knows it.
    world.crash(eve);
    const again = add(3, { role: ROLE_WRITER }, { incarnation: world.nowMs, restored: revocations() });
    expect(again.event("revoked")).toHaveLength(1);
    // A second mesh, where another was revoked: linked, both know both.
    const two = [8, 9].map((number) => add(number, { role: ROLE_WRITER }));
    world.run(5_000);
    const island = new Harness();
    const twin = island.add(1, { standing: { role: ROLE_ROOT } });
    island.run(1_000);
    revoke(island, twin, peerId(70));
    const [elsewhere] = twin.peer.revocations;
    world.input(two[0]!, {
      kind: "restored",
      restored: { ...revocations(), revocations: [elsewhere!.revocation], revokers: [elsewhere!.standing] },
    });
    // `restored` counts before a start only: what came later is refused.
    expect(knows(two[0]!)).toBe(1);
    const bringer = add(
      10,
      { role: ROLE_WRITER },
      { restored: { ...revocations(), revocations: [elsewhere!.revocation], revokers: [elsewhere!.standing] } },
    );
    world.run(10_000);
    for (const node of [root, back, bringer, ...two]) expect(knows(node)).toBe(2);
  });

  test("by an admin holds against members, and not against admins or the root", () => {
    const { world, eve, root, admin, add, honest } = lab();
    const second = add(11, { role: ROLE_ADMIN });
    world.run(10_000);
    revoke(world, admin, second.id);
    revoke(world, admin, root.id);
    revoke(world, eve, admin.id);
    expect(admin.event("revocation-refused").map(({ reason }) => reason)).toEqual(["admin", "root-key"]);
    expect(eve.event("revocation-refused").map(({ reason }) => reason)).toEqual(["no-right"]);
    revoke(world, admin, eve.id);
    world.run(5_000);
    for (const node of honest) expect([knows(node), isLinked(node, eve)]).toEqual([1, false]);
    expect(admin.event("revocation-made")).toMatchObject([{ revocation: { key: eve.id }, unnamed: 0 }]);
    // Neighbors say that they have it.
    expect(new Set(admin.event("revocations-held").map(({ peer, same }) => same && peer)).size).toBeGreaterThan(2);
  });

  test("falls with the admin that made it, when the root revokes that one: who was shut out is back with all it wrote", () => {
    const { world, eve, root, admin, add, others } = lab();
    publish(world, eve, "a", "b");
    world.run(2_000);
    revoke(world, admin, eve.id, "none");
    world.run(5_000);
    for (const node of others) expect([isLinked(node, eve), heard(node, eve)]).toEqual([false, []]);
    revoke(world, root, admin.id);
    world.run(5_000);
    for (const node of [root, ...others]) {
      expect(node.event("reinstated").map(({ peers }) => peers)).toEqual([[eve.id]]);
      expect(node.kept.filter(({ kind }) => kind === "forgetRevocation")).toHaveLength(1);
      expect(heard(node, eve)).toEqual(["a", "b"]);
      expect(isLinked(node, admin)).toBe(false);
    }
    // It was told that it counts no longer, and not that it counts again; it comes back and hears it.
    world.crash(eve);
    const back = add(3, { role: ROLE_WRITER, keys: [INVITATION, peerId(3)] }, { incarnation: world.nowMs });
    world.run(10_000);
    for (const node of others) expect(isLinked(node, back)).toBe(true);
    publish(world, back, "c");
    world.run(5_000);
    for (const node of others) expect(heard(node, back)).toEqual(["a", "b", "c"]);
    // What the admin says from now on, dated as it likes, is nobody's concern.
    expect(knows(root)).toBe(1);
  });

  test("that is altered, or by whoever may not, costs its bringer the link and moves nobody", () => {
    const victims: TestNode[] = [];
    const { world, eve, root, others } = lab((from, to, bytes) =>
      // 27 is revocations; the last byte is one of a signature.
      bytes[0] === 27 && bytes.length > 60 && victims.includes(to) && !victims.includes(from)
        ? bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
        : bytes,
    );
    const victim = others[0]!;
    victims.push(victim);
    revoke(world, root, eve.id);
    world.run(500);
    expect([knows(victim), knows(others[1]!)]).toEqual([0, 1]);
    expect(victim.event("misbehavior").map(({ what }) => what)).toContain("a revocation that does not hold");
  });

  test("is no more than a name to a mesh without certificates", () => {
    const world = new Harness();
    const [a, b] = [world.add(1), world.add(2)];
    world.run(5_000);
    revoke(world, a, b.id);
    expect(a.event("revocation-refused")).toMatchObject([{ reason: "no-right" }]);
    expect(certificate(MEMBER)[0]).toBe(2);
    expect(isLinked(a, b)).toBe(true);
  });
});
