/**
 * The handshake on every link, in the manner of a signed key exchange (SIGMA): both sides say hello, then each signs
 * the whole exchange: both ids, nonces and credentials, the mesh, what was agreed, and the DTLS fingerprints that each
 * end sees. Whoever sits in the middle ends two DTLS sessions, so that the two ends see different fingerprints and
 * neither signature verifies.
 */
import { limits } from "../limits.ts";
import type { Credential, Hash, LinkId, PeerId } from "../types.ts";
import type { LinkEndReason } from "../effect.ts";
import type { Foundation, Moment } from "../room.ts";
import { encodeCredential } from "../wire/codec.ts";
import type { HelloFrame } from "../wire/frames.ts";
import { PROTOCOL_VERSION } from "../wire/frames.ts";
import { handshakeBytes } from "../wire/statements.ts";
import { equalBytes } from "./admission.ts";

/** Bit set of the optional features that this build offers: none yet. */
const CAPABILITIES = 0;

interface Stranger {
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly nonce: Uint8Array;
  /** Whom the call was made to or came from; undefined when nobody knows. */
  readonly expected: PeerId | undefined;
  readonly deadlineMs: number;
  hello: HelloFrame | undefined;
  authSent: boolean;
  /** The other side's signature while, or before, it is checked. */
  auth: Uint8Array | undefined;
  authOk: boolean;
  credentialOk: boolean;
  /** Frames that came before our checks were through; the other side may be done earlier than we are. */
  readonly early: Uint8Array[];
  earlyBytes: number;
}

export interface HandshakesState {
  readonly strangers: Map<LinkId, Stranger>;
}

/** What a hello leads to. */
export type HelloVerdict =
  | { readonly ok: true; readonly sign: Uint8Array; readonly credential: Credential }
  | { readonly ok: false; readonly reason: LinkEndReason; readonly detail: string };

/** A link whose other end is proved to be `credential.peer`. */
export interface Proved {
  readonly credential: Credential;
  readonly version: number;
  readonly capabilities: number;
  /** Both nonces, the lower id's first: the same at both ends, to choose between two links to one peer. */
  readonly tieBreak: Uint8Array;
  /** Fingerprint of the revocations that it knows. */
  readonly revocations: Uint8Array;
  readonly early: readonly Uint8Array[];
}

export class Handshakes {
  readonly state: HandshakesState;
  private readonly foundation: Foundation;

  constructor(foundation: Foundation, state: HandshakesState = { strangers: new Map() }) {
    this.foundation = foundation;
    this.state = state;
  }

  has(link: LinkId): boolean {
    return this.state.strangers.has(link);
  }

  get size(): number {
    return this.state.strangers.size;
  }

  peerOf(link: LinkId): PeerId | undefined {
    const stranger = this.state.strangers.get(link);
    return stranger?.hello?.credential.peer ?? stranger?.expected;
  }

  /** Begin; returns the hello to send. */
  onLinkUp(
    link: LinkId,
    local: Uint8Array,
    remote: Uint8Array,
    expected: PeerId | undefined,
    own: Credential,
    now: Moment,
  ): HelloFrame {
    const nonce = this.foundation.random.bytes(32);
    this.state.strangers.set(link, {
      local,
      remote,
      nonce,
      expected,
      deadlineMs: now.nowMs + this.foundation.config.tuning.handshakeMs,
      hello: undefined,
      authSent: false,
      auth: undefined,
      authOk: false,
      credentialOk: false,
      early: [],
      earlyBytes: 0,
    });
    return {
      kind: "hello",
      versionMin: PROTOCOL_VERSION,
      versionMax: PROTOCOL_VERSION,
      capabilities: CAPABILITIES,
      meshId: this.foundation.config.meshId,
      nonce,
      revocations: new Uint8Array(8),
      credential: own,
    };
  }

  onLinkDown(link: LinkId): void {
    this.state.strangers.delete(link);
  }

