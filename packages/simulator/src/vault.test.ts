import { describe, expect, test } from "vitest";
import { streamOf } from "./chance.ts";
import { Notary } from "./vault-model.ts";
import { realVaults } from "./vault-real.ts";
import type { VaultMaker } from "./vault.ts";

const kinds: readonly (readonly [string, () => VaultMaker])[] = [
  ["modelled", () => new Notary(streamOf(1, "vaults"))],
  ["real", () => realVaults(streamOf(1, "vaults"))],
];
const message = new TextEncoder().encode("what is said");

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at % bytes.length]! ^= 1 << (at % 8);
  return copy;
}

describe.each(kinds)("%s vaults", (_kind, make) => {
  const maker = make();
  const [alice, bob, eve] = [maker.make(), maker.make(), maker.make()];

  test("have ids of their own and ids of 32 bytes in base58", () => {
    expect(new Set([alice.self, bob.self, eve.self]).size).toBe(3);
    for (const { self } of [alice, bob, eve]) expect(self).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
  });

  test("a signature holds for its author and its message only", () => {
    const signature = alice.sign(message);
    expect(signature).toHaveLength(64);
    expect(bob.verify(alice.self, message, signature, undefined)).toBe(true);
    expect(bob.verify(eve.self, message, signature, undefined)).toBe(false);
    expect(bob.verify(alice.self, flipped(message, 3), signature, undefined)).toBe(false);
    for (let at = 0; at < 64; at++) {
      expect(bob.verify(alice.self, message, flipped(signature, at), undefined)).toBe(false);
    }
    expect(bob.verify(alice.self, message, new Uint8Array(7), undefined)).toBe(false);
  });

  test("a ticket is checked together with the signature", () => {
    const signature = alice.sign(message);
    expect(bob.verify(alice.self, message, signature, alice.ticket)).toBe(true);
    expect(bob.verify(alice.self, message, signature, new Uint8Array([1, 2, 3]))).toBe(false);
  });

  test("what is sealed for one is opened by that one, and tells who sealed it", () => {
    const sealed = alice.seal(bob.boxKey, message);
    expect(bob.open(sealed)).toEqual({ from: alice.boxKey, bytes: message });
    expect(eve.open(sealed).bytes).toBeUndefined();
    expect(sealed).toHaveLength(message.length + 72);
  });

  test("an altered seal does not open as its sender's, nor does garbage", () => {
    const sealed = alice.seal(bob.boxKey, message);
    for (let at = 0; at < sealed.length; at++) {
      const { from, bytes } = bob.open(flipped(sealed, at));
      // X25519 ignores the highest bit of a key (RFC 7748): such a seal opens, and names nobody.
      expect(bytes === undefined || !from.every((byte, i) => byte === alice.boxKey[i])).toBe(true);
      if (at >= 32) expect(bytes).toBeUndefined();
    }
    for (let length = 0; length < 100; length++) expect(bob.open(new Uint8Array(length)).bytes).toBeUndefined();
  });

  test("a seal shows nothing of what is in it", () => {
    const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
    expect(text(alice.seal(bob.boxKey, message))).not.toContain("said");
    expect(alice.seal(bob.boxKey, message)).not.toEqual(alice.seal(bob.boxKey, message));
  });

  test("a new incarnation keeps the identity and has another box key", () => {
    const again = alice.renew();
    expect(again.self).toBe(alice.self);
    expect(again.boxKey).not.toEqual(alice.boxKey);
    expect(bob.verify(alice.self, message, again.sign(message), again.ticket)).toBe(true);
    expect(again.open(bob.seal(alice.boxKey, message)).bytes).toBeUndefined();
  });
});
