/**
 * A new identity, its public half made by the platform where that passes a test: tweetnacl takes 15 to 25 ms for its
 * first one in a tab, all of it in the way of whatever else a page that joins has to do (measured; WebCrypto takes 2, elsewhere).
 */
import { platform } from "#platform";
import { chain, type Awaitable } from "../awaitable.ts";
import { concat, fromHex, randomBytes } from "../bytes.ts";
import { SELF_TEST_KEY } from "../signatures/self-test.ts";
import { createIdentity, identityOf, type Identity } from "./identity.ts";

/** `derive`: the Ed25519 public key of a seed of 32 bytes, by the platform; may throw or reject where it has none. */
export function freshIdentity(
  derive: (seed: Uint8Array) => Awaitable<Uint8Array> = platform.publicKeyOf,
): Awaitable<Identity> {
  const seed = randomBytes(32);
  const instead = (): Identity => createIdentity(seed);
  const known = fromHex(SELF_TEST_KEY);
  try {
    const made = chain(derive(known.subarray(0, 32)), (test) =>
      chain(derive(seed), (own) =>
        isSame(test, known.subarray(32)) && own.length === 32 ? identityOf(concat(seed, own)) : instead(),
      ),
    );
    return made instanceof Promise ? made.catch(instead) : made;
  } catch {
    return instead();
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
