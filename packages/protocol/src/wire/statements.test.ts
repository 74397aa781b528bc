import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hash } from "../types.ts";
import { bytesOf, descriptor, header, peer, revocation } from "./arbitraries.testing.ts";
import type { Transcript } from "./statements.ts";
import {
  credentialBytes,
  departureBytes,
  descriptorBytes,
  handshakeBytes,
  headerBytes,
  revocationBytes,
  rumorBytes,
  rumorId,
  rumorIdsOf,
  transferBytes,
} from "./statements.ts";

const hash: Hash = (bytes) => new Uint8Array(createHash("sha512").update(bytes).digest().subarray(0, 32));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const key = bytesOf(32);
const incarnation = fc.nat();

test("ids of one log's rumors are the same one by one and together, whatever their kinds", () => {
  fc.assert(
    fc.property(
      key,
      header,
      fc.array(header, { minLength: 1 }),
      key,
      (meshId, { author, incarnation, topic }, list, body) => {
        const idOf = rumorIdsOf(hash, meshId);
        for (const one of list) {
          const inLog = { ...one, version: list[0]!.version, author, incarnation, topic };
          expect(hex(idOf(inLog, body))).toBe(hex(rumorId(hash, meshId, inLog, body)));
        }
      },
    ),
  );
});
const transcript: fc.Arbitrary<Transcript> = fc.record(
  {
    meshId: key,
    version: fc.nat(0xffff),
    capabilities: fc.nat(0xffff_ffff),
    lowId: peer,
    highId: peer,
    lowNonce: key,
    highNonce: key,
    lowFingerprint: key,
    highFingerprint: key,
    lowCredentialHash: key,
    highCredentialHash: key,
    signerIsLow: fc.boolean(),
  },
  { noNullPrototype: true },
);

/** Every statement about arbitrary things, in one mesh. */
function statements(meshId: Uint8Array): fc.Arbitrary<readonly Uint8Array[]> {
  return fc
    .tuple(header, descriptor, transcript, peer, incarnation, key, key, revocation)
    .map(([header, descriptor, transcript, peer, incarnation, a, b, revocation]) => [
      headerBytes(meshId, header),
      rumorBytes(rumorId(hash, meshId, header, a)),
      credentialBytes(meshId, peer, incarnation, a, b),
      departureBytes(meshId, peer, incarnation),
      descriptorBytes(meshId, descriptor, hash),
      transferBytes(meshId, descriptor, peer, hash),
      handshakeBytes({ ...transcript, meshId }),
      revocationBytes(meshId, revocation, hash),
    ]);
}

const MESH = new Uint8Array(32).fill(1);
const OTHER_MESH = new Uint8Array(32).fill(2);

describe("a statement", () => {
  test("begins with its domain, and none of another kind does", () => {
    fc.assert(
      fc.property(statements(MESH), (all) => {
        const domains = all.map((bytes) => Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString());
        expect(domains).toEqual([
          "grapevine header 1",
          "grapevine rumor 1",
          "grapevine credential 1",
          "grapevine departure 1",
          "grapevine descriptor 1",
          "grapevine transfer 1",
          "grapevine handshake 1",
          "grapevine revocation 1",
        ]);
      }),
      { numRuns: 30 },
    );
  });

  test("made in one mesh is none in another", () => {
    fc.assert(
      fc.property(header, descriptor, transcript, peer, key, revocation, (...given) => {
        const [header, descriptor, transcript, peer, key, revocation] = given;
        const make = (meshId: Uint8Array): string[] =>
          [
            headerBytes(meshId, header),
            rumorBytes(rumorId(hash, meshId, header, key)),
            credentialBytes(meshId, peer, 1, key, key),
            departureBytes(meshId, peer, 1),
            descriptorBytes(meshId, descriptor, hash),
            transferBytes(meshId, descriptor, peer, hash),
            handshakeBytes({ ...transcript, meshId }),
            revocationBytes(meshId, revocation, hash),
          ].map(hex);
        const [here, there] = [make(MESH), make(OTHER_MESH)];
        for (const [i, statement] of here.entries()) expect(there[i]).not.toBe(statement);
      }),
      { numRuns: 30 },
    );
  });

  test("asserts the lengths of what is in it", () => {
    expect(() => departureBytes(new Uint8Array(31), "1".repeat(32), 1)).toThrow("expected 32 bytes, got 31");
    expect(() => credentialBytes(MESH, "1".repeat(32), 1, new Uint8Array(32), new Uint8Array(64))).toThrow(RangeError);
  });
});

