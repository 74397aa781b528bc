import nacl from "tweetnacl";
import { describe, expect, it } from "vitest";
import { utf8 } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { keyId, openTopic, sealTopic, TOPIC_SEAL_BYTES } from "./topic-seal.ts";

const key = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);
const text = utf8("a batch of messages");

describe("a topic's seal", () => {
  it("opens under its key", () => {
    const sealed = sealTopic(key, text);
    expect(sealed).toHaveLength(text.length + TOPIC_SEAL_BYTES);
    expect(openTopic(key, sealed)).toEqual(text);
    expect(openTopic(key, sealTopic(key, new Uint8Array(0)))).toEqual(new Uint8Array(0));
  });

  it("does not open under another", () => {
    expect(openTopic(other, sealTopic(key, text))).toBeUndefined();
  });

  it("is another each time", () => {
    expect(sealTopic(key, text)).not.toEqual(sealTopic(key, text));
  });

  it("is what every NaCl makes", () => {
    const sealed = sealTopic(key, text);
    expect(nacl.secretbox.open(sealed.slice(24), sealed.slice(0, 24), key)).toEqual(text);
  });

  it("refuses a key of another length", () => {
    expect(() => sealTopic(new Uint8Array(31), text)).toThrow("expected a topic key of 32 bytes, got 31 bytes");
    expect(() => openTopic(new Uint8Array(33), text)).toThrow(CryptoError);
    expect(() => sealTopic("a passphrase of thirty-two chars" as unknown as Uint8Array, text)).toThrow(CryptoError);
  });
});

describe("a key's id", () => {
  it("is 8 bytes that follow from the key", () => {
    expect(keyId(key)).toHaveLength(8);
    expect(keyId(key)).toEqual(keyId(key.slice()));
    expect(keyId(key)).not.toEqual(keyId(other));
  });
});
