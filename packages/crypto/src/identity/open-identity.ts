/** An identity for one run of one peer, with the slot and incarnation that earlier runs under it had reached. */
import { platform } from "#platform";
import { CryptoError } from "../error.ts";
import { freshIdentity } from "./fresh-identity.ts";
import { importIdentity, type Identity } from "./identity.ts";
import { freshRecord, recordCodec, type IdentityRecord } from "./record.ts";
import { memoryStore, type IdentityStore } from "./store.ts";

export interface OpenIdentityOptions {
  /** Use this one, and keep nothing. The application answers for its running once only. */
  readonly identity?: Identity | string | undefined;
  /** Node: keep it in this file (mode 0600, written by rename), for one process at a time. */
  readonly path?: string | undefined;
  /** Tabs: which of the tab's identities, for a page that runs several peers. Default "default". */
  readonly name?: string | undefined;
  readonly store?: IdentityStore | undefined;
  /** Told when a kept record was set aside, or one cannot be kept. Default: nobody. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface OpenIdentity {
  readonly identity: Identity;
  /** As earlier runs left it; -1 for none. */
  readonly lastMintSlot: number;
  /** As earlier runs left it, in milliseconds; 0 for none. This run's must be greater. */
  readonly lastIncarnation: number;
  /** Remember a greater slot; a smaller one is ignored. Rejects with "store-failed". No-op once closed. */
  saveSlot(slot: number): Promise<void>;
  saveIncarnation(incarnationMs: number): Promise<void>;
  /** Keep this one from now on, in place of the other: nothing was done under it. Rejects with "store-failed". */
  replace(identity: Identity): Promise<void>;
  /** Let the next run have the key; resolves when it can. */
  close(): Promise<void>;
}

/**
 * Tabs: the identity of this tab, kept over a reload in sessionStorage; a duplicated tab gets one of its own. Node: a
 * new one, or with `path` the one in that file. Rejects with CryptoError: "invalid-argument" for options that make no
 * sense together, "store-failed" for a file that is corrupt, unreadable or in use.
 */
export async function openIdentity(options: OpenIdentityOptions = {}): Promise<OpenIdentity> {
  const given = givenIdentity(options);
  const store = storeFor(options, given);
  let record = await store.claim(recordCodec, async () => freshRecord(given ?? (await freshIdentity())));
  const { identity, lastMintSlot, lastIncarnation } = record;
  let open = true;

  const save = async (change: Partial<IdentityRecord>): Promise<void> => {
    if (!open) return;
    record = { ...record, ...change };
    await store.save(recordCodec, record);
  };
  return {
    identity,
    lastMintSlot,
    lastIncarnation,
    saveSlot: (slot) => (slot > record.lastMintSlot ? save({ lastMintSlot: slot }) : Promise.resolve()),
    saveIncarnation: (ms) => (ms > record.lastIncarnation ? save({ lastIncarnation: ms }) : Promise.resolve()),
    replace: (next) => save(freshRecord(next)),
    close: async () => {
      if (!open) return;
      open = false;
      await store.release();
    },
  };
}

function givenIdentity({ identity }: OpenIdentityOptions): Identity | undefined {
  if (typeof identity === "string") return importIdentity(identity);
  if (identity !== undefined && !(identity.secretKey instanceof Uint8Array)) {
    throw new CryptoError(
      "invalid-argument",
      "expected an identity made by createIdentity(), got one without its secret",
    );
  }
  return identity;
}

function storeFor(options: OpenIdentityOptions, given: Identity | undefined): IdentityStore {
  const { path, store, name = "default", onWarning = () => {} } = options;
  const sources = [given, path, store].filter((source) => source !== undefined).length;
  if (sources > 1) {
    throw new CryptoError("invalid-argument", `expected one of identity, path and store, got ${sources} of them`);
  }
  if (given !== undefined) return memoryStore;
  return store ?? platform.identityStore({ name, path, onWarning });
}
