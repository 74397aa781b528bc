/** The way from a store into a peer that is about to start. */
import { hash } from "@grapevine/crypto";
import type { Effect, Peer, PeerId, Storage, Store, StoreEffect } from "@grapevine/protocol";
import { MeshError } from "./errors.ts";

/** What the store of one peer in one mesh is opened for. */
export interface StorageUse {
  readonly meshId: Uint8Array;
  readonly self: PeerId;
  readonly nowMs: () => number;
  readonly onWarning: (message: string, cause?: unknown) => void;
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
export async function restore(store: Store, peer: Peer, nowMs: () => number, signal?: AbortSignal): Promise<void> {
  for await (const restored of store.load()) {
    signal?.throwIfAborted();
    for (const effect of peer.handle({ kind: "restored", restored }, nowMs())) if (isKept(effect)) store.write(effect);
    await turn();
  }
}

/** A peer that has not started does nothing else. */
function isKept(effect: Effect): effect is StoreEffect {
  return effect.kind === "forget" || effect.kind === "withdraw";
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
