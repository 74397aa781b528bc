/** What is measured in Node and in a page alike: operations a second by backend. */

import nacl from "tweetnacl";
import {
  createBoxKeyPair,
  createIdentity,
  deriveMesh,
  hash,
  mintTicket,
  nodeBackend,
  openSealed,
  sealFor,
  sealTopic,
  selectBackend,
  tweetnaclBackend,
  webcryptoBackend,
} from "@grapevine/crypto";

async function rateOf(operation: () => unknown, runMs: number): Promise<number> {
  for (let i = 0; i < 10; i++) await operation();
  const start = performance.now();
  let count = 0;
  let result: unknown;
  while (performance.now() - start < runMs) {
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
  readonly selected: string;
}

export async function measure(runMs: number): Promise<Measurements> {
  const message = new Uint8Array(256).fill(7);
  const large = new Uint8Array(16_384).fill(7);
  const { publicKey, secretKey } = createIdentity();
  const signature = await tweetnaclBackend.sign(secretKey, message);
  const rates: Record<string, number> = {};
  const perSecond = (operation: () => unknown): Promise<number> => rateOf(operation, runMs);

  for (const backend of [tweetnaclBackend, nodeBackend, webcryptoBackend].filter(({ available }) => available)) {
    rates[`${backend.name} verify 256 B`] = await perSecond(() => backend.verify(publicKey, message, signature));
    rates[`${backend.name} sign 256 B`] = await perSecond(() => backend.sign(secretKey, message));
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
  return { perSecond: rates, mintMs: mintMs.toSorted((a, b) => a - b), selected: name };
}
