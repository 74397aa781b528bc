import { peerIdOf, ROLE_ADMIN, ROLE_READER, ROLE_ROOT, ROLE_WRITER, type Standing } from "@grapevine/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdentity, type Identity } from "../identity/identity.ts";
import { sign } from "../signatures/signatures.ts";
import { decodeChain, encodeChain, linkStatement, type Link, type SignedLink } from "./certificate.ts";
import type { Invite } from "./invite.ts";
import { createRoot, issueInvite, type InviteOptions, type Root } from "./issuing.ts";
import { deriveMesh, type MeshKeys } from "./mesh-keys.ts";
import { mintTicket, readTicket } from "./ticket.ts";

const root = createRoot("lab", new Uint8Array(32).fill(1));
const other = createRoot("lab", new Uint8Array(32).fill(2));
const [alice, bob, carol, dave] = [3, 4, 5, 6].map((byte) => createIdentity(new Uint8Array(32).fill(byte))) as [
  Identity,
  Identity,
  Identity,
  Identity,
];
const keysOf = (invite: Invite): MeshKeys => deriveMesh({ name: "lab", admission: { kind: "certificate", invite } });
const mesh = keysOf(root.invite);
const read = async (who: Identity, ticket: Uint8Array, by = mesh): Promise<Standing | undefined> =>
  readTicket(by, who.publicKey, ticket);
const ticketOf = (who: Identity, invite: Invite): Promise<Uint8Array> => mintTicket(keysOf(invite), who.publicKey);
const invited = async (who: Identity, options: InviteOptions = {}, by: Root = root): Promise<Uint8Array> =>
  ticketOf(who, await issueInvite({ root: by }, options));

/** A chain with good signatures, whatever it says: `by[i]` signs link i. */
async function forge(by: readonly Identity[], links: readonly Link[]): Promise<Uint8Array> {
  const signed: SignedLink[] = [];
  for (const [i, link] of links.entries()) {
    const statement = linkStatement(mesh.meshId, by[i]!.publicKey, link);
    signed.push({ ...link, signature: await sign(by[i]!.secretKey, statement) });
  }
  return encodeChain(signed);
}
const link = (subject: Identity, change: Partial<Link> = {}): Link => ({
  kind: 0,
  role: ROLE_WRITER,
  mayInvite: false,
  expiryMs: 0,
  name: "",
  subject: subject.publicKey,
  ...change,
});

