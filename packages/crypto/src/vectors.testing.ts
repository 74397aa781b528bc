/**
 * Runs vectors/ed25519.json against any backend, here and in a page: every backend must give the one verdict that the
 * file states, on every class on which libraries disagree.
 */
import { fromHex } from "./bytes.ts";
import type { SignatureBackend } from "./signatures/backend.ts";

/** One entry of vectors/ed25519.json; bytes are hex. */
export interface Ed25519Vector {
  readonly class: string;
  readonly note: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

export interface Disagreement {
  readonly vector: Ed25519Vector;
  readonly got: boolean | string;
}

/** The vectors on which `verify` says something else than they do, or throws. */
export async function disagreements(
  verify: SignatureBackend["verify"],
  vectors: readonly Ed25519Vector[],
): Promise<readonly Disagreement[]> {
  const found: Disagreement[] = [];
  for (const vector of vectors) {
    let got: boolean | string;
    try {
      got = await verify(fromHex(vector.publicKey), fromHex(vector.message), fromHex(vector.signature));
    } catch (error) {
      got = String(error);
    }
    if (got !== vector.valid) found.push({ vector, got });
  }
  return found;
}