describe("a rumor's id", () => {
  test("is the hash of its header and its body's hash", () => {
    fc.assert(
      fc.property(header, key, (header, bodyHash) => {
        const expected = hash(Uint8Array.of(...headerBytes(MESH, header), ...bodyHash));
        expect(hex(rumorId(hash, MESH, header, bodyHash))).toBe(hex(expected));
      }),
      { numRuns: 30 },
    );
  });

  test("changes with every field of the header", () => {
    fc.assert(
      fc.property(header, header, key, (a, b, bodyHash) => {
        for (const field of Object.keys(a) as (keyof typeof a)[]) {
          const altered = { ...a, [field]: b[field] };
          const same = hex(headerBytes(MESH, altered)) === hex(headerBytes(MESH, a));
          expect(same).toBe(JSON.stringify(altered[field]) === JSON.stringify(a[field]));
          const id = hex(rumorId(hash, MESH, altered, bodyHash));
          expect(id === hex(rumorId(hash, MESH, a, bodyHash))).toBe(same);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("a transfer", () => {
  const minted = descriptor.map((descriptor) => Object.assign(descriptor, { hops: [] }));
  const hops = fc
    .array(peer, { minLength: 1, maxLength: 4 })
    .map((peers) => peers.map((to) => ({ to, signature: new Uint8Array(64) })));

  test("commits to the descriptor, to each owner before it, and to the next", () => {
    fc.assert(
      fc.property(minted, hops, peer, peer, (descriptor, hops, to, other) => {
        const statement = hex(transferBytes(MESH, { ...descriptor, hops }, to, hash));
        const differs = (altered: string): void => expect(altered).not.toBe(statement);
        differs(hex(transferBytes(MESH, { ...descriptor, slot: descriptor.slot === 0 ? 1 : 0, hops }, to, hash)));
        differs(hex(transferBytes(MESH, { ...descriptor, hops: hops.slice(1) }, to, hash)));
        if (other !== to) differs(hex(transferBytes(MESH, { ...descriptor, hops }, other, hash)));
        for (const [i, hop] of hops.entries()) {
          if (hop.to === other) continue;
          const altered = hops.with(i, { ...hop, to: other });
          differs(hex(transferBytes(MESH, { ...descriptor, hops: altered }, to, hash)));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("does not depend on signatures, which may be made anew", () => {
    fc.assert(
      fc.property(minted, hops, peer, (descriptor, hops, to) => {
        const resigned = hops.map((hop) => ({ ...hop, signature: new Uint8Array(64).fill(1) }));
        expect(transferBytes(MESH, { ...descriptor, hops: resigned }, to, hash)).toEqual(
          transferBytes(MESH, { ...descriptor, hops }, to, hash),
        );
      }),
      { numRuns: 30 },
    );
  });
});

test("a handshake changes with every part of the exchange, and with the side that signs", () => {
  fc.assert(
    fc.property(transcript, transcript, (a, b) => {
      for (const field of Object.keys(a) as (keyof Transcript)[]) {
        const altered = { ...a, [field]: b[field] };
        const same = hex(handshakeBytes(altered)) === hex(handshakeBytes(a));
        expect(same).toBe(JSON.stringify(altered[field]) === JSON.stringify(a[field]));
      }
    }),
    { numRuns: 50 },
  );
});
