import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../bytes.ts";
import { CryptoError } from "../error.ts";
import { createIdentity } from "../identity/identity.ts";
import { inviteLink, inviteText, parseInvite } from "./invite.ts";
import { createRoot, exportRoot, importRoot, issueInvite } from "./issuing.ts";
import { deriveMesh } from "./mesh-keys.ts";

const root = createRoot("lab", new Uint8Array(32).fill(1));
const invite = await issueInvite({ root }, { name: "Alice", seeds: ["wss://seed.example:7700"] });
const text = inviteText(invite);

describe("an invitation", () => {
  it("is one word that says it all", () => {
    expect(text).toMatch(/^grapevine_invite_[\w-]+$/);
    const read = parseInvite(` ${text}\n`);
    expect(read).toMatchObject({ mesh: "lab", seeds: ["wss://seed.example:7700"], root: root.publicKey });
    expect([read.seed, read.meshSecret, read.links]).toEqual([invite.seed, invite.meshSecret, invite.links]);
    expect(inviteText(read)).toBe(text);
  });

  it("is a link whose secret stands behind the #, which no server is sent", () => {
    const link = inviteLink(invite, "https://host/join?room=1#old");
    expect(link).toBe(`https://host/join?room=1#${text}`);
    expect(inviteText(parseInvite(link))).toBe(text);
    expect(() => inviteLink(invite, "not a page")).toThrow("expected the address of a page");
    expect(() => inviteLink(invite, "javascript:alert(1)")).toThrow(CryptoError);
  });

  it("leads all who hold it into one mesh, and nobody else", () => {
    const mesh = (by: typeof invite): string =>
      toHex(deriveMesh({ name: "lab", admission: { kind: "certificate", invite: by } }).meshId);
    expect(mesh(parseInvite(text))).toBe(mesh(root.invite));
    expect(mesh(createRoot("lab", new Uint8Array(32).fill(2)).invite)).not.toBe(mesh(root.invite));
  });

  it("is for the mesh that it names", () => {
    const wrong = { name: "other", admission: { kind: "certificate", invite: text } } as const;
    expect(() => deriveMesh(wrong)).toThrow("an invitation to the mesh of that name");
  });

  it("shows none of its secrets", () => {
    const shown = inspect(invite, { depth: 9, showHidden: true }) + JSON.stringify(invite) + inspect(root);
    for (const secret of [invite.seed!, invite.meshSecret]) {
      expect(shown).not.toContain(toHex(secret));
      expect(shown).not.toContain([...secret.subarray(0, 4)].join(", "));
    }
  });
});

describe("refuses as an invitation", () => {
  it.each([
    ["a passphrase", "correct horse battery staple", "a passphrase will not do"],
    ["a link that shows it to the server", `https://host/join?by=${text}`, "where every server on the way reads it"],
    ["one that is cut short", text.slice(0, -3), "checksum is wrong"],
    ["one with a letter changed", `${text.slice(0, 40)}${text[40] === "A" ? "B" : "A"}${text.slice(41)}`, "checksum"],
    ["a very long one", text + "A".repeat(10_000), "cut short or garbled"],
  ])("%s, and does not repeat it", (_what, given, why) => {
    expect(() => parseInvite(given)).toThrow(why);
    expect(() => parseInvite(given)).not.toThrow(given.slice(17, 40));
  });

  it("anything else, and never by another error", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.stringMatching(/^[\w-]{0,300}$/).map((rest) => `grapevine_invite_${rest}`),
          fc.anything() as fc.Arbitrary<string>,
        ),
        (given) => {
          expect(() => parseInvite(given)).toThrow(CryptoError);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a root key", () => {
  it("is exported and imported as one word, and gives each mesh its own secret", () => {
    const word = exportRoot(root);
    expect(word).toMatch(/^grapevine_root_/);
    expect(importRoot("lab", word).publicKey).toEqual(root.publicKey);
    expect(importRoot("other", word).meshSecret).not.toEqual(root.meshSecret);
    expect(() => importRoot("lab", createIdentity().peerId)).toThrow("expected a root key made by exportRoot()");
  });
});
