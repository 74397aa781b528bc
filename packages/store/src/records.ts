/**
 * Records: what stands under which key, and the proof that it is what was written. Every value begins with a version and
 * 16 bytes of a hash over its key and its content, so that a flipped bit, a torn file or a value under another's key is
 * noticed when it is read. Keys of one mesh stand together, those of one log in the order of its rumors.
 */
import {
  type Evidence,
  type Fork,
  type Hash,
  type KeptRumor,
  type LogId,
  type PeerId,
  type Rumor,
  decodeRumor,
  decodeState,
  encodeRumor,
  encodeState,
  rumorId,
  toHex,
} from "@grapevine/protocol";

const VERSION = 1;
const CHECKSUM_BYTES = 16;
const HEAD_BYTES: number = 1 + CHECKSUM_BYTES;
const text = new TextEncoder();

/** What a key is for. `facts` and what follows are of one peer, the others of everybody in the mesh. */
export type Kind =
  | "rumor"
  | "entry"
  | "fork"
  | "credential"
  | "evidence"
  | "revocation"
  | "key"
  | "facts"
  | "neighbors"
  | "place"
  | "damaged";

/** Keys of one mesh. */
export class Keys {
  private readonly mesh: string;

  constructor(meshId: Uint8Array) {
    this.mesh = toHex(meshId.subarray(0, 16));
  }

  prefix(kind: Kind): string {
    return `${this.mesh}/${kind}/`;
  }

  rumor(log: LogId, seq: number): string {
    return `${this.prefix("rumor")}${slotName(log, seq)}`;
  }

  /** By the write: what a newer one is to take the place of is forgotten by name, and peers of one store do not overwrite each other. */
  entry({ header }: Rumor): string {
    return `${this.prefix("entry")}${slotName(header, header.seq)}`;
  }

  fork(log: LogId, seq: number): string {
    return `${this.prefix("fork")}${slotName(log, seq)}`;
  }

  credential(peer: PeerId): string {
    return this.prefix("credential") + peer;
  }

  evidence(accused: PeerId): string {
    return this.prefix("evidence") + accused;
  }

  /** By the hash of what was signed. */
  revocation(name: string): string {
    return this.prefix("revocation") + name;
  }

  facts(peer: PeerId): string {
    return this.prefix("facts") + peer;
  }

  neighbors(peer: PeerId): string {
    return this.prefix("neighbors") + peer;
  }

  places(peer: PeerId): string {
    return `${this.prefix("place")}${peer}/`;
  }

  place(peer: PeerId, log: LogId, seq: number): string {
    return this.places(peer) + slotName(log, seq);
  }

  damaged(key: string): string {
    return this.prefix("damaged") + key;
  }
}

/** Sorts by author, topic, incarnation and number. */
export function slotName(log: LogId, seq: number): string {
  return `${logName(log)}/${String(seq).padStart(16, "0")}`;
}

export function logName({ author, topic, incarnation }: LogId): string {
  return `${author}/${topic}/${String(incarnation).padStart(16, "0")}`;
}

export function accusedIn(evidence: Evidence): PeerId {
  switch (evidence.kind) {
    case "mint":
      return evidence.a.creator;
    case "transfer":
      return evidence.owner;
    case "fork":
      return evidence.a.header.author;
  }
}

/** Seals contents into values, and opens them. */
export class Records {
  private readonly hash: Hash;
  private readonly meshId: Uint8Array;

  constructor(hash: Hash, meshId: Uint8Array) {
    this.hash = hash;
    this.meshId = meshId;
  }

  seal(key: string, content: Uint8Array): Uint8Array {
    const value = new Uint8Array(HEAD_BYTES + content.length);
    value[0] = VERSION;
    value.set(this.checksum(key, content), 1);
    value.set(content, HEAD_BYTES);
    return value;
  }

  /** Undefined when it is not what was written under this key. */
  open(key: string, value: Uint8Array): Uint8Array | undefined {
    if (value.length < HEAD_BYTES || value[0] !== VERSION) return undefined;
    const content = value.subarray(HEAD_BYTES);
    const checksum = this.checksum(key, content);
    for (let i = 0; i < CHECKSUM_BYTES; i++) if (checksum[i] !== value[1 + i]) return undefined;
    return content;
  }

  sealRumor(key: string, { rumor, hops }: Omit<KeptRumor, "id">): Uint8Array {
    const bytes = encodeRumor(rumor);
    const content = new Uint8Array(1 + bytes.length);
    content[0] = Math.min(hops, 255);
    content.set(bytes, 1);
    return this.seal(key, content);
  }

  /** The id is computed, not read: what is found under it hashes to it. */
  openRumor(key: string, value: Uint8Array): KeptRumor | undefined {
    const content = this.open(key, value);
    // A copy, for the database may use its buffer again; `slice` of a Buffer of Node makes none.
    const decoded = content === undefined ? undefined : decodeRumor(Uint8Array.from(content.subarray(1)));
    if (decoded?.ok !== true) return undefined;
    const { rumor } = decoded;
    const id = rumorId(this.hash, this.meshId, rumor.header, this.hash(rumor.body));
    return { rumor, id, hops: content![0]! };
  }

  sealFact(key: string, fact: unknown): Uint8Array {
    return this.seal(key, encodeState(fact));
  }

  openFact<T>(key: string, value: Uint8Array): T | undefined {
    const content = this.open(key, value);
    const decoded = content === undefined ? undefined : decodeState(Uint8Array.from(content));
    // What the checksum covers was written by this package.
    return decoded?.ok === true ? (decoded.value as T) : undefined;
  }

  private checksum(key: string, content: Uint8Array): Uint8Array {
    const name = text.encode(key);
    const bytes = new Uint8Array(name.length + 1 + content.length);
    bytes.set(name);
    bytes.set(content, name.length + 1);
    return this.hash(bytes).subarray(0, CHECKSUM_BYTES);
  }
}

/** The log and number of the slot that a fork contests. */
export function slotOfFork({ a }: Fork): { readonly log: LogId; readonly seq: number } {
  return { log: a.header, seq: a.header.seq };
}
