/**
 * DESIGN's invariant, over a whole peer: any order of the same rumors, proofs, revocations, tickets and verdicts of
 * validators ends in one state digest.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Harness, certificate, type TestNode } from "./harness.testing.ts";
import { Author, START_MS, TOPIC, idOf, sign } from "./rumors/rumors.testing.ts";
import { peerId, testHash } from "./room.testing.ts";
import type { Credential, Fork, Head, PeerId, Revocation, Rumor, Standing, Validation } from "./types.ts";
import { MEMBER, ROLE_ADMIN, ROLE_READER, ROLE_ROOT, ROLE_WRITER } from "./types.ts";
import { encodeFrame } from "./wire/whole-codec.ts";
import type { Frame } from "./wire/frames.ts";
import { HEAD_ID_BYTES, credentialBytes, revocationBytes } from "./wire/statements.ts";

const MESH_ID = new Uint8Array(32).fill(7);
const [ROOT, ANN, ABE] = [peerId(50), peerId(51), peerId(52)] as [PeerId, PeerId, PeerId];
const [INVITED_BY, MALLORY] = [peerId(60), peerId(61)] as [PeerId, PeerId];

const as = (role: number, ...keys: PeerId[]): Standing => ({ ...MEMBER, role, keys });

function ticketFor(peer: PeerId, standing: Standing): Credential {
  const ticket = certificate(standing);
  const boxKey = new Uint8Array(32).fill(9);
  const signature = sign(peer, credentialBytes(MESH_ID, peer, 1, boxKey, testHash(ticket)));
  return { peer, incarnation: 1, boxKey, ticket, signature };
}

function revocation(by: PeerId, standing: Standing, key: PeerId, timeMs: number, last: readonly Rumor[]): Revocation {
  const heads = last
    .map((rumor) => ({
      log: { author: rumor.header.author, incarnation: rumor.header.incarnation, topic: rumor.header.topic },
      seq: rumor.header.seq,
      idPrefix: idOf(rumor).slice(0, HEAD_ID_BYTES),
    }))
    .toSorted((a, b) => (a.log.author < b.log.author ? -1 : 1));
  const unsigned = { key, timeMs, heads, revoker: by, ticket: certificate(standing) };
  return { ...unsigned, signature: sign(by, revocationBytes(MESH_ID, unsigned, testHash)) };
}

const headOf = ({ header, body, signature }: Rumor): Head => ({ header, bodyHash: testHash(body), signature });

/** Everything that may reach a peer, as frames: its order is what is tried. */
function statements(): { readonly first: readonly Frame[]; readonly rest: readonly Frame[] } {
  const authors = [1, 2, 3, 4, 5, 6].map((number) => new Author(number));
  const [plain, cut, forked, invited, twice, admin] = authors as [Author, Author, Author, Author, Author, Author];
  for (const author of authors) author.writeMany(5);
  const again = forked.fork(forked.written[3]!);
  const early = cut.fork(cut.written[1]!);
  const fork: Fork = { a: headOf(forked.written[1]!), b: headOf(forked.fork(forked.written[1]!)) };

  const root = as(ROLE_ROOT);
  const [ann, abe] = [as(ROLE_ADMIN, ANN), as(ROLE_ADMIN, ABE)];
  const revocations = [
    // By two, at two heads; one of them names what its author did not write there for most.
    revocation(ROOT, root, cut.id, 10, [cut.written[2]!]),
    revocation(ANN, ann, cut.id, 5, [cut.written[3]!]),
    // Beyond and below a fork.
    revocation(ROOT, root, forked.id, 11, [again]),
    // Of an invitation: whoever came by it and by nothing else.
    revocation(ABE, abe, INVITED_BY, 12, [invited.written[1]!, twice.written[0]!]),
    // By an admin whom the root revokes: falls, whatever it says and whenever it says it was.
    revocation(ANN, ann, plain.id, 1, []),
    revocation(ROOT, root, ANN, 99, []),
    // Of an admin, by an admin; and by a key that may not.
    revocation(ABE, abe, admin.id, 13, []),
  ];
  const tickets = [
    ticketFor(twice.id, as(ROLE_WRITER, twice.id)),
    ticketFor(invited.id, as(ROLE_READER, invited.id)),
    ticketFor(admin.id, as(ROLE_ADMIN, admin.id)),
  ];
  const rumors = [...authors.flatMap(({ written }) => written), again, early];
  return {
    // Who has not shown a single ticket is parked; that is another test's matter.
    first: [
      {
        kind: "credentialsHave",
        credentials: authors.map((author) =>
          ticketFor(
            author.id,
            author === invited || author === twice
              ? as(ROLE_WRITER, INVITED_BY, author.id)
              : as(ROLE_WRITER, author.id),
          ),
        ),
      },
    ],
    rest: [
      ...rumors.map((rumor): Frame => ({ kind: "rumor", hops: 1, repair: false, rumor })),
      { kind: "evidence", evidence: { kind: "fork", ...fork } },
      ...revocations.map((one): Frame => ({ kind: "revocations", held: new Uint8Array(8), list: [one] })),
      ...tickets.map((credential): Frame => ({ kind: "credentialsHave", credentials: [credential] })),
    ],
  };
}

