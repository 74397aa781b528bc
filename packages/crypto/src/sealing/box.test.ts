import { inspect } from "node:util";
import nacl from "tweetnacl";
import { describe, expect, it } from "vitest";
import { utf8 } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { platform as browser } from "../platform.browser.ts";
import { BOX_SEAL_BYTES, createBoxKeyPair, freshBoxKeyPair, openSealed, openSoon, sealFor, sealSoon } from "./box.ts";

const alice = createBoxKeyPair();
const bob = createBoxKeyPair();
const eve = createBoxKeyPair();
const text = utf8("an offer");

describe("a box", () => {
  it("opens for whom it was sealed, and tells by which key", () => {
    const sealed = sealFor(alice, bob.publicKey, text);
    expect(sealed).toHaveLength(text.length + BOX_SEAL_BYTES);
    expect(openSealed(bob, sealed)).toEqual({ from: alice.publicKey, bytes: text });
  });

  it("holds nothing, too", () => {
    const sealed = sealFor(alice, bob.publicKey, new Uint8Array(0));
    expect(openSealed(bob, sealed).bytes).toEqual(new Uint8Array(0));
  });

  it("is another each time", () => {
    expect(sealFor(alice, bob.publicKey, text)).not.toEqual(sealFor(alice, bob.publicKey, text));
  });

  it("does not open for another, though it tells who claims to have sealed it", () => {
    expect(openSealed(eve, sealFor(alice, bob.publicKey, text))).toEqual({ from: alice.publicKey, bytes: undefined });
  });

  it("does not open under another sender's name", () => {
    const sealed = sealFor(eve, bob.publicKey, text);
    sealed.set(alice.publicKey);
    expect(openSealed(bob, sealed).bytes).toBeUndefined();
  });

  it("is what every NaCl makes", () => {
    const sealed = sealFor(alice, bob.publicKey, text);
    const opened = nacl.box.open(sealed.slice(56), sealed.slice(32, 56), alice.publicKey, bob.secretKey);
    expect(opened).toEqual(text);
  });

  it("refuses a key of another length to seal for", () => {
    expect(() => sealFor(alice, new Uint8Array(31), text)).toThrow(CryptoError);
  });
});

// RFC 7748, section 6.1: u of order 1, 2, 4 and 8, and such u plus p.
const smallOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

describe.each(smallOrder)("a key that gives everyone the same secret (%s)", (hex) => {
  const weak = Uint8Array.from(Buffer.from(hex, "hex"));

  it("seals nothing that opens", () => {
    const nonce = nacl.randomBytes(24);
    const forged = Uint8Array.of(...weak, ...nonce, ...nacl.box(text, nonce, weak, eve.secretKey));
    expect(openSealed(bob, forged)).toEqual({ from: weak, bytes: undefined });
  });

  it("lets nobody read what is sealed for it", () => {
    const sealed = sealFor(alice, weak, text);
    expect(nacl.box.open(sealed.slice(56), sealed.slice(32, 56), weak, eve.secretKey)).toBeNull();
  });
});

it("box keys show their public half only", () => {
  const secret = Buffer.from(alice.secretKey);
  const shown = [inspect(alice, { depth: 9, showHidden: true }), JSON.stringify(alice), JSON.stringify({ ...alice })];
  for (const shape of shown) {
    expect(shape).not.toContain("secret");
    expect(shape).not.toContain(secret.toString("hex"));
    expect(shape).not.toContain([...secret.subarray(0, 6)].join(", "));
    expect(shape).not.toContain([...secret.subarray(0, 6)].join(","));
  }
});

describe("with X25519 of the platform", () => {
  const { x25519 } = browser;
  const absent = {
    publicKey: () => Promise.reject(new Error("none")),
    shared: () => Promise.reject(new Error("none")),
  };

  it.each([
    ["WebCrypto", x25519],
    ["one that fails", absent],
  ])("(%s) keys are those of tweetnacl", async (_, by) => {
    const { publicKey, secretKey } = await freshBoxKeyPair(by);
    expect(publicKey).toEqual(nacl.box.keyPair.fromSecretKey(secretKey).publicKey);
  });

  it.each([
    ["WebCrypto", x25519],
    ["one that fails", absent],
  ])("(%s) what is sealed opens with tweetnacl's, and the other way", async (_, by) => {
    const [own, other] = [createBoxKeyPair(), createBoxKeyPair()];
    expect(openSealed(other, await sealSoon(own, other.publicKey, text, by)).bytes).toEqual(text);
    const [mine, theirs] = [createBoxKeyPair(), createBoxKeyPair()];
    expect(await openSoon(mine, sealFor(theirs, mine.publicKey, text), by)).toEqual({
      from: theirs.publicKey,
      bytes: text,
    });
  });

  it("agrees once for what comes at once, and answers in its order", async () => {
    const [own, other] = [createBoxKeyPair(), createBoxKeyPair()];
    let agreements = 0;
    const counting = {
      ...absent,
      shared: (secret: Uint8Array, key: Uint8Array) => {
        agreements++;
        return x25519!.shared(secret, key);
      },
    };
    const order: number[] = [];
    const open = async (number: number): Promise<void> => {
      const { bytes } = await openSoon(own, sealFor(other, own.publicKey, Uint8Array.of(number)), counting);
      order.push(bytes![0]!);
    };
    await Promise.all([open(1), open(2), open(3)]);
    expect(order).toEqual([1, 2, 3]);
    expect(agreements).toBe(1);
    // Known by now: in line.
    expect(openSoon(own, sealFor(other, own.publicKey, text), counting)).not.toBeInstanceOf(Promise);
  });

  it("opens nothing that a key of small order sealed, and seals nothing that everyone could open", async () => {
    const everyones = new Uint8Array(32);
    const key = nacl.box.before(everyones, alice.secretKey);
    const nonce = new Uint8Array(24);
    const forged = new Uint8Array([...everyones, ...nonce, ...nacl.box.after(text, nonce, key)]);
    expect((await openSoon(alice, forged, x25519)).bytes).toBeUndefined();
    const sealed = await sealSoon(alice, everyones, text, x25519);
    expect(nacl.box.open.after(sealed.subarray(56), sealed.subarray(32, 56), key)).toBeNull();
  });
});
