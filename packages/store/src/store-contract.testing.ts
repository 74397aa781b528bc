/**
 * What every store owes its peer, as cases that run anywhere: under vitest over memory and LevelDB, and in a real tab
 * over IndexedDB. A case throws when a promise is broken.
 */
import type { Evidence, Fork, KeptRumor, PeerId, Restored, Storage, Store } from "@grapevine/protocol";
import { MESH_ID, NOW_MS, credential, logOf, peer, testHash, written } from "./written.testing.ts";

export interface StoreCase {
  readonly name: string;
  /** `make` makes another storage over one and the same place each time. */
  run(make: (bytesMax?: number) => Storage): Promise<void>;
}

interface Opened {
  readonly store: Store;
  readonly warnings: string[];
}

export async function open(storage: Storage, self: PeerId = peer(1), nowMs = NOW_MS): Promise<Opened> {
  const warnings: string[] = [];
  const store = await storage.open({
    meshId: MESH_ID,
    self,
    hash: testHash,
    nowMs: () => nowMs,
    onWarning: (message) => void warnings.push(message),
  });
  return { store, warnings };
}

export async function loadAll(store: Store): Promise<Restored> {
  const all = { credentials: [], rumors: [], entries: [], forks: [], evidence: [] } as {
    credentials: Restored["credentials"][number][];
    rumors: KeptRumor[];
    entries: KeptRumor[];
    forks: Fork[];
    evidence: Evidence[];
  };
  for await (const part of store.load()) {
    all.credentials.push(...part.credentials);
    all.rumors.push(...part.rumors);
    all.entries.push(...(part.entries ?? []));
    all.forks.push(...part.forks);
    all.evidence.push(...part.evidence);
  }
  return all;
}

export function persist(store: Store, ...rumors: readonly KeptRumor[]): void {
  for (const rumor of rumors) store.write({ kind: "persist", ...rumor });
}

/** What a store opened anew has: authors' first letters do not matter, numbers do. */
async function keptSeqs(storage: Storage, author: number, self?: PeerId): Promise<number[]> {
  const { store } = await open(storage, self);
  const { rumors } = await loadAll(store);
  await store.close();
  return rumors.filter(({ rumor }) => rumor.header.author === peer(author)).map(({ rumor }) => rumor.header.seq);
}

function same(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value, plain));
  if (a !== b) throw new Error(`${what}: expected ${b?.slice(0, 300)}, got ${a?.slice(0, 300)}`);
}

