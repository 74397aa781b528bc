/**
 * Rumors of an application, made as it makes them: each author is a mesh of its own without any link, whose store here is
 * a list. A peer that opens `storageOf` one begins with all of them, as after a restart.
 */
import { createVault, createBoxKeyPair, deriveMesh, hash, mintTicket, type Identity } from "@grapevine/crypto";
import { createIdentity, join } from "@grapevine/mesh";
import {
  credentialBytes,
  type Credential,
  type KeptRumor,
  type Storage,
  type Store,
  type StoreEffect,
} from "@grapevine/protocol";

export const MESH = "bench-late";
/** A secret spares the proof of work of an open mesh. */
export const SECRET: Uint8Array = new Uint8Array(32).fill(42);
export const TOPIC = "late";

export interface History {
  readonly credentials: readonly Credential[];
  readonly rumors: readonly KeptRumor[];
}

const PART = 2_000;
/** A sealed batch of one message of so many bytes: seal, batch, length and type take the rest of `bodyBytes`. */
const OVERHEAD_BYTES = 48;

/** `count` rumors with bodies of `bodyBytes`, by `authors` in equal shares. */
export async function writeHistory(count: number, authors: number, bodyBytes: number): Promise<History> {
  const credentials: Credential[] = [];
  const rumors: KeptRumor[] = [];
  for (let author = 0; author < authors; author++) {
    const identity = createIdentity();
    const incarnation: number[] = [];
    const storage = storageOf({ credentials: [], rumors: [] }, (effect) => {
      if (effect.kind === "persist") rumors.push({ rumor: effect.rumor, id: effect.id, hops: 1 });
    });
    const mesh = await join({ mesh: MESH, secret: SECRET, seeds: [], identity, storage: storage(incarnation) });
    const topic = mesh.topic<Uint8Array>(TOPIC, { retention: { countMax: 65_536, bytesMax: 134_217_728, ageMs: 0 } });
    const share = Math.floor(count / authors) + (author < count % authors ? 1 : 0);
    const data = new Uint8Array(bodyBytes - OVERHEAD_BYTES);
    // Awaited one by one: each is a rumor of its own.
    for (let i = 0; i < share; i++) {
      new DataView(data.buffer).setUint32(0, i);
      await topic.publish(data);
    }
    await mesh.leave();
    credentials.push(await credentialOf(identity, incarnation[0]!));
  }
  return { credentials, rumors };
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

async function credentialOf(identity: Identity, incarnation: number): Promise<Credential> {
  const keys = deriveMesh({ name: MESH, admission: { kind: "secret", secret: SECRET } });
  const box = createBoxKeyPair();
  const ticket = await mintTicket(keys, identity.publicKey);
  const bytes = credentialBytes(keys.meshId, identity.peerId, incarnation, box.publicKey, hash(ticket));
  const signature = await createVault({ identity, box, mesh: keys }).sign(bytes);
  return { peer: identity.peerId, incarnation, boxKey: box.publicKey, ticket, signature };
}
