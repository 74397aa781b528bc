/**
 * What a peer says of itself to every member: some fields of plain data, signed by it and sealed for the mesh. It lasts as long as
 * the run of the peer that said it, and is of 1 KiB at most, for every member holds everyone's.
 */
import { keyId, openTopic, sealTopic, type MeshKeys } from "@grapevine/crypto";
import type { Rumor } from "@grapevine/protocol";
import { decodeData, encodeData } from "./data.ts";
import type { EpochKeys, MeshEpochs } from "./epoch-keys.ts";
import { expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";

/** Fields by name; what they hold is what can be published. Frozen, at any depth. */
export type ProfileFields = Readonly<Record<string, unknown>>;

/** This peer's own. */
export interface Profile {
  /** What it says of itself now; the same object until it says something else. */
  readonly fields: ProfileFields;
  /**
   * Say this, in place of all that was said before. `fields` shows it at once; resolves when it is signed and on its way to the
   * neighbors: within a second, for what is said in one second travels together. Rejects with `invalid-argument`,
   * `unsupported-data`, `too-large` (more than 1 KiB encoded) or `left`.
   */
  set(fields: ProfileFields): Promise<void>;
  /** The same for some fields, the others staying as they are; `undefined` takes a field away. */
  update(fields: ProfileFields): Promise<void>;
}

export const NO_FIELDS: ProfileFields = Object.freeze({});

/** A frozen copy. Throws `invalid-argument`, `unsupported-data` or `too-large`. */
export function profileFields(given: unknown): ProfileFields {
  const fields = fieldsIn(encodeData(given, meshLimits.profileBytesMax));
  if (fields === undefined) throw expected("a profile to be an object of fields", given);
  return fields;
}

function fieldsIn(bytes: Uint8Array): ProfileFields | undefined {
  const value = decodeData(bytes)?.value;
  const isFields =
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isFields ? (frozen(value) as ProfileFields) : undefined;
}

/** Bytes in it cannot be frozen. */
function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  for (const held of Object.values(value)) frozen(held);
  return Object.freeze(value);
}

/** Between what the application reads and what travels. */
export class ProfileSeal {
  private readonly keyId: Uint8Array;
  private readonly epochs: EpochKeys | undefined;
  // Private to the language itself: no console or JSON that is shown a mesh shows what seals it.
  readonly #key: Uint8Array;

  /** `epochs`: where keys change. Topics have names, so that none has the key of the empty one. */
  constructor(keys: MeshKeys, epochs: MeshEpochs | undefined) {
    this.#key = keys.profileKey;
    this.keyId = keyId(this.#key);
    this.epochs = epochs?.ofTopic("");
  }

  seal(fields: ProfileFields): { readonly keyId: Uint8Array; readonly body: Uint8Array } {
    const { keyId, key } = this.epochs?.writing() ?? { keyId: this.keyId, key: this.#key };
    return { keyId, body: sealTopic(key, encodeData(fields)) };
  }

  /** `"unknownKey"`: it may come. */
  open({ header, body }: Rumor): ProfileFields | "unknownKey" | undefined {
    const isAlways = this.keyId.every((byte, i) => header.keyId[i] === byte);
    const key = isAlways ? this.#key : this.epochs?.keyOf(header.keyId);
    if (key === undefined) return "unknownKey";
    const plain = openTopic(key, body);
    return plain && fieldsIn(plain);
  }

  /** Resolves when a key has come that was not there; undefined when none can. */
  nextKey(): Promise<void> | undefined {
    return this.epochs?.next();
  }
}

export interface ProfileHost {
  readonly seal: ProfileSeal;
  /** Resolves when the core has its profiles; undefined when it has. */
  load(): Promise<void> | undefined;
  /** Resolves when it is signed and queued. */
  say(sealed: { readonly keyId: Uint8Array; readonly body: Uint8Array }): Promise<unknown>;
}

export class OwnProfile implements Profile {
  fields: ProfileFields;
  private readonly host: ProfileHost;

  constructor(host: ProfileHost, fields: ProfileFields | undefined) {
    this.host = host;
    this.fields = fields ?? NO_FIELDS;
  }

  async set(fields: ProfileFields): Promise<void> {
    this.fields = profileFields(fields);
    await this.say();
  }

  async update(fields: ProfileFields): Promise<void> {
    if (typeof fields !== "object" || fields === null) throw expected("fields to update", fields);
    const all = Object.entries({ ...this.fields, ...fields });
    await this.set(Object.fromEntries(all.filter(([, value]) => value !== undefined)));
  }

  /** What was said, if anything was. What fails for once is said again with the next key, or by whoever says something else. */
  repeat(): void {
    if (this.fields !== NO_FIELDS) this.say().catch(() => {});
  }

  /** What was said, under the key of now. */
  private async say(): Promise<void> {
    const loading = this.host.load();
    if (loading !== undefined) await loading;
    await this.host.say(this.host.seal.seal(this.fields));
  }
}
