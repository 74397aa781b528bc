/**
 * Where an identity is kept between two runs. A key is for one running peer at a time: two that mint and publish under
 * one key would look like a cheat and be convicted. So a store does not just read, it claims.
 */
import type { IdentityRecord, RecordCodec } from "./record.ts";

export interface IdentityStore {
  /**
   * The kept record, for this run alone until `release`. Where nothing is kept, or in a tab where another has it, the
   * record that `fresh` makes, and that one is kept from now on. Rejects with CryptoError "store-failed" when what is
   * kept cannot be read or had.
   */
  claim(codec: RecordCodec, fresh: () => Promise<IdentityRecord>): Promise<IdentityRecord>;
  /** Keep this record instead. Rejects with CryptoError "store-failed". */
  save(codec: RecordCodec, record: IdentityRecord): Promise<void>;
  /** Let another run have the key. */
  release(): Promise<void>;
}

/** Keeps nothing: every run is a new peer. */
export const memoryStore: IdentityStore = {
  claim: (_codec, fresh) => fresh(),
  save: () => Promise.resolve(),
  release: () => Promise.resolve(),
};