describe("a certificate", () => {
  it("admits whoever comes with an invitation, with its role, name and end", async () => {
    const ticket = await invited(alice, { role: "reader", name: "Alice", expiryMs: 5_000 });
    expect(await read(alice, ticket)).toMatchObject({ role: ROLE_READER, name: "Alice", expiryMs: 5_000 });
    expect(ticket.length).toBeLessThan(300);
  });

  it("admits one peer by an invitation made for it, and no other", async () => {
    const invite = await issueInvite({ root }, { to: alice.peerId, role: "admin" });
    expect(await read(alice, await ticketOf(alice, invite))).toMatchObject({ role: ROLE_ADMIN });
    await expect(ticketOf(bob, invite)).rejects.toThrow("expected the key that the invitation is for");
    expect(await read(bob, await ticketOf(alice, invite))).toBeUndefined();
  });

  it("is nobody else's, nor another root's, nor another mesh's", async () => {
    const ticket = await invited(alice);
    expect(await read(bob, ticket)).toBeUndefined();
    expect(await read(alice, ticket, keysOf(other.invite))).toBeUndefined();
    const elsewhere = createRoot("annex", new Uint8Array(32).fill(1));
    const annex = deriveMesh({ name: "annex", admission: { kind: "certificate", invite: elsewhere.invite } });
    expect(await read(alice, ticket, annex)).toBeUndefined();
    expect(await read(alice, await invited(alice, {}, other))).toBeUndefined();
  });

  it("holds for the root key with no link at all", async () => {
    const { identity } = root;
    expect(await read(identity, await ticketOf(identity, root.invite))).toMatchObject({ role: ROLE_ROOT });
    expect(await read(alice, new Uint8Array([2, 0]))).toBeUndefined();
  });

  it("leads over a member who may invite, and names every key that it rests on", async () => {
    const invite = await issueInvite({ root }, { mayInvite: true, expiryMs: 9_000 });
    const member = { invite, identity: alice };
    const ticket = await ticketOf(bob, await issueInvite(member, { name: "Bob", expiryMs: 8_000 }));
    const standing = await read(bob, ticket);
    expect(standing).toMatchObject({ role: ROLE_WRITER, name: "Bob", expiryMs: 8_000 });
    expect(standing!.keys).toHaveLength(4);
    expect(standing!.keys).toContain(alice.peerId);
    // Four signatures, and no fifth.
    const longer = issueInvite({ invite: await issueInvite(member, { mayInvite: true }), identity: bob });
    await expect(longer).rejects.toThrow("a chain of at most 4 signatures");
  });

  it("is not issued by whoever may not, nor with more than the issuer has", async () => {
    const plain = { invite: await issueInvite({ root }), identity: alice };
    await expect(issueInvite(plain)).rejects.toThrow("expected an issuer that may invite");
    const reader = { invite: await issueInvite({ root }, { role: "reader", mayInvite: true }), identity: alice };
    await expect(issueInvite(reader)).rejects.toThrow("expected a role that the issuer has");
    const brief = { invite: await issueInvite({ root }, { expiryMs: 100, mayInvite: true }), identity: alice };
    await expect(issueInvite(brief, { expiryMs: 200 })).rejects.toThrow("a later end");
  });

  it("certifies the devices of one person by an account key", async () => {
    const invite = await issueInvite({ root }, { name: "Alice" });
    const account = createIdentity(new Uint8Array(32).fill(7));
    for (const device of [bob, carol]) {
      const own = await issueInvite({ invite, account }, { to: device.peerId, name: "laptop", expiryMs: 7_000 });
      const standing = await read(device, await ticketOf(device, own));
      expect(standing).toMatchObject({ account: account.peerId, role: ROLE_WRITER, expiryMs: 7_000 });
    }
  });

  it("that breaks one rule only does not hold", async () => {
    const { identity } = root;
    const inviting = { mayInvite: true };
    const cases: [string, Promise<Uint8Array>][] = [
      ["signed by nobody's key", forge([alice], [link(alice)])],
      ["a member that may not invite", forge([identity, alice], [link(alice), link(bob)])],
      [
        "one that was invited by such a member",
        forge([identity, alice, bob], [link(alice, inviting), link(bob), link(carol)]),
      ],
      ["a link that is signed by another", forge([identity, bob], [link(alice, inviting), link(carol)])],
      [
        "an invitation that chose a name",
        forge([identity, alice], [link(alice, { kind: 1 }), link(carol, { name: "Root" })]),
      ],
      [
        "an invitation by an invitation",
        forge([identity, alice, bob], [link(alice, { kind: 1 }), link(bob, { kind: 1 }), link(carol)]),
      ],
      ["a name with a mark of direction", forge([identity], [link(alice, { name: "ecil\u200eA" })])],
      ["a name with what is not seen", forge([identity], [link(alice, { name: "Ro\u200bot" })])],
      ["an account that ends it", forge([identity], [link(carol, { kind: 2 })])],
      [
        "an account by an account",
        forge([identity, alice, bob], [link(alice, { kind: 2 }), link(bob, { kind: 2 }), link(carol)]),
      ],
      [
        "a key that stands inside",
        forge([identity, alice], [link(alice, inviting), link(carol)]).then((t) => t.slice(0, -1)),
      ],
    ];
    for (const [what, ticket] of cases) expect([what, await read(carol, await ticket)]).toEqual([what, undefined]);
    // And that these are made well enough to hold, were it not for that rule.
    expect(await read(carol, await forge([identity, alice], [link(alice, inviting), link(carol)]))).toBeDefined();
    expect(await read(carol, await forge([identity, alice], [link(alice, { kind: 1 }), link(carol)]))).toBeDefined();
  });

  it("never gives more than the least of its links", async () => {
    const by = [root.identity, alice, bob];
    const ticket = await forge(by, [
      link(alice, { mayInvite: true, role: ROLE_READER, expiryMs: 50 }),
      link(bob, { mayInvite: true, role: ROLE_ADMIN, expiryMs: 70 }),
      link(dave, { role: ROLE_ADMIN }),
    ]);
    expect(await read(dave, ticket)).toMatchObject({ role: ROLE_READER, expiryMs: 50 });
  });

  it("with any bit turned over does not hold", async () => {
    const ticket = await invited(alice, { name: "Alice", expiryMs: 5_000 });
    for (let at = 0; at < ticket.length * 8; at += 7) {
      const turned = ticket.slice();
      turned[at >> 3]! ^= 1 << (at & 7);
      expect(await read(alice, turned)).toBeUndefined();
    }
  });
});

describe("the bytes of a chain", () => {
  const anyLink = fc.record({
    kind: fc.integer({ min: 0, max: 2 }),
    role: fc.integer({ min: 0, max: 2 }),
    mayInvite: fc.boolean(),
    expiryMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    name: fc.stringMatching(/^[\w \u00e9]{0,16}$/),
    subject: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  });

  it("say what was written", () => {
    fc.assert(
      fc.property(fc.array(anyLink, { maxLength: 4 }), (links) => {
        expect(decodeChain(encodeChain(links))).toEqual(links);
      }),
    );
  });

  it("are one for one chain: whatever is read is written again alike, and nothing throws", async () => {
    const sound = await invited(alice, { name: "Al\u00eece" });
    const near = fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = sound.slice();
      bytes[at] = byte;
      return bytes;
    });
    const any = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array([2, ...bytes]));
    fc.assert(
      fc.property(fc.oneof(near, any, fc.uint8Array({ maxLength: 20 })), (bytes) => {
        const links = decodeChain(bytes);
        if (links !== undefined) expect(encodeChain(links)).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuse a name that shows something else", async () => {
    for (const name of ["a\nb", "\u202eadmin", "x".repeat(33), "\ud800"]) {
      await expect(issueInvite({ root }, { name })).rejects.toThrow("expected a name");
      if (name !== "\ud800") {
        const signature = new Uint8Array(64);
        expect(decodeChain(encodeChain([{ ...link(alice), name, signature }]))).toBeUndefined();
      }
    }
    expect(peerIdOf(root.publicKey)).toBe(root.identity.peerId);
  });
});
