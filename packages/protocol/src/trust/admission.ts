/**
 * Who is admitted: the credentials that were checked, signature and ticket together, and found good. What admits an
 * author travels with the author, not with the link, so a credential learned from anybody counts. Least recently
 * used entries are dropped first; they can be asked for again.
 */
import { limits } from "../limits.ts";
import type { Credential, PeerId } from "../types.ts";

export interface AdmissionState {
  /** Insertion order is order of use. */
  readonly admitted: Map<PeerId, Credential>;
}

export class Admission {
  readonly state: AdmissionState;

  constructor(state: AdmissionState = { admitted: new Map() }) {
    this.state = state;
  }

  isAdmitted(peer: PeerId): boolean {
    return this.state.admitted.has(peer);
  }

  get(peer: PeerId): Credential | undefined {
    return this.state.admitted.get(peer);
  }

  /** True when this very statement was checked before: the same key, for the same incarnation. */
  isKnown(credential: Credential): boolean {
    const known = this.state.admitted.get(credential.peer);
    return (
      known !== undefined &&
      known.incarnation === credential.incarnation &&
      equalBytes(known.boxKey, credential.boxKey) &&
      equalBytes(known.ticket, credential.ticket)
    );
  }

  /** Keep a credential that passed its check. That of a later incarnation is kept over an earlier one's. */
  admit(credential: Credential): void {
    const { admitted } = this.state;
    const known = admitted.get(credential.peer);
    admitted.delete(credential.peer);
    admitted.set(
      credential.peer,
      known !== undefined && known.incarnation > credential.incarnation ? known : credential,
    );
    if (admitted.size > limits.admittedMax) {
      const oldest = admitted.keys().next().value;
      if (oldest !== undefined) admitted.delete(oldest);
    }
  }
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
