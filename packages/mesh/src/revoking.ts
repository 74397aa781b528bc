/**
 * Revoking from the application's side: one statement, signed and told, and who has said that they know it.
 */
import { parseInvite, type Invite } from "@grapevine/crypto";
import {
  isPeerId,
  peerIdOf,
  ROLE_ROOT,
  type Command,
  type Keep,
  type KnownRevocation,
  type LastHead,
  type Peer,
  type PeerEvent,
  type PeerId,
  type Ref,
  type RevokeRefusal,
} from "@grapevine/protocol";
import { bounded } from "./call.ts";
import { MeshError, expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { Call } from "./message.ts";
import type { MeshEvents, RevokedKey } from "./mesh-events.ts";

export interface RevokeOptions extends Call {
  /**
   * Which of what the key's peers wrote stands: `"all"` (the default) that this peer holds at this moment, `"none"`, or what
   * they stamped before a time: `{ beforeMs }`, in milliseconds since 1970. (They stamp as they like; what this peer has
   * not heard of never stands.)
   */
  readonly keep?: Keep;
}

/** What was signed, and who has it. */
export interface Revoked {
  readonly key: PeerId;
  /** The last rumors that stand, log by log; of other logs of the key nothing does. */
  readonly stands: readonly LastHead[];
  /** Logs that were held and for which there was no room: of them nothing stands. */
  readonly unnamed: number;
  /** Those members, of the known ones, that are shut out by it. */
  readonly peers: readonly PeerId[];
  /** Neighbors that have said that they know all that this peer knows of revocations. */
  readonly knownBy: readonly PeerId[];
}

const REFUSALS: Readonly<Record<RevokeRefusal, string>> = {
  "no-right": "expected the root, or an admin that was not revoked, to revoke a key, got another peer",
  "root-key": "expected a key other than the root's, which nobody can revoke",
  admin: "expected the root to revoke an admin, got another admin",
  full: "expected room for one more revocation, got none: an admin has 64, after which it is the root's turn",
};

type RevocationEvent = PeerEvent & {
  readonly type: "revocation-made" | "revocation-refused" | "revocations-held" | "revoked" | "reinstated";
};

interface Waiting {
  made: (PeerEvent & { readonly type: "revocation-made" }) | undefined;
  peers: readonly PeerId[];
  readonly knownBy: Set<PeerId>;
  readonly done: () => void;
  readonly reject: (error: unknown) => void;
}

/** What this needs of its mesh. */
export interface RevokingHost {
  readonly peer: Pick<Peer, "self" | "revocations" | "neighbors">;
  handle(command: Command): void;
  emit<K extends "revoked" | "reinstated">(name: K, event: MeshEvents[K]): void;
  /** Nobody takes this peer any more. */
  refuse(error: MeshError): void;
}

export class Revocations {
  private readonly host: RevokingHost;
  private readonly waiting = new Map<Ref, Waiting>();
  // Told from other commands by the kind of their answers.
  private nextRef: Ref = 1;

  constructor(host: RevokingHost) {
    this.host = host;
  }

  get all(): readonly RevokedKey[] {
    return this.host.peer.revocations.map(describe);
  }

  async revoke(given: PeerId | Invite, { keep = "all", ...call }: RevokeOptions = {}): Promise<Revoked> {
    const key = keyOf(given);
    requireKeep(keep);
    const ref = this.nextRef++;
    const { timeoutMs = meshLimits.joinMs, ...rest } = call;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const found = await bounded<Waiting>(rest, undefined, (resolve, reject) => {
      const waiting: Waiting = { made: undefined, peers: [], knownBy: new Set(), done: () => resolve(waiting), reject };
      this.waiting.set(ref, waiting);
      timer = setTimeout(waiting.done, timeoutMs);
      this.host.handle({ kind: "revoke", ref, key, keep });
      return () => {};
    }).finally(() => {
      clearTimeout(timer);
      this.waiting.delete(ref);
    });
    if (found.made === undefined)
      throw new MeshError("timeout", `expected a signature within ${timeoutMs} ms, got none`);
    const { revocation, unnamed } = found.made;
    return { key, stands: revocation.heads, unnamed, peers: found.peers, knownBy: [...found.knownBy] };
  }

  onEvent(event: RevocationEvent): void {
    switch (event.type) {
      case "revocation-made": {
        const waiting = this.waiting.get(event.ref);
        if (waiting !== undefined) waiting.made = event;
        break;
      }
      case "revocation-refused":
        return this.waiting.get(event.ref)?.reject(new MeshError("forbidden", REFUSALS[event.reason]));
      case "revoked":
        return this.onRevoked(event);
      case "reinstated":
        return this.host.emit("reinstated", { peers: event.peers });
      case "revocations-held":
        for (const { knownBy } of this.waiting.values()) if (event.same) knownBy.add(event.peer);
    }
    const neighbors = this.host.peer.neighbors.length;
    for (const { made, knownBy, done } of this.waiting.values()) {
      if (made !== undefined && knownBy.size >= neighbors) done();
    }
  }

  private onRevoked({ peers, revocation }: PeerEvent & { readonly type: "revoked" }): void {
    const { host } = this;
    // Of our own, this event comes before the one that says that it was made.
    for (const waiting of this.waiting.values()) if (waiting.made === undefined) waiting.peers = peers;
    const known = host.peer.revocations.find((known) => known.revocation === revocation);
    if (known === undefined) return;
    const described = describe(known);
    const own = peers.includes(host.peer.self);
    if (own) {
      const message = `expected a key that counts in this mesh, got one that was revoked. ${described.explanation}`;
      host.refuse(new MeshError("admission-refused", message));
    }
    host.emit("revoked", { ...described, peers, own });
  }

  end(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
  }
}

/** What people read of a revocation. */
function describe({ revocation, standing }: KnownRevocation): RevokedKey {
  const { key, revoker: by, timeMs, heads } = revocation;
  const role = standing.role >= ROLE_ROOT ? "root" : "admin";
  const when = new Date(timeMs).toISOString();
  const stands = heads.length === 0 ? "nothing that it wrote stands" : `what was named of ${heads.length} logs stands`;
  const explanation = `The ${role} ${by} revoked it at ${when}; ${stands}.`;
  return Object.freeze({ key, by, role, timeMs, logs: heads.length, explanation });
}

function keyOf(given: PeerId | Invite): PeerId {
  if (typeof given === "string" && isPeerId(given)) return given;
  let subject: Uint8Array | undefined;
  try {
    subject = parseInvite(given).links.at(-1)?.subject;
  } catch {
    throw new MeshError("invalid-argument", "expected the id of a key, or an invitation, got something else");
  }
  if (subject === undefined) throw new MeshError("invalid-argument", "expected a key other than the root's");
  return peerIdOf(subject);
}

function requireKeep(keep: unknown): asserts keep is Keep {
  if (keep === "all" || keep === "none") return;
  const beforeMs = (keep as { beforeMs?: unknown } | null)?.beforeMs;
  if (typeof beforeMs !== "number" || !Number.isFinite(beforeMs)) {
    throw expected('keep to be "all", "none" or { beforeMs }', keep);
  }
}