  /** The cheap checks, and then what we have to sign. */
  onHello(link: LinkId, hello: HelloFrame, own: Credential): HelloVerdict {
    const stranger = this.state.strangers.get(link);
    if (stranger === undefined || stranger.hello !== undefined) {
      return { ok: false, reason: "misbehaved", detail: "a second hello" };
    }
    const { self, config } = this.foundation;
    if (hello.versionMin > PROTOCOL_VERSION || hello.versionMax < PROTOCOL_VERSION) {
      const theirs = `${hello.versionMin}..${hello.versionMax}`;
      return { ok: false, reason: "wrong-version", detail: `expected version ${PROTOCOL_VERSION}, got ${theirs}` };
    }
    if (!equalBytes(hello.meshId, config.meshId)) {
      return { ok: false, reason: "wrong-mesh", detail: "the other end belongs to another mesh" };
    }
    const { peer } = hello.credential;
    if (peer === self) return { ok: false, reason: "self", detail: "the link leads back to ourselves" };
    if (stranger.expected !== undefined && stranger.expected !== peer) {
      return { ok: false, reason: "handshake-failed", detail: `expected ${stranger.expected}, got ${peer}` };
    }
    stranger.hello = hello;
    return { ok: true, sign: this.transcript(stranger, hello, own, true), credential: hello.credential };
  }

  /** Our signature left. */
  onAuthSent(link: LinkId): void {
    const stranger = this.state.strangers.get(link);
    if (stranger !== undefined) stranger.authSent = true;
  }

  /** Returns what the other side's signature must verify over, or undefined when it has no business here. */
  onAuth(link: LinkId, signature: Uint8Array, own: Credential): Uint8Array | undefined {
    const stranger = this.state.strangers.get(link);
    if (stranger?.hello === undefined || stranger.auth !== undefined) return undefined;
    stranger.auth = signature;
    return this.transcript(stranger, stranger.hello, own, false);
  }

  onChecked(link: LinkId, what: "auth" | "credential"): void {
    const stranger = this.state.strangers.get(link);
    if (stranger === undefined) return;
    if (what === "auth") stranger.authOk = true;
    else stranger.credentialOk = true;
  }

  /** Holds a frame that came too early; false when there are too many. */
  hold(link: LinkId, bytes: Uint8Array): boolean {
    const stranger = this.state.strangers.get(link);
    if (stranger === undefined) return false;
    stranger.earlyBytes += bytes.length;
    if (stranger.early.length >= limits.earlyFramesMax || stranger.earlyBytes > limits.earlyBytesMax) return false;
    stranger.early.push(bytes);
    return true;
  }

  /** Once, when everything is checked: the stranger is a neighbor, and forgotten here. */
  prove(link: LinkId): Proved | undefined {
    const stranger = this.state.strangers.get(link);
    if (stranger?.hello === undefined || !stranger.authSent || !stranger.authOk || !stranger.credentialOk)
      return undefined;
    this.state.strangers.delete(link);
    const { hello } = stranger;
    const low = this.foundation.self < hello.credential.peer;
    const tieBreak = new Uint8Array(64);
    tieBreak.set(low ? stranger.nonce : hello.nonce, 0);
    tieBreak.set(low ? hello.nonce : stranger.nonce, 32);
    return {
      credential: hello.credential,
      version: PROTOCOL_VERSION,
      capabilities: hello.capabilities & CAPABILITIES,
      tieBreak,
      revocations: hello.revocations,
      early: stranger.early,
    };
  }

  onDeadline(now: Moment): readonly LinkId[] {
    const late: LinkId[] = [];
    for (const [link, stranger] of this.state.strangers) if (now.nowMs >= stranger.deadlineMs) late.push(link);
    return late;
  }

  get deadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const stranger of this.state.strangers.values()) next = Math.min(next, stranger.deadlineMs);
    return next;
  }

  private transcript(stranger: Stranger, hello: HelloFrame, own: Credential, ours: boolean): Uint8Array {
    const { self, hash, config } = this.foundation;
    const weAreLow = self < hello.credential.peer;
    const here = { id: self, nonce: stranger.nonce, print: stranger.local, credential: credentialHash(hash, own) };
    const there = {
      id: hello.credential.peer,
      nonce: hello.nonce,
      print: stranger.remote,
      credential: credentialHash(hash, hello.credential),
    };
    const low = weAreLow ? here : there;
    const high = weAreLow ? there : here;
    return handshakeBytes({
      meshId: config.meshId,
      version: PROTOCOL_VERSION,
      capabilities: hello.capabilities & CAPABILITIES,
      lowId: low.id,
      highId: high.id,
      lowNonce: low.nonce,
      highNonce: high.nonce,
      lowFingerprint: low.print,
      highFingerprint: high.print,
      lowCredentialHash: low.credential,
      highCredentialHash: high.credential,
      signerIsLow: ours === weAreLow,
    });
  }
}

function credentialHash(hash: Hash, credential: Credential): Uint8Array {
  return hash(encodeCredential(credential));
}
