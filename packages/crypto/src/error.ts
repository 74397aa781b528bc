/**
 * The one error of this package: a caller's mistake, or a store that failed. What a peer sends never throws. The mesh
 * package turns it into a MeshError of the same code.
 */

export type CryptoErrorCode =
  /** The caller gave something of a wrong shape: "expected ..., got ...". */
  | "invalid-argument"
  /** The identity's store cannot be read, written or had alone. */
  | "store-failed";

export class CryptoError extends Error {
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CryptoError";
    this.code = code;
  }
}

/** Throws "invalid-argument" unless `bytes` are exactly `length` bytes. Says nothing of what they hold. */
export function expectBytes(what: string, bytes: Uint8Array, length: number): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new CryptoError("invalid-argument", `expected ${what} of ${length} bytes, got ${typeof bytes}`);
  }
  if (bytes.length !== length) {
    throw new CryptoError("invalid-argument", `expected ${what} of ${length} bytes, got ${bytes.length} bytes`);
  }
}
