/**
 * Sealed envelopes: what peers say to each other through strangers' hands, the seed's or other members'. An envelope
 * carries its sender's credential; it counts only when the key that sealed it is the one that the credential names,
 * and the credential itself has been checked. Sealing and opening are effects, for the core holds no secret.
 */
import { limits } from "../limits.ts";
import type { Credential, PeerId, Ref } from "../types.ts";
import type { Outbox } from "../room.ts";
import type { Envelope, EnvelopeBody } from "../wire/frames.ts";
import { decodeEnvelope, encodeEnvelope } from "../wire/codec.ts";
import type { Path } from "../sampling/calls.ts";
import { equalBytes } from "./admission.ts";
import type { Source } from "./quotas.ts";

interface Sealing {
  readonly path: Path;
  readonly to: PeerId;
  /** Name of the circuit to lay, when the path is a route. */
  readonly circuit: string;
  /** The direct message inside, if it is one. */
  readonly message: string | undefined;
}

interface Opening {
  readonly path: Path;
  readonly source: Source;
}

export interface EnvelopesState {
  readonly sealing: Map<Ref, Sealing>;
  readonly opening: Map<Ref, Opening>;
  /** Envelopes that did not open, or whose sender is not who it says. */
  refused: number;
}

export class Envelopes {
  readonly state: EnvelopesState;

  constructor(state: EnvelopesState = { sealing: new Map(), opening: new Map(), refused: 0 }) {
    this.state = state;
  }

  seal(own: Credential, sealing: Sealing, boxKey: Uint8Array, body: EnvelopeBody, out: Outbox): void {
    const ref = out.ref();
    this.state.sealing.set(ref, sealing);
    out.effect({ kind: "seal", ref, to: boxKey, bytes: encodeEnvelope({ sender: own, body }) });
  }

  onSealed(ref: Ref): Sealing | undefined {
    const sealing = this.state.sealing.get(ref);
    this.state.sealing.delete(ref);
    return sealing;
  }

  /** Open what came. What comes faster than it can be opened is dropped; its sender tries again. */
  open(opening: Opening, sealed: Uint8Array, out: Outbox): void {
    if (this.state.opening.size >= limits.openingMax) return;
    const ref = out.ref();
    this.state.opening.set(ref, opening);
    out.effect({ kind: "open", ref, bytes: sealed });
  }

  onOpened(ref: Ref, from: Uint8Array, bytes: Uint8Array | undefined): (Opening & { envelope: Envelope }) | undefined {
    const opening = this.state.opening.get(ref);
    if (opening === undefined) return undefined;
    this.state.opening.delete(ref);
    const decoded = bytes === undefined ? undefined : decodeEnvelope(bytes);
    if (decoded?.ok !== true || !equalBytes(decoded.envelope.sender.boxKey, from)) {
      this.state.refused++;
      return undefined;
    }
    return { ...opening, envelope: decoded.envelope };
  }
}