/** Bytes as text, and the properties of an object in one order. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value).join(" ");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const series = (author: number, from: number, to: number, options = {}): KeptRumor[] =>
  Array.from({ length: to - from + 1 }, (_, i) => written(author, from + i, options));

export const storeCases: readonly StoreCase[] = [
  {
    name: "gives back what was persisted, byte for byte, in the order of each log",
    async run(make) {
      const { store } = await open(make());
      const rumors = [...series(2, 1, 3), ...series(3, 1, 600, { bodyBytes: 700 })];
      persist(store, ...rumors.toReversed());
      store.write({ kind: "persistCredential", credential: credential(2) });
      await store.settled();
      await store.close();
      const again = await open(make());
      const restored = await loadAll(again.store);
      const sorted = (list: readonly KeptRumor[]): readonly KeptRumor[] =>
        list.toSorted((a, b) =>
          a.rumor.header.author < b.rumor.header.author ? -1 : a.rumor.header.author === b.rumor.header.author ? 0 : 1,
        );
      same(restored.rumors, sorted(rumors), "rumors");
      same(restored.credentials, [credential(2)], "credentials");
      same(again.warnings, [], "warnings");
      same(again.store.stats().rumors, 603, "count");
      await again.store.close();
    },
  },
  {
    name: "keeps entries of maps until they are forgotten, each by its write, also those that have ended",
    async run(make) {
      const { store } = await open(make());
      const kept = series(2, 1, 4, { expiryMs: NOW_MS - 5, timeMs: NOW_MS - 10 });
      for (const one of kept) store.write({ kind: "persistEntry", ...one });
      store.write({ kind: "forgetEntry", rumor: kept[1]!.rumor });
      await store.close();
      const again = await open(make());
      const { entries, rumors } = await loadAll(again.store);
      same(entries, [kept[0], kept[2], kept[3]], "entries");
      same([rumors.length, again.warnings.length], [0, 0], "nothing else");
      await again.store.close();
    },
  },
  {
    name: "forgets a prefix and withdraws the end of a log",
    async run(make) {
      const { store } = await open(make());
      persist(store, ...series(2, 1, 9), written(2, 10, { low: 4 }));
      store.write({ kind: "forget", ...logOf(2), below: 4 });
      store.write({ kind: "withdraw", ...logOf(2), from: 9 });
      await store.close();
      same(await keptSeqs(make(), 2), [4, 5, 6, 7, 8], "kept");
    },
  },
  {
    name: "forgets what only memory had no room for, unless another peer here wrote it",
    async run(make) {
      const other = await open(make(), peer(2));
      await other.store.saveIncarnation(5);
      const { store } = await open(make());
      persist(store, ...series(2, 1, 3), ...series(3, 1, 3));
      store.write({ kind: "forget", ...logOf(2), below: 3 });
      store.write({ kind: "forget", ...logOf(3), below: 3 });
      // The owners are looked up in between.
      for (let i = 0; store.stats().rumors > 4; i++) {
        if (i > 1_000) throw new Error(`expected 4 rumors, got ${store.stats().rumors}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await store.close();
      await other.store.close();
      same([await keptSeqs(make(), 2), await keptSeqs(make(), 3)], [[1, 2, 3], [3]], "kept");
    },
  },
  {
    name: "keeps forks and evidence, and forgets a fork with its slot",
    async run(make) {
      const { store } = await open(make());
      const fork = (seq: number): Fork => {
        const { header, signature } = written(2, seq).rumor;
        return { a: { header, bodyHash: MESH_ID, signature }, b: { header, bodyHash: testHash(MESH_ID), signature } };
      };
      const evidence: Evidence = {
        kind: "transfer",
        owner: peer(4),
        index: 0,
        digest: MESH_ID,
        a: { to: peer(5), signature: new Uint8Array(64) },
        b: { to: peer(6), signature: new Uint8Array(64) },
      };
      for (const seq of [3, 7]) store.write({ kind: "persistFork", fork: fork(seq) });
      store.write({ kind: "persistEvidence", evidence });
      await store.close();
      const again = await open(make());
      const restored = await loadAll(again.store);
      same(restored.forks, [fork(3), fork(7)], "forks");
      same(restored.evidence, [evidence], "evidence");
      persist(again.store, written(2, 9, { low: 5 }));
      again.store.write({ kind: "forget", ...logOf(2), below: 5 });
      await again.store.close();
      const last = await open(make());
      same((await loadAll(last.store)).forks, [fork(7)], "forks left");
      await last.store.close();
    },
  },
  {
    name: "remembers each peer's incarnation, slot and neighbors, the greatest of each",
    async run(make) {
      const { store } = await open(make());
      same(store.facts, { lastIncarnation: 0, lastMintSlot: -1, peers: [] }, "fresh facts");
      await store.saveIncarnation(1000);
      await store.saveIncarnation(900);
      for (const slot of [5, 8, 7]) store.write({ kind: "persistSlot", slot });
      const peers = [peer(3), peer(4)];
      store.remember(peers);
      await store.close();
      const again = await open(make());
      same(again.store.facts, { lastIncarnation: 1000, lastMintSlot: 8, peers }, "facts");
      await again.store.close();
      const other = await open(make(), peer(2));
      same(other.store.facts, { lastIncarnation: 0, lastMintSlot: -1, peers: [] }, "another's facts");
      await other.store.close();
    },
  },
  {
    name: "remembers where a rumor stood, for the peer that delivered it, and no longer than the rumor",
    async run(make) {
      const { store } = await open(make());
      const [first, second] = [written(2, 1), written(2, 2)];
      persist(store, first, second);
      for (const seq of [1, 2]) store.place(logOf(2), seq, { incarnation: 77, position: 10 + seq });
      store.place(logOf(9), 1, { incarnation: 77, position: 1 });
      store.write({ kind: "withdraw", ...logOf(2), from: 2 });
      await store.close();
      const again = await open(make());
      await loadAll(again.store);
      same(again.store.placeOf(first.rumor), { incarnation: 77, position: 11 }, "place");
      same(
        [second.rumor, written(9, 1).rumor].map((rumor) => again.store.placeOf(rumor) ?? 0),
        [0, 0],
        "no place",
      );
      await again.store.close();
      const other = await open(make(), peer(2));
      await loadAll(other.store);
      same(other.store.placeOf(first.rumor) ?? 0, 0, "another's place");
      await other.store.close();
    },
  },
  {
    name: "does not load what has expired",
    async run(make) {
      const { store } = await open(make());
      persist(store, written(2, 1, { expiryMs: NOW_MS + 5 }), written(2, 2, { expiryMs: NOW_MS + 50 }));
      await store.close();
      const later = await open(make(), peer(1), NOW_MS + 10);
      same((await loadAll(later.store)).rumors.length, 1, "loaded");
      await later.store.close();
      same(await keptSeqs(make(), 2), [2], "kept");
    },
  },
  {
    name: "keeps within its quota: the oldest goes first, the own last",
    async run(make) {
      const small = 1_048_576;
      const { store } = await open(make(small));
      await store.saveIncarnation(1);
      persist(store, ...series(1, 1, 4, { bodyBytes: 100_000, timeMs: NOW_MS - 99 }));
      persist(store, ...series(2, 1, 12, { bodyBytes: 100_000 }));
      await store.settled();
      await store.close();
      const [own, others] = [await keptSeqs(make(small), 1), await keptSeqs(make(small), 2)];
      same(own, [1, 2, 3, 4], "own");
      if (others.length > 6 || others.at(-1) !== 12)
        throw new Error(`expected the newest few, got ${others.join(" ")}`);
    },
  },
  {
    name: "serves two peers at once: what one keeps the other finds",
    async run(make) {
      const [a, b] = [await open(make(), peer(1)), await open(make(), peer(2))];
      persist(a.store, ...series(1, 1, 5), ...series(3, 1, 5));
      persist(b.store, ...series(2, 1, 5), ...series(3, 1, 5));
      await Promise.all([a.store.settled(), b.store.settled()]);
      await a.store.close();
      persist(b.store, written(2, 6));
      await b.store.close();
      const { store } = await open(make(), peer(4));
      same((await loadAll(store)).rumors.length, 16, "loaded");
      await store.close();
    },
  },
  {
    name: "writes nothing once it is closed, and closes once",
    async run(make) {
      const { store } = await open(make());
      persist(store, written(2, 1));
      await store.close();
      await store.close();
      persist(store, written(2, 2));
      await store.settled();
      same(await keptSeqs(make(), 2), [1], "kept");
    },
  },
];
