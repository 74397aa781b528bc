import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdentity } from "../identity/identity.ts";
import { deriveMesh, type MeshKeys } from "./mesh-keys.ts";
import { createSecret } from "./secret.ts";
import { checkTicket, mintTicket } from "./ticket.ts";

const open = (bits: number): MeshKeys => deriveMesh({ name: "lobby", admission: { kind: "open", bits } });
const closed = (): MeshKeys => deriveMesh({ name: "lobby", admission: { kind: "secret", secret: createSecret() } });
const { publicKey } = createIdentity(new Uint8Array(32).fill(1));
const other = createIdentity(new Uint8Array(32).fill(2));

describe.each<[string, MeshKeys, number]>([
  ["an open mesh", open(12), 9],
  ["a secret mesh", closed(), 33],
])("a ticket to %s", (_kind, mesh, length) => {
  it("admits its key and no other", async () => {
    const ticket = await mintTicket(mesh, publicKey);
    expect(ticket).toHaveLength(length);
    expect(checkTicket(mesh, publicKey, ticket)).toBe(true);
    expect(checkTicket(mesh, other.publicKey, ticket)).toBe(false);
  });

  it("does not admit to another mesh", async () => {
    const ticket = await mintTicket(mesh, publicKey);
    expect(checkTicket(open(13), publicKey, ticket)).toBe(false);
    expect(checkTicket(closed(), publicKey, ticket)).toBe(false);
    const sibling = deriveMesh({ name: "lobby 2", admission: { kind: "open", bits: 12 } });
    expect(checkTicket(sibling, publicKey, ticket)).toBe(false);
  });

  it("does not admit cut short, lengthened, or as another kind", async () => {
    const ticket = await mintTicket(mesh, publicKey);
    for (let end = 0; end < ticket.length; end++)
      expect(checkTicket(mesh, publicKey, ticket.slice(0, end))).toBe(false);
    expect(checkTicket(mesh, publicKey, Uint8Array.of(...ticket, 0))).toBe(false);
    for (const kind of [ticket[0]! ^ 1, 2, 255]) {
      expect(checkTicket(mesh, publicKey, Uint8Array.of(kind, ...ticket.slice(1)))).toBe(false);
    }
  });

  it("checking takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (key, ticket) => {
        // One in 4096 made-up nonces is a proof of 12 bits: that is what work means.
        expect(typeof checkTicket(mesh, key, ticket)).toBe("boolean");
        if (key.length !== 32) expect(checkTicket(mesh, key, ticket)).toBe(false);
      }),
    );
  });

  it("is refused for what is no key", async () => {
    await expect(mintTicket(mesh, new Uint8Array(31))).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("is not minted once its signal is aborted", async () => {
    const reason = new Error("no longer wanted");
    await expect(mintTicket(mesh, publicKey, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("a proof of work", () => {
  it("needs every bit that it is asked for", async () => {
    for (let bits = 0; bits <= 10; bits++) {
      const ticket = await mintTicket(open(bits), publicKey);
      expect(checkTicket(open(bits), publicKey, ticket)).toBe(true);
    }
  });

  it("is found by others too: the work, not the nonce, is what counts", async () => {
    const mesh = open(8);
    const tickets = [await mintTicket(mesh, publicKey), await mintTicket(mesh, publicKey)];
    expect(tickets.every((ticket) => checkTicket(mesh, publicKey, ticket))).toBe(true);
    expect(tickets[0]).not.toEqual(tickets[1]);
  });

  it("lets the event loop turn while it is sought, and ends when its signal says so", async () => {
    const stop = new AbortController();
    const reason = new Error("the page goes away");
    const minting = mintTicket(open(30), publicKey, { signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    await expect(minting).rejects.toBe(reason);
  });

  it("is a hash that begins with so many zero bits", async () => {
    const mesh = open(11);
    const ticket = await mintTicket(mesh, publicKey);
    const claim = Buffer.concat([Buffer.from("grapevine work 1"), mesh.meshId, publicKey, ticket.subarray(1)]);
    expect(createHash("sha512").update(claim).digest().readUInt16BE() >> 5).toBe(0);
  });
});
