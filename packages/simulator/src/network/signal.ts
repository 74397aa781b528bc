/**
 * A modelled offer or answer: an opaque token that names the attempt it was made by and the certificate that its
 * maker will show, padded to the size of a real one. Whoever relays it can copy it or put another in its place, and
 * that is all that can be done with an SDP, too.
 */
export interface Signal {
  readonly type: "offer" | "answer";
  /** Names one end of one dial in the whole world. */
  readonly attempt: number;
  /** For an answer, the offer that it answers; else 0. */
  readonly answers: number;
  /** DTLS fingerprint, 32 bytes. */
  readonly fingerprint: Uint8Array;
}

const MAGIC = 0x6776_7369;
const headBytes = 13 + 32;

export function encodeSignal(signal: Signal, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(sizeBytes, headBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint8(4, signal.type === "offer" ? 1 : 2);
  view.setUint32(5, signal.attempt);
  view.setUint32(9, signal.answers);
  bytes.set(signal.fingerprint, 13);
  return bytes;
}

/** Undefined for anything that is no signal: an engine refuses bad SDP without harm. */
export function decodeSignal(bytes: Uint8Array): Signal | undefined {
  if (bytes.length < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint8(4);
  if (view.getUint32(0) !== MAGIC || (type !== 1 && type !== 2)) return undefined;
  return {
    type: type === 1 ? "offer" : "answer",
    attempt: view.getUint32(5),
    answers: view.getUint32(9),
    fingerprint: bytes.slice(13, 13 + 32),
  };
}
