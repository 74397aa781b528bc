import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { deriveMesh } from "./admission/mesh-keys.ts";
import { createSecret } from "./admission/secret.ts";
import { mintTicket } from "./admission/ticket.ts";
import { utf8 } from "./bytes.ts";
import { hash } from "./hash.ts";
import { createIdentity } from "./identity/identity.ts";
import { createBoxKeyPair } from "./sealing/box.ts";
import { createVault, type Vault } from "./vault.ts";

const mesh = deriveMesh({ name: "lobby", admission: { kind: "secret", secret: createSecret() } });
const otherMesh = deriveMesh({ name: "lobby", admission: { kind: "secret", secret: createSecret() } });
const alice = createIdentity();
const aliceBox = createBoxKeyPair();
const bobBox = createBoxKeyPair();
const vault = createVault({ identity: alice, box: aliceBox, mesh });
const bob = createVault({ identity: createIdentity(), box: bobBox, mesh });
const outsider = createVault({ identity: createIdentity(), box: createBoxKeyPair(), mesh: otherMesh });
const bytes = utf8("a statement");

describe("a vault", () => {
  let signature: Uint8Array;
  let ticket: Uint8Array;

  beforeAll(async () => {
    signature = await vault.sign(bytes);
    ticket = await mintTicket(mesh, alice.publicKey);
  });

  it("signs what others verify, in line in Node", () => {
    expect(bob.verify(alice.peerId, bytes, signature)).toMatchObject({ ok: true });
    expect(bob.verify(createIdentity().peerId, bytes, signature)).toMatchObject({ ok: false });
    expect(bob.verify(alice.peerId, utf8("another"), signature)).toMatchObject({ ok: false });
  });

  it("gives one verdict for a signature and a ticket", async () => {
    expect(bob.verify(alice.peerId, bytes, signature, ticket)).toMatchObject({ ok: true });
    expect(bob.verify(alice.peerId, bytes, signature, new Uint8Array(0))).toMatchObject({ ok: false });
    expect(bob.verify(alice.peerId, bytes, signature, await mintTicket(otherMesh, alice.publicKey))).toMatchObject({
      ok: false,
    });
    expect(bob.verify(alice.peerId, utf8("another"), signature, ticket)).toMatchObject({ ok: false });
  });

  it("seals for one peer", async () => {
    const sealed = await vault.seal(bobBox.publicKey, bytes);
    expect(await bob.open(sealed)).toEqual({ from: aliceBox.publicKey, bytes });
    expect((await outsider.open(sealed)).bytes).toBeUndefined();
  });

  it("seals cards for the members and nobody else", () => {
    const card = vault.sealCard(bytes);
    expect(bob.openCard(card)).toEqual(bytes);
    expect(outsider.openCard(card)).toBeUndefined();
  });

  it("hashes as everyone does", () => {
    expect(vault.hash(bytes)).toEqual(hash(bytes));
  });

  it("takes any bytes and any name of an author", () => {
    const some = fc.uint8Array({ maxLength: 120 });
    const author = fc.oneof(fc.string(), fc.constantFrom(alice.peerId, "1".repeat(44), "z".repeat(10_000)));
    const attempt = (vault: Vault, input: Uint8Array): void => {
      expect(vault.open(input)).toMatchObject({ bytes: undefined });
      expect(vault.openCard(input)).toBeUndefined();
    };
    fc.assert(
      fc.property(author, some, some, fc.option(some, { nil: undefined }), (author, input, signature, ticket) => {
        expect(vault.verify(author, input, signature, ticket)).toMatchObject({ ok: false });
        attempt(vault, input);
      }),
    );
  });
});
