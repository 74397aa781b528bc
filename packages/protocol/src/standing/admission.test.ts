import { describe, expect, test } from "vitest";
import { Harness, bytesOf, certificate, sign, type TestNode } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { peerId, testHash } from "../room.testing.ts";
import { KEEP_ALL } from "../rumors/rumors.testing.ts";
import { ROLE_ROOT, ROLE_WRITER, type Credential, type PeerId, type Standing } from "../types.ts";
import { encodeFrame } from "../wire/whole-codec.ts";
import { credentialBytes } from "../wire/statements.ts";

const TOPIC = "0c".repeat(16);
const INVITATION = peerId(900);

/** One that holds, of somebody new. */
function admitted({ config }: TestNode, peer: PeerId): Credential {
  const [ticket, boxKey] = [certificate({ role: ROLE_WRITER, keys: [peer] }), new Uint8Array(32)];
  const signature = sign(peer, credentialBytes(config.meshId, peer, 1, boxKey, testHash(ticket)));
  return { peer, incarnation: 1, boxKey, ticket, signature };
}

describe("a neighbor that brings more authors than are remembered", () => {
  test("makes nobody forget neighbors, nor by what somebody was revoked whose rumors are held", () => {
    const world = new Harness();
    const add = (number: number, standing: Partial<Standing>): TestNode => {
      const node = world.add(number, { standing: { keys: [peerId(number)], ...standing } });
      world.command(node, { kind: "subscribe", topic: TOPIC });
      return node;
    };
    const root = add(1, { role: ROLE_ROOT, keys: [] });
    const eve = add(3, { role: ROLE_WRITER, keys: [INVITATION, peerId(3)] });
    const victim = add(4, { role: ROLE_WRITER });
    const mallory = add(5, { role: ROLE_WRITER });
    world.run(10_000);
    const publish = (text: string): void =>
      world.command(eve, {
        kind: "publish",
        ref: 1_000_000,
        topic: TOPIC,
        keyId: new Uint8Array(8),
        body: bytesOf(text),
        retention: KEEP_ALL,
      });
    publish("a");
    publish("b");
    world.run(3_000);
    world.command(root, { kind: "revoke", ref: 1, key: INVITATION, keep: "none" });
    world.run(5_000);
    const state = (): unknown => [
      victim.peer.digest().join(),
      victim.peer.retained(TOPIC).length,
      victim.peer.rooms.admission.isRevoked(eve.id),
      victim.peer.neighbors.map(({ peer }) => victim.peer.rooms.admission.isAdmitted(peer)),
    ];
    const before = state();
    expect(before).toEqual([expect.any(String), 0, true, [true, true]]);

    const link = [...victim.peer.rooms.overlay.neighbors.all()].find(({ peer }) => peer === mallory.id)!.link;
    for (let first = 10_000; first < 10_000 + limits.admittedMax + 240; first += 24) {
      const credentials = Array.from({ length: 24 }, (_, i) => admitted(victim, peerId(first + i)));
      const bytes = encodeFrame({ kind: "credentialsHave", credentials });
      world.input(victim, { kind: "received", link, channel: "control", bytes });
      if (first % 960 === 0) world.run(1_000);
    }
    expect(victim.peer.rooms.admission.state.admitted.size).toBe(limits.admittedMax);
    expect(state()).toEqual(before);
  });
});
