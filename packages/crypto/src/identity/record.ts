/**
 * What is kept of an identity between two runs: the key, and beside it the last slot and incarnation that were used
 * under it, for whoever signs twice in one slot convicts itself.
 */
import { CryptoError } from "../error.ts";
import { exportIdentity, importIdentity, type Identity } from "./identity.ts";

export interface IdentityRecord {
  readonly identity: Identity;
  /** Last slot in which a descriptor was minted; -1 for none. */
  readonly lastMintSlot: number;
  /** Greatest incarnation used, in milliseconds; 0 for none. */
  readonly lastIncarnation: number;
}

/** How stores write a record down. */
export interface RecordCodec {
  format(record: IdentityRecord): string;
  /** Throws CryptoError "invalid-argument" for anything that `format` did not make. */
  parse(text: string): IdentityRecord;
}

/** Reason: a record is some 200 characters; what is longer is something else, and is refused unread. */
export const RECORD_CHARS_MAX = 4096;

const VERSION = 1;

export const recordCodec: RecordCodec = {
  format(record) {
    const { identity, lastMintSlot, lastIncarnation } = record;
    return JSON.stringify({ version: VERSION, identity: exportIdentity(identity), lastMintSlot, lastIncarnation });
  },
  parse(text) {
    if (text.length > RECORD_CHARS_MAX) throw unexpected(`${text.length} characters`);
    let value: Partial<Record<string, unknown>> | null;
    try {
      value = JSON.parse(text) as typeof value;
    } catch {
      // Not as a cause: the parser's message repeats what it read, and that may be a key.
      throw unexpected("something that is not JSON");
    }
    if (typeof value !== "object" || value === null) throw unexpected("no object");
    if (value["version"] !== VERSION) throw unexpected("an unknown version");
    const { identity, lastMintSlot, lastIncarnation } = value;
    if (!isWhole(lastMintSlot, -1)) throw unexpected("no last slot");
    if (!isWhole(lastIncarnation, 0)) throw unexpected("no last incarnation");
    return { identity: importIdentity(identity as string), lastMintSlot, lastIncarnation };
  },
};

export function freshRecord(identity: Identity): IdentityRecord {
  return { identity, lastMintSlot: -1, lastIncarnation: 0 };
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function unexpected(got: string): CryptoError {
  return new CryptoError("invalid-argument", `expected a record of an identity, got ${got}`);
}
