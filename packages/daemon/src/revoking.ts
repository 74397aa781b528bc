// Revoking on the command line: joins as the root, or as an admin, hears what the key has written, says that it counts no
// longer, waits until the neighbors have that, and tells what stands and what does not.
import { setTimeout as sleep } from "node:timers/promises";
import { readRoot } from "./invitations.ts";
import type { JoinOptions } from "./peer.ts";

export interface RevokeFlags {
  /** The root key's file. */
  root?: string | undefined;
  /** Or an admin: the file of its key, and the invitation that it came with. */
  identity?: string;
  invite?: string;
  seed: readonly string[];
  keep: "all" | "none";
  /** Milliseconds since 1970: only what was written before stands. */
  before?: number;
  /** How long to listen before. */
  listenMs: number;
}

/** What this command needs of a mesh. */
export interface RevokingMesh {
  readonly peerId: string;
  readonly neighbors: readonly unknown[];
  stats(): { readonly rumors: { readonly rumors: number; readonly verifying: number } };
  revoke(
    key: string,
    options: { keep: "all" | "none" | { beforeMs: number } },
  ): Promise<{
    readonly key: string;
    readonly stands: readonly {
      readonly log: { readonly author: string; readonly incarnation: number };
      readonly seq: number;
    }[];
    readonly unnamed: number;
    readonly peers: readonly string[];
    readonly knownBy: readonly string[];
  }>;
  leave(): Promise<void>;
}

export type JoinToRevoke = (options: JoinOptions) => Promise<RevokingMesh>;

/** What is held does not grow any more when it was the same so often, at this distance. Guess: some repair rounds. */
const QUIET_LOOKS = 5;
const LOOK_MS = 500;

/** An id in base58, or an invitation by its word or link: looked at before a mesh is joined and listened to in vain. */
const KEY = /^[1-9A-HJ-NP-Za-km-z]{32,44}$|grapevine_invite_/;

export async function revokeKey(
  join: JoinToRevoke,
  key: string,
  flags: RevokeFlags,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!KEY.test(key)) {
    throw new Error(`expected a peer's id, an account's, or an invitation, got ${JSON.stringify(key.slice(0, 60))}`);
  }
  const mesh = await join({ ...(await standing(flags)), signal });
  try {
    if (mesh.neighbors.length === 0) {
      throw new Error(
        "expected somebody to tell, got nobody: a revocation that nobody has heard ends with this process",
      );
    }
    // One look at least: the first link may be to the very peer that goes, and others have to hear of it.
    await listen(mesh, flags.keep === "none" ? LOOK_MS : flags.listenMs, signal);
    const keep = flags.before === undefined ? flags.keep : { beforeMs: flags.before };
    const { key: revoked, stands, unnamed, peers, knownBy } = await mesh.revoke(key, { keep });
    print(`revoked ${revoked}, as ${mesh.peerId}`);
    for (const peer of peers) print(`shut out ${peer}`);
    for (const { log, seq } of stands) {
      const began = new Date(log.incarnation).toISOString();
      print(`stands: what ${log.author}, started ${began}, wrote in one topic up to number ${seq}`);
    }
    print(stands.length === 0 ? "nothing that it wrote stands" : "whatever else it wrote does not stand");
    if (unnamed > 0) print(`there was no room to name ${unnamed} more of its logs: they do not stand`);
    if (knownBy.length === 0)
      throw new Error("expected a neighbor to say that it knows it, got none in time: try again");
    print(`known by ${knownBy.length} of ${mesh.neighbors.length} neighbors, and spreading`);
    if (peers.includes(revoked)) {
      print("whoever it is may come again by an invitation that is for anybody: revoke that too, by giving its word");
    }
  } finally {
    await mesh.leave();
  }
}

async function standing({ root, identity, invite, seed }: RevokeFlags): Promise<Omit<JoinOptions, "signal">> {
  const seeds = { ...(seed.length > 0 && { seeds: seed }) };
  if (root !== undefined) {
    const key = await readRoot(root);
    return { invite: key.invite, identity: key.identity, seeds: [], ...seeds };
  }
  if (identity === undefined || invite === undefined) {
    throw new Error("expected --root, or --identity and --invite of an admin, got neither");
  }
  return { invite, identity: { path: identity }, ...seeds };
}

/** Until what is held does not grow any more, or so long. */
async function listen(mesh: RevokingMesh, forMs: number, signal: AbortSignal): Promise<void> {
  let before = -1;
  let quiet = 0;
  for (let sinceMs = 0; sinceMs < forMs && quiet < QUIET_LOOKS; sinceMs += LOOK_MS) {
    await sleep(LOOK_MS, undefined, { signal });
    const { rumors, verifying } = mesh.stats().rumors;
    quiet = rumors === before && verifying === 0 ? quiet + 1 : 0;
    before = rumors;
  }
}
