import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveMesh } from "../admission/mesh-keys.ts";
import { createSecret } from "../admission/secret.ts";
import { utf8 } from "../bytes.ts";
import { createIdentity } from "../identity/identity.ts";
import { createVault } from "../vault.ts";
import { createBoxKeyPair } from "./box.ts";
import type { Keyring } from "./keyring.ts";

const mesh = deriveMesh({ name: "lobby", admission: { kind: "secret", secret: createSecret() } });
const member = (): { box: ReturnType<typeof createBoxKeyPair>; ring: Keyring } => {
  const box = createBoxKeyPair();
  return { box, ring: createVault({ identity: createIdentity(), box, mesh }).keyring };
};
const [alice, bob, eve] = [member(), member(), member()];
const made = (ring: Keyring): string => ring.answer({ op: "make" }).keyIds[0]!;
const bytes = utf8("asker and giver");

describe("a keyring", () => {
  it("gives keys that their taker alone can open, and that both derive the same topic keys from", () => {
    const id = made(alice.ring);
    const given = alice.ring.answer({ op: "give", to: bob.box.publicKey, keyIds: [id, "00".repeat(8)] });
    expect(given.keyIds).toEqual([id]);
    expect(eve.ring.answer({ op: "take", bytes: given.bytes, keyIds: [id] }).keyIds).toEqual([]);
    expect(bob.ring.answer({ op: "take", bytes: given.bytes, keyIds: [id] }).keyIds).toEqual([id]);
    expect(bob.ring.topicKey(id, "chat")).toEqual(alice.ring.topicKey(id, "chat"));
    expect(bob.ring.topicKey(id, "chat")).not.toEqual(alice.ring.topicKey(id, "other"));
    expect(eve.ring.topicKey(id, "chat")).toBeUndefined();
  });

  it("takes nothing that was not asked for, and nothing that was sealed to another end", async () => {
    const id = made(alice.ring);
    const { bytes: sealed } = alice.ring.answer({ op: "give", to: bob.box.publicKey, keyIds: [id] });
    expect(bob.ring.answer({ op: "take", bytes: sealed, keyIds: [] }).keyIds).toEqual([]);
    const vault = createVault({ identity: createIdentity(), box: alice.box, mesh });
    const other = await vault.seal(
      bob.box.publicKey,
      utf8("an envelope of some length, in which there may be anything"),
    );
    expect(bob.ring.answer({ op: "take", bytes: other, keyIds: [id] }).keyIds).toEqual([]);
  });

  it("gives more for a proof that holds: under a key it has, for this asker and giver", () => {
    const [old, later] = [made(alice.ring), made(alice.ring)];
    const give = alice.ring.answer({ op: "give", to: bob.box.publicKey, keyIds: [old] });
    bob.ring.answer({ op: "take", bytes: give.bytes, keyIds: [old] });
    const { bytes: mac } = bob.ring.answer({ op: "prove", keyId: old, bytes });
    const asked = (proof: { under: string; mac: Uint8Array; bytes: Uint8Array }): readonly string[] => {
      const shown = { ...proof, keyIds: [later] };
      return alice.ring.answer({ op: "give", to: bob.box.publicKey, keyIds: [], proof: shown }).keyIds;
    };
    expect(asked({ under: old, mac, bytes })).toEqual([later]);
    expect(asked({ under: old, mac, bytes: utf8("another asker") })).toEqual([]);
    expect(asked({ under: later, mac, bytes })).toEqual([]);
    expect(asked({ under: "00".repeat(8), mac, bytes })).toEqual([]);
    expect(asked({ under: old, mac: mac.with(3, mac[3]! ^ 1), bytes })).toEqual([]);
    expect(eve.ring.answer({ op: "prove", keyId: old, bytes }).bytes).toHaveLength(0);
  });

  it("keeps keys on a disk sealed, and has them again in a later run", () => {
    const id = made(alice.ring);
    const wrapped = alice.ring.wrapped(id)!;
    const { ring: later } = member();
    expect(later.unwrap(wrapped)).toBe(id);
    expect(later.topicKey(id, "chat")).toEqual(alice.ring.topicKey(id, "chat"));
    expect(later.unwrap(wrapped.with(30, wrapped[30]! ^ 1))).toBeUndefined();
    const stranger = deriveMesh({ name: "lobby", admission: { kind: "secret", secret: createSecret() } });
    const other = createVault({ identity: createIdentity(), box: createBoxKeyPair(), mesh: stranger }).keyring;
    expect(other.unwrap(wrapped)).toBeUndefined();
  });

  it("forgets what it is told to, and shows nothing of what it has", () => {
    const { ring } = member();
    const id = made(ring);
    expect([ring.size, JSON.stringify(ring), Object.keys(ring)]).toEqual([1, "{}", []]);
    ring.answer({ op: "drop", keyIds: [id] });
    expect([ring.size, ring.topicKey(id, "chat"), ring.wrapped(id)]).toEqual([0, undefined, undefined]);
  });

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(bob.ring.answer({ op: "take", bytes: garbage, keyIds: ["00".repeat(8)] }).keyIds).toEqual([]);
        expect(bob.ring.unwrap(garbage)).toBeUndefined();
      }),
    );
  });
});

describe("forward secrecy of a session", () => {
  it("who learns a peer's identity later, and has every byte, opens nothing that was sealed for it", async () => {
    const identity = createIdentity();
    const session = { identity, box: createBoxKeyPair(), mesh };
    const sender = createVault({ identity: createIdentity(), box: createBoxKeyPair(), mesh });
    const captured = await sender.seal(session.box.publicKey, utf8("a direct message"));
    expect((await createVault(session).open(captured)).bytes).toEqual(utf8("a direct message"));
    // The key of the session was made by chance, and never left memory; the thief has identity and secret of the mesh.
    const thief = createVault({ identity, box: createBoxKeyPair(), mesh });
    expect((await thief.open(captured)).bytes).toBeUndefined();
  });
});
