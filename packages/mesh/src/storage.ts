/** The way from a store into a peer that is about to start. */
import { hash, readTicket, type Keyring, type MeshKeys } from "@grapevine/crypto";
import {
  publicKeyOf,
  type Credential,
  type Effect,
  type Peer,
  type PeerId,
  type Restored,
  type Revocation,
  type Standing,
  type Storage,
  type Store,
  type StoreEffect,
} from "@grapevine/protocol";
import { MeshError } from "./errors.ts";

/** What the store of one peer in one mesh is opened for. */
export interface StorageUse {
  readonly meshId: Uint8Array;
  readonly self: PeerId;
  readonly nowMs: () => number;
  readonly onWarning: (message: string, cause?: unknown) => void;
}

/** What is needed to take in what a store has. */
export interface RestoreUse {
  readonly keys: MeshKeys;
  readonly keyring: Keyring;
  readonly nowMs: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with `store-failed`: who asked for history to be kept is told at once when it cannot be. */
export async function openStore(storage: Storage, use: StorageUse): Promise<Store> {
  try {
    return await storage.open({ ...use, hash });
  } catch (cause) {
    throw new MeshError("store-failed", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Keep the incarnation before anything is said under it. Rejects with `store-failed`. */
export async function saveIncarnation(store: Store, incarnation: number): Promise<void> {
  try {
    await store.saveIncarnation(incarnation);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MeshError("store-failed", `expected to write to the store, got ${why}`, { cause });
  }
}

/**
 * Hand a peer what its earlier runs kept, a part at a time, so that a page can draw in between. What has no place any
 * more is forgotten by the store too.
 */
export async function restore(store: Store, peer: Peer, { keys, keyring, nowMs, signal }: RestoreUse): Promise<void> {
  for await (const loaded of store.load()) {
    const kept = withKeys(loaded, keyring);
    const restored = keys.kind === "certificate" ? await withStandings(kept, keys) : kept;
    signal?.throwIfAborted();
    for (const effect of peer.handle({ kind: "restored", restored }, nowMs())) if (isKept(effect)) store.write(effect);
    await turn();
  }
}

/** Keys go into the ring; the core is told which are there. */
function withKeys(kept: Restored, keyring: Keyring): Restored {
  const ids = (kept.keys ?? []).map(({ sealed }) => (sealed === undefined ? undefined : keyring.unwrap(sealed)));
  return { ...kept, keys: ids.filter((id) => id !== undefined).map((keyId) => ({ keyId })) };
}

/** Roles are not kept but read from the tickets, so that nothing on a disk makes a writer of a reader. */
async function withStandings(kept: Restored, keys: MeshKeys): Promise<Restored> {
  const credentials: Credential[] = [];
  const standings: Standing[] = [];
  for (const credential of kept.credentials) {
    const standing = await readTicket(keys, publicKeyOf(credential.peer), credential.ticket);
    if (standing === undefined) continue;
    credentials.push(credential);
    standings.push(standing);
  }
  const revocations: Revocation[] = [];
  const revokers: Standing[] = [];
  for (const revocation of kept.revocations ?? []) {
    const revoker = await readTicket(keys, publicKeyOf(revocation.revoker), revocation.ticket);
    if (revoker === undefined) continue;
    revocations.push(revocation);
    revokers.push(revoker);
  }
  return { ...kept, credentials, standings, revocations, revokers };
}

/** A peer that has not started does nothing else. */
function isKept(effect: Effect): effect is StoreEffect {
  return effect.kind === "forget" || effect.kind === "forgetEntry" || effect.kind === "withdraw";
}

/** Let others have the thread. A message, for timers are slow in hidden tabs. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