/** What an application would say, whoever asks and whenever. */
const verdict = ({ header }: Rumor): Validation =>
  header.seq === 4 && header.author === peerId(1) ? "reject" : "accept";

function fill(frames: readonly Frame[], validates: boolean): TestNode {
  const world = new Harness({ verdict });
  world.nowMs = START_MS + 1_000;
  const node = world.add(20, { standing: as(ROLE_WRITER, peerId(20)) });
  world.add(21, { standing: as(ROLE_WRITER, peerId(21)) });
  world.run(1_000);
  const { link } = node.peer.neighbors[0]!;
  world.command(node, { kind: "subscribe", topic: TOPIC });
  if (validates) world.command(node, { kind: "validate", topic: TOPIC, on: true });
  for (const frame of [...statements().first, ...frames]) {
    world.input(node, { kind: "received", link, channel: "control", bytes: encodeFrame(frame) });
  }
  expect(node.event("misbehavior")).toEqual([]);
  return node;
}

const digest = ({ peer }: TestNode): string =>
  `${peer.digest().join()} ${peer.rooms.revocations.fingerprint.join()} ${peer.evidence.length}`;

describe("any permutation of rumors, proofs, revocations, tickets and verdicts", () => {
  const { rest } = statements();

  it("ends in one state digest, that of what stands by all of them", () => {
    const inOrder = fill(rest, false);
    const standing = (number: number): number =>
      inOrder.peer.retained(TOPIC).filter(({ rumor }) => rumor.header.author === peerId(number)).length;
    // Plain; cut below a fork of its own by the root; forked at 2; by a revoked invitation; with two tickets; an admin.
    expect([1, 2, 3, 4, 5, 6].map(standing)).toEqual([5, 1, 1, 2, 5, 5]);
    expect(inOrder.peer.rooms.revocations.size).toBe(5);
    const expected = digest(inOrder);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...rest, ...rest.slice(-12)], { minLength: rest.length + 12 }),
        fc.boolean(),
        (frames, validates) => {
          expect(digest(fill(frames, validates))).toBe(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("ends in the same withdrawals: what a store is told to keep is what stands", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...rest], { minLength: rest.length }), (frames) => {
        const node = fill(frames, false);
        const kept = new Set<string>();
        for (const effect of node.kept) {
          if (effect.kind === "persist") kept.add(`${effect.rumor.header.author}/${effect.rumor.header.seq}`);
          if (effect.kind !== "withdraw") continue;
          for (let seq = effect.from; seq <= 5; seq++) kept.delete(`${effect.author}/${seq}`);
        }
        const stands = node.peer.retained(TOPIC).map(({ rumor: { header } }) => `${header.author}/${header.seq}`);
        expect([...kept].toSorted()).toEqual(stands.toSorted());
      }),
      { numRuns: 60 },
    );
  });

  it("takes nothing of a key that may not revoke", () => {
    const said = revocation(MALLORY, as(ROLE_WRITER, MALLORY), peerId(1), 1, []);
    const world = new Harness();
    const node = world.add(20, { standing: as(ROLE_WRITER) });
    world.add(21, { standing: as(ROLE_WRITER) });
    world.run(1_000);
    const { link } = node.peer.neighbors[0]!;
    const frame: Frame = { kind: "revocations", held: new Uint8Array(8), list: [said] };
    world.input(node, { kind: "received", link, channel: "control", bytes: encodeFrame(frame) });
    expect(node.peer.revocations).toEqual([]);
    expect(node.event("misbehavior").map(({ what }) => what)).toEqual(["a revocation that does not hold"]);
  });
});
