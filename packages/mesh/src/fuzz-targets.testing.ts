/** What `npm run fuzz` throws bytes at, in this package: batches, pieces of messages, messages to one peer, entries of maps. */
import { deriveMesh } from "@grapevine/crypto";
import { peerIdOf } from "@grapevine/protocol";
import { encodeData } from "./data.ts";
import { DirectMessages } from "./direct.ts";
import { MapEntries } from "./map-entries.ts";
import { decodeBatch, decodeFragment, encodeBatch, encodeFragment } from "./batch.ts";

interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  readonly run: (bytes: Uint8Array) => number | void;
}

const value = Uint8Array.of(1, 2, 3);
const from = peerIdOf(new Uint8Array(32).fill(9));
const keys = deriveMesh({ name: "fuzz", admission: { kind: "open" } });
const entries = new MapEntries(keys, "map", { access: "public" } as never, undefined);

export const targets: readonly FuzzTarget[] = [
  {
    name: "batch",
    share: 0.04,
    seeds: () => [
      encodeBatch([{ value, ageMs: 0 }]),
      encodeBatch([
        { value, ageMs: 7 },
        { value, ageMs: 0 },
      ]),
    ],
    run: (bytes) => {
      const items = decodeBatch(bytes);
      if (items !== undefined && encodeBatch(items).join() !== bytes.join()) {
        throw new Error("expected a canonical batch, got another");
      }
    },
  },
  {
    name: "fragment",
    share: 0.02,
    seeds: () => [encodeFragment({ piece: value, offset: 0, bytesTotal: 3, ageMs: 0 })],
    run: (bytes) => {
      const fragment = decodeFragment(bytes);
      if (fragment !== undefined && encodeFragment(fragment).join() !== bytes.join()) {
        throw new Error("expected a canonical piece, got another");
      }
    },
  },
  {
    name: "direct",
    share: 0.03,
    seeds: () => [
      encodeData([0, encodeData("hello")]),
      encodeData([1, 7, "sum", encodeData([1, 2])]),
      encodeData([2, 7, encodeData(null)]),
      encodeData([3, 7, "no-responder", "none"]),
      encodeData([4, 7]),
    ],
    run: (bytes) => {
      let heard = 0;
      const direct = new DirectMessages({
        isSelf: () => false,
        send: () => Promise.resolve(),
        random: () => 7,
        onMessage: () => heard++,
        onResponderFailed: () => {},
      });
      direct.onDirect(from, bytes);
      if (heard > 1 || heard + direct.undecodable > 1) throw new Error("expected one message of one, got more");
    },
  },
  {
    name: "map-entry",
    share: 0.02,
    seeds: () => [entries.encode(["key", { a: 1 }]), entries.encode(["key"])],
    run: (bytes) => {
      const header = { keyId: new Uint8Array(8) };
      const opened = entries.open({ header, body: bytes } as never, entries.tagOf("key"));
      if (typeof opened === "object" && opened.key !== "key") throw new Error("expected no key under another's tag");
    },
  },
];
