/**
 * The page of e2e/tests/signatures.spec.ts: every vector through every backend of a browser, and through `verify` as a
 * mesh would use it, in a document with WebCrypto or without. What differs is posted to where the page came from.
 */
import { disagreements, type Ed25519Vector } from "./vectors.testing.ts";
import { verify } from "./signatures/signatures.ts";
import { tweetnaclBackend } from "./signatures/tweetnacl-backend.ts";
import { webcryptoBackend } from "./signatures/webcrypto-backend.ts";

export interface Verdicts {
  readonly userAgent: string;
  readonly classes: readonly string[];
  /** By backend: vectors on which it disagrees, as "class: note, got". */
  readonly disagreements: Readonly<Record<string, readonly string[]>>;
  /** By backend: classes on which its library, without the canonical rule, gives another verdict. */
  readonly raw: Readonly<Record<string, readonly string[]>>;
}

async function judge(): Promise<Verdicts> {
  const { vectors } = (await (await fetch("/vectors.json")).json()) as { vectors: readonly Ed25519Vector[] };
  const found: Record<string, readonly string[]> = {};
  const raw: Record<string, readonly string[]> = {};
  for (const backend of [tweetnaclBackend, webcryptoBackend]) {
    const wrong = await disagreements((...args) => backend.verify(...args), vectors);
    found[backend.name] = wrong.map(({ vector, got }) => `${vector.class}: ${vector.note}, ${got}`);
    const other = await disagreements((...args) => backend.verifyRaw(...args), vectors);
    raw[backend.name] = [...new Set(other.map(({ vector }) => vector.class))].toSorted();
  }
  const used = await disagreements(verify, vectors);
  found["verify"] = used.map(({ vector, got }) => `${vector.class}: ${vector.note}, ${got}`);
  const classes = [...new Set(vectors.map((vector) => vector.class))];
  return { userAgent: navigator.userAgent, classes, disagreements: found, raw };
}

const verdicts = await judge().catch((error: unknown) => ({ error: String(error) }));
await fetch("/verdicts", { method: "POST", body: JSON.stringify(verdicts) });
document.body.textContent = JSON.stringify(verdicts);
