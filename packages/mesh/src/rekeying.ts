/**
 * A new key for a peer whose own was convicted, as of a restored backup or a cloned machine: made, admitted, kept in place
 * of the old one, and handed to the core, which goes on with all that it heard.
 */
import { createBoxKeyPair, createIdentity, mintTicket, readTicket, type MeshKeys, type Vault } from "@grapevine/crypto";
import type { Input, PeerId } from "@grapevine/protocol";
import { MeshError } from "./errors.ts";
import type { Warning } from "./mesh-events.ts";

/** What it is done with. */
export interface RekeyingHost {
  readonly keys: MeshKeys;
  readonly vault: Pick<Vault, "rekey">;
  readonly kept: {
    replace(identity: ReturnType<typeof createIdentity>): Promise<void>;
    saveIncarnation(incarnationMs: number): Promise<void>;
  };
  nowMs(): number;
  handle(input: Input): void;
}

/**
 * Resolves with the new id once the core has it. Rejects with `admission-refused` where the invitation was for the old
 * key alone, and with `store-failed` where the new key cannot be kept.
 */
export async function rekey(host: RekeyingHost): Promise<PeerId> {
  const { keys, vault, kept } = host;
  const identity = createIdentity();
  const ticket = await mintTicket(keys, identity.publicKey).catch((cause: unknown) => {
    throw new MeshError(
      "admission-refused",
      "expected an invitation for whoever holds it, got one for the old key: ask for another",
      {
        cause,
      },
    );
  });
  const standing = await readTicket(keys, identity.publicKey, ticket);
  const incarnation = host.nowMs();
  await kept.replace(identity);
  await kept.saveIncarnation(incarnation);
  const box = createBoxKeyPair();
  vault.rekey({ identity, box });
  const change = {
    incarnation,
    boxKey: box.publicKey,
    ticket,
    lastMintSlot: -1,
    ...(keys.kind === "certificate" && { standing }),
  };
  host.handle({ kind: "rekey", self: identity.peerId, change });
  return identity.peerId;
}

/** Who is told of it. */
interface Told {
  emit(peerId: PeerId, previous: PeerId): void;
  /** Nobody takes this peer any more. */
  refuse(error: MeshError): void;
  warn(warning: Warning): void;
}

/** What a mesh does about its own conviction: `by` gives it a new key, or undefined where it is to have none. */
export function rekeying(by: () => Promise<PeerId | undefined>, told: Told): (previous: PeerId) => Promise<void> {
  return async (previous: PeerId): Promise<void> => {
    try {
      const peerId = await by();
      if (peerId !== undefined) told.emit(peerId, previous);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (cause instanceof MeshError && cause.code === "admission-refused") told.refuse(cause);
      told.warn({ code: "identity", message: `the key is convicted, and there is no new one: ${why}`, cause });
    }
  };
}
