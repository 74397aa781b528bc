/**
 * A history as an application's rumors are: signed, chained, sealed for their topic. They are put together here, a day old,
 * because publishing them one by one takes longer than all that is measured, and what is young is not believed by segments.
 * A peer that opens `storageOf` one begins with all of them, as after a restart.
 */
import {
  createVault,
  createBoxKeyPair,
  createIdentity,
  deriveMesh,
  hash,
  keyId,
  mintTicket,
  sealTopic,
} from "@grapevine/crypto";
import {
  credentialBytes,
  encodeValue,
  rumorBytes,
  rumorId,
  Writer,
  RUMOR_KIND_LOG,
  RUMOR_VERSION,
  type Credential,
  type Header,
  type KeptRumor,
  type Storage,
  type Store,
  type StoreEffect,
} from "@grapevine/protocol";
import { MESH, SECRET, TOPIC } from "./names.ts";

export interface History {
  readonly credentials: readonly Credential[];
  readonly rumors: readonly KeptRumor[];
}

const PART = 2_000;
/** A sealed batch of one message of so many bytes: seal, batch, length and type take the rest of `bodyBytes`. */
const OVERHEAD_BYTES = 48;

const AGE_MS = 86_400_000;

/** `count` rumors with bodies of `bodyBytes`, by `authors` in equal shares. */
export async function writeHistory(count: number, authors: number, bodyBytes: number): Promise<History> {
  const credentials: Credential[] = [];
  const rumors: KeptRumor[] = [];
  const keys = deriveMesh({ name: MESH, admission: { kind: "secret", secret: SECRET } });
  const key = keys.topicKey(TOPIC);
  const startMs = Date.now() - AGE_MS;
  for (let author = 0; author < authors; author++) {
    const identity = createIdentity();
    const box = createBoxKeyPair();
    const ticket = await mintTicket(keys, identity.publicKey);
    const vault = createVault({ identity, box, mesh: keys });
    const signed = credentialBytes(keys.meshId, identity.peerId, startMs, box.publicKey, hash(ticket));
    const signature = await vault.sign(signed);
    credentials.push({ peer: identity.peerId, incarnation: startMs, boxKey: box.publicKey, ticket, signature });
    const share = Math.floor(count / authors) + (author < count % authors ? 1 : 0);
    let prev = new Uint8Array(32);
    for (let i = 0; i < share; i++) {
      const header: Header = {
        version: RUMOR_VERSION,
        author: identity.peerId,
        incarnation: startMs,
        topic: keys.topicTag(TOPIC),
        seq: i + 1,
        low: 1,
        prev,
        timeMs: startMs + i,
        counter: 0,
        expiryMs: 0,
        keyId: keyId(key),
        kind: RUMOR_KIND_LOG,
      };
      const body = sealTopic(key, batchOf(i, bodyBytes - OVERHEAD_BYTES));
      const id = rumorId(hash, keys.meshId, header, hash(body));
      rumors.push({ rumor: { header, body, signature: await vault.sign(rumorBytes(id)) }, id, hops: 1 });
      prev = id as Uint8Array<ArrayBuffer>;
    }
  }
  return { credentials, rumors };
}

/** A batch of one message, which is its number and so many bytes in all; see `mesh/src/batch.ts`. */
function batchOf(number: number, bytes: number): Uint8Array {
  const data = new Uint8Array(bytes);
  new DataView(data.buffer).setUint32(0, number);
  const batch = new Writer();
  batch.u8(1);
  batch.varint(1);
  batch.varint(0);
  batch.bytes(encodeValue(data));
  return batch.finish();
}

/** A place where all is there at once, and of what is written nothing is kept. */
export function storageOf(
  history: History,
  onWrite: (effect: StoreEffect) => void = () => {},
): (incarnations?: number[]) => Storage {
  return (incarnations = []) => ({
    open: () => {
      const store: Store = {
        facts: { lastIncarnation: 0, lastMintSlot: -1, peers: [] },
        async *load() {
          await Promise.resolve();
          const nothing = { forks: [], evidence: [] };
          yield { ...nothing, credentials: history.credentials, rumors: [] };
          for (let at = 0; at < history.rumors.length; at += PART)
            yield { ...nothing, credentials: [], rumors: history.rumors.slice(at, at + PART) };
        },
        placeOf: () => undefined,
        write: onWrite,
        place: () => {},
        settled: () => Promise.resolve(),
        saveIncarnation: (incarnation) => {
          incarnations.push(incarnation);
          return Promise.resolve();
        },
        remember: () => {},
        stats: () => ({ rumors: 0, bytes: 0, waiting: 0, commits: 0, damaged: 0, evicted: 0, writing: true }),
        close: () => Promise.resolve(),
      };
      return Promise.resolve(store);
    },
  });
}
