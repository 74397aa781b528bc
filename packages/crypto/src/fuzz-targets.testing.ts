/** What `npm run fuzz` throws bytes at, in this package: tickets, certificates, invitations, tokens, what is sealed. */
import { CryptoError } from "./error.ts";
import {
  decodeChain,
  encodeChain,
  LINK_INVITATION,
  LINK_PEER,
  type SignedLink,
  standingOf,
} from "./admission/certificate.ts";
import { decodeInvite, parseInvite } from "./admission/invite.ts";
import { deriveMesh } from "./admission/mesh-keys.ts";
import { checkTicket } from "./admission/ticket.ts";
import { parseSecret } from "./admission/secret.ts";
import { openTopic, sealTopic } from "./sealing/topic-seal.ts";
import { isCanonical } from "./signatures/canonical.ts";

interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  readonly run: (bytes: Uint8Array) => number | void;
}

const KEY = new Uint8Array(32).fill(7);
const text = new TextEncoder();
const link: SignedLink = {
  kind: LINK_PEER,
  subject: KEY,
  role: 1,
  mayInvite: false,
  expiryMs: 1_700_000_000_000,
  name: "a phone",
  signature: new Uint8Array(64),
};
const open = deriveMesh({ name: "fuzz", admission: { kind: "open" } });
const secret = deriveMesh({ name: "fuzz", admission: { kind: "secret", secret: KEY } });

/** An application's mistake is told by a `CryptoError`, and by nothing else. */
function refusing(parse: (given: string) => unknown): (bytes: Uint8Array) => void {
  return (bytes) => {
    try {
      parse(String.fromCharCode(...bytes.subarray(0, 4_000)));
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
    }
  };
}

function sized(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(bytes.length >> 8, bytes.length & 0xff, ...bytes);
}

const chains = (): Uint8Array[] => [
  encodeChain([link]),
  encodeChain([{ ...link, kind: LINK_INVITATION }, link]),
  encodeChain([]),
];

export const targets: readonly FuzzTarget[] = [
  {
    name: "certificate",
    share: 0.06,
    seeds: chains,
    run: (bytes) => {
      const links = decodeChain(bytes);
      if (links === undefined) return;
      standingOf(KEY, KEY, links);
      if (encodeChain(links).join() !== bytes.join()) throw new Error("expected a canonical chain, got another");
    },
  },
  {
    name: "ticket",
    share: 0.02,
    seeds: () => [Uint8Array.of(0, ...new Uint8Array(8)), Uint8Array.of(1, ...new Uint8Array(32))],
    run: (bytes) => {
      checkTicket(open, KEY, bytes);
      if (checkTicket(secret, KEY, bytes)) throw new Error("expected nobody to guess a ticket, got one that holds");
    },
  },
  {
    name: "invitation",
    share: 0.04,
    seeds: () =>
      chains().map((chain) => {
        const parts = [text.encode("mesh"), KEY, KEY, KEY, chain, text.encode("wss://seed.example")];
        return Uint8Array.of(1, ...parts.flatMap((part) => [...sized(part)]));
      }),
    run: (bytes) => void decodeInvite(bytes),
  },
  {
    name: "invitation-text",
    share: 0.02,
    seeds: () => [text.encode("https://host/#grapevine_invite_AAAA"), text.encode("grapevine_invite_")],
    run: refusing(parseInvite),
  },
  {
    name: "secret-text",
    share: 0.01,
    seeds: () => [text.encode("grapevine_secret_AAAA"), text.encode("")],
    run: refusing(parseSecret),
  },
  {
    name: "sealed",
    share: 0.002,
    seeds: () => [sealTopic(KEY, new Uint8Array(20))],
    run: (bytes) => void openTopic(KEY, bytes),
  },
  {
    name: "signature",
    share: 0.03,
    seeds: () => [new Uint8Array(96), new Uint8Array(96).fill(255)],
    run: (bytes) => void isCanonical(bytes.subarray(0, 32), bytes.subarray(32)),
  },
];
