/**
 * Keeps a tab's identity over a reload: in sessionStorage, which lives as long as the tab does. A browser copies it when
 * a tab is duplicated, opened by another or restored, so the key counts only while this tab alone holds it (see
 * tab-guard.ts); a copy whose original is running gets a new key, and keeps that.
 */
import { CryptoError } from "../error.ts";
import type { IdentityRecord, RecordCodec } from "./record.ts";
import type { IdentityStore } from "./store.ts";
import type { TabGuard } from "./tab-guard.ts";

/** What of `Storage` is used. */
export type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface TabStoreOptions {
  readonly storage: TabStorage;
  readonly guard: TabGuard;
  readonly name: string;
  readonly onWarning: (message: string) => void;
}

/** Entries that a peer of this very page holds: a second peer of the page lives in memory beside it. */
const held = new WeakMap<TabStorage, Set<string>>();

export function tabStore({ storage, guard, name, onWarning }: TabStoreOptions): IdentityStore {
  const entry = `grapevine identity ${name}`;
  let mine = false;
  let unlock: (() => Promise<void>) | undefined;

  const read = (codec: RecordCodec): IdentityRecord | undefined => {
    const text = storage.getItem(entry);
    if (text === null) return undefined;
    try {
      return codec.parse(text);
    } catch (error) {
      onWarning(`the identity kept for this tab was set aside, a new one is made: ${String(error)}`);
      keepText(`${entry} (set aside)`, text);
      return undefined;
    }
  };
  /** False when the tab may not keep it. Then no older state of the key must stay behind to be used again. */
  const keepText = (key: string, text: string): boolean => {
    try {
      storage.setItem(key, text);
      return true;
    } catch {
      storage.removeItem(key);
      return false;
    }
  };
  const lock = async (record: IdentityRecord): Promise<boolean> => {
    unlock = await guard.hold(`grapevine identity ${record.identity.peerId}`);
    return unlock !== undefined;
  };

  return {
    async claim(codec, fresh) {
      const names = held.get(storage) ?? new Set();
      held.set(storage, names);
      if (names.has(entry)) return fresh();
      names.add(entry);
      mine = true;
      const kept = read(codec);
      if (kept !== undefined && (await lock(kept))) return kept;
      const record = await fresh();
      // A key that no tab can be told to leave alone must not wait in storage for a copy of this tab.
      if (!(await lock(record))) {
        storage.removeItem(entry);
        names.delete(entry);
        mine = false;
        onWarning(
          "this browser cannot tell a duplicated tab from its original: the identity is not kept over a reload",
        );
      } else if (!keepText(entry, codec.format(record))) {
        onWarning("this tab's storage is full: the identity is not kept over a reload");
      }
      return record;
    },
    save(codec, record) {
      if (!mine || keepText(entry, codec.format(record))) return Promise.resolve();
      return Promise.reject(new CryptoError("store-failed", "expected room in this tab's storage, got none"));
    },
    async release() {
      if (mine) held.get(storage)?.delete(entry);
      mine = false;
      await unlock?.();
    },
  };
}
