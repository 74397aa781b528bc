import { describe, expect, it } from "vitest";
import { utf8 } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { createIdentity } from "../identity/identity.ts";
import type { SignatureBackend } from "./backend.ts";
import { nodeBackend } from "./node-backend.ts";
import { selfTest } from "./self-test.ts";
import { backendReport, choose, selectBackend, sign, verify } from "./signatures.ts";
import { tweetnaclBackend } from "./tweetnacl-backend.ts";
import { webcryptoBackend } from "./webcrypto-backend.ts";

const { publicKey, secretKey } = createIdentity(new Uint8Array(32).fill(7));
const message = utf8("hello");
const backends = [tweetnaclBackend, nodeBackend, webcryptoBackend];

/** node:crypto, but for what `change` says. */
function altered(change: Partial<SignatureBackend>): SignatureBackend {
  return {
    name: "altered",
    available: true,
    sign: (...args) => nodeBackend.sign(...args),
    verify: (...args) => nodeBackend.verify(...args),
    verifyRaw: (...args) => nodeBackend.verifyRaw(...args),
    ...change,
  };
}

describe("backends", () => {
  it.each(backends)("what $name signs every backend verifies", async (backend) => {
    const signature = await backend.sign(secretKey, message);
    expect(signature).toHaveLength(64);
    expect(Object.getPrototypeOf(signature)).toBe(Uint8Array.prototype);
    for (const other of backends) {
      expect(await other.verify(publicKey, message, signature)).toBe(true);
      expect(await other.verify(publicKey, utf8("hullo"), signature)).toBe(false);
    }
  });

  it.each(backends)("$name refuses a secret key of another length", (backend) => {
    expect(() => backend.sign(secretKey.subarray(0, 32), message)).toThrow(CryptoError);
  });

  it.each(backends)("$name takes an array whose key was written over as another key", async (backend) => {
    const buffer = secretKey.slice();
    await backend.sign(buffer, message);
    const other = createIdentity(new Uint8Array(32).fill(8));
    buffer.set(other.secretKey);
    expect(await tweetnaclBackend.verify(other.publicKey, message, await backend.sign(buffer, message))).toBe(true);
  });

  it("webcrypto looks at the bytes of the call, not at what the caller writes there later", async () => {
    const signature = await tweetnaclBackend.sign(secretKey, message);
    const buffer = message.slice();
    const verdict = webcryptoBackend.verify(publicKey, buffer, signature);
    buffer.fill(0);
    expect(await verdict).toBe(true);
  });
});

describe("the self-test", () => {
  it.each(backends)("passes $name", async (backend) => {
    expect(await selfTest(backend)).toBeUndefined();
  });

  it("answers in line for a backend that does", () => {
    expect(selfTest(nodeBackend)).toBeUndefined();
  });

  it.each<[string, Partial<SignatureBackend>]>([
    ["says yes to everything", { verify: () => true }],
    ["says no to everything", { verify: () => false }],
    ["has no canonical rule", { verify: (...args) => tweetnaclBackend.verifyRaw(...args) }],
    ["says yes later", { verify: () => Promise.resolve(true) }],
    [
      "throws",
      {
        verify: () => {
          throw new Error("unsupported");
        },
      },
    ],
    ["rejects", { verify: () => Promise.reject(new Error("unsupported")) }],
    ["cannot sign", { sign: () => Promise.reject(new Error("unsupported")) }],
    ["signs rubbish", { sign: () => new Uint8Array(64) }],
  ])("fails one that %s", async (_what, change) => {
    expect(await selfTest(altered(change))).toEqual(expect.any(String));
  });
});

describe("choosing", () => {
  it("takes node:crypto here, in line, and says why", () => {
    expect(selectBackend()).toBe(nodeBackend);
    expect(backendReport()).toEqual({
      backend: "node",
      candidates: [{ name: "node", verdict: "used: passed its self-test" }],
      fallbacks: 0,
    });
  });

  it("passes over what is not there and what fails, down to tweetnacl", async () => {
    const candidates = [
      altered({ available: false }),
      altered({ name: "wrong", verify: () => true }),
      tweetnaclBackend,
    ];
    const { backend, candidates: seen } = await choose(candidates, () => {});
    expect(backend).toBe(tweetnaclBackend);
    expect(seen.map(({ name }) => name)).toEqual(["altered", "wrong", "tweetnacl"]);
    expect(seen.map(({ verdict }) => verdict)).toEqual([
      "not available on this platform",
      expect.stringMatching(/^wrong verdict on vector \d+/),
      "used: the one that is always there",
    ]);
  });

  it("waits for a backend that answers by promises", async () => {
    const choice = choose([webcryptoBackend, tweetnaclBackend], () => {});
    expect(choice).toBeInstanceOf(Promise);
    expect((await choice).backend).toBe(webcryptoBackend);
  });

  it.each<[string, () => Promise<never>]>([
    [
      "throws",
      () => {
        throw new Error("lost its key");
      },
    ],
    ["rejects", () => Promise.reject(new Error("lost its key"))],
  ])("has tweetnacl answer when a chosen backend %s", async (_what, fail) => {
    let broken = false;
    const backend = altered({
      sign: (...args) => (broken ? fail() : nodeBackend.sign(...args)),
      verify: (...args) => (broken ? fail() : nodeBackend.verify(...args)),
    });
    let fallbacks = 0;
    const signatures = await choose([backend, tweetnaclBackend], () => {
      fallbacks += 1;
    });
    broken = true;
    const signature = await signatures.sign(secretKey, message);
    expect(await signatures.verify(publicKey, message, signature)).toBe(true);
    expect(await signatures.verify(publicKey, utf8("hullo"), signature)).toBe(false);
    expect(fallbacks).toBe(3);
  });
});

describe("sign and verify", () => {
  it("answer in line in Node", () => {
    const signature = sign(secretKey, message) as Uint8Array;
    expect(verify(publicKey, message, signature)).toBe(true);
    signature[0]! ^= 1;
    expect(verify(publicKey, message, signature)).toBe(false);
  });

  it("refuse a secret key of another length", () => {
    expect(() => sign(new Uint8Array(32), message)).toThrow("expected a secret key of 64 bytes, got 32 bytes");
  });
});
