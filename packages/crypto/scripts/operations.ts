/** What measure.ts measures, in Node and in a page alike: operations a second, and the classes on which libraries err. */
// oxlint-disable no-restricted-imports -- a script of this package reaches its own sources
import nacl from "tweetnacl";
import { hash } from "../src/hash.ts";
import {
  createBoxKeyPair,
  createIdentity,
  deriveMesh,
  mintTicket,
  nodeBackend,
  openSealed,
  sealFor,
  sealTopic,
  selectBackend,
  tweetnaclBackend,
  webcryptoBackend,
} from "../src/index.ts";
import { disagreements, type Ed25519Vector } from "../src/vectors.testing.ts";

/** Long enough for the compiler to warm up and for some hundred of the slowest. */
const RUN_MS = 1000;

async function perSecond(operation: () => unknown): Promise<number> {
  for (let i = 0; i < 10; i++) await operation();
  const start = performance.now();
  let count = 0;
  let result: unknown;
  while (performance.now() - start < RUN_MS) {
    // Only what is a promise is waited for: a turn for each would be measured, too.
    for (let i = 0; i < 10; i++) if ((result = operation()) instanceof Promise) await result;
    count += 10;
  }
  return (count * 1000) / (performance.now() - start);
}

export interface Measurements {
  readonly perSecond: Readonly<Record<string, number>>;
  /** Milliseconds for each of some mintings at the default difficulty, sorted. */
  readonly mintMs: readonly number[];
  /** By backend: classes of vectors where it alone errs, and where it errs behind the rule (none, one hopes). */
  readonly raw: Readonly<Record<string, readonly string[]>>;
  readonly ruled: Readonly<Record<string, readonly string[]>>;
  readonly selected: string;
}

export async function measure(vectors: readonly Ed25519Vector[]): Promise<Measurements> {
  const message = new Uint8Array(256).fill(7);
  const large = new Uint8Array(16_384).fill(7);
  const { publicKey, secretKey } = createIdentity();
  const signature = await tweetnaclBackend.sign(secretKey, message);
  const rates: Record<string, number> = {};
  const raw: Record<string, readonly string[]> = {};
  const ruled: Record<string, readonly string[]> = {};

  for (const backend of [tweetnaclBackend, nodeBackend, webcryptoBackend].filter(({ available }) => available)) {
    rates[`${backend.name} verify 256 B`] = await perSecond(() => backend.verify(publicKey, message, signature));
    rates[`${backend.name} sign 256 B`] = await perSecond(() => backend.sign(secretKey, message));
    raw[backend.name] = classes(await disagreements((...args) => backend.verifyRaw(...args), vectors));
    ruled[backend.name] = classes(await disagreements((...args) => backend.verify(...args), vectors));
  }

  const [own, other] = [createBoxKeyPair(), createBoxKeyPair()];
  const sealed = sealFor(own, other.publicKey, message);
  rates["hash 89 B"] = await perSecond(() => hash(message.subarray(0, 89)));
  rates["hash 256 B"] = await perSecond(() => hash(message));
  rates["sealTopic 256 B"] = await perSecond(() => sealTopic(publicKey, message));
  rates["sealTopic 16 KiB"] = await perSecond(() => sealTopic(publicKey, large));
  rates["X25519"] = await perSecond(() => nacl.box.before(own.publicKey, other.secretKey));
  rates["openSealed 256 B, known sender"] = await perSecond(() => openSealed(other, sealed));

  const mesh = deriveMesh({ name: "measured", admission: { kind: "open" } });
  const mintMs: number[] = [];
  for (let i = 0; i < 30; i++) {
    const start = performance.now();
    await mintTicket(mesh, createIdentity().publicKey);
    mintMs.push(performance.now() - start);
  }
  const { name } = await selectBackend();
  return { perSecond: rates, mintMs: mintMs.toSorted((a, b) => a - b), raw, ruled, selected: name };
}

function classes(found: readonly { readonly vector: Ed25519Vector; readonly got: boolean | string }[]): string[] {
  return [
    ...new Set(found.map(({ vector, got }) => (typeof got === "string" ? `${vector.class} (throws)` : vector.class))),
  ];
}
