/**
 * What a backend must get right before it is used: a vector of every class on which implementations disagree, and a
 * signature of its own. Run once at start-up, on whatever this platform's version of the library is today.
 */
import { chain, type Awaitable } from "../awaitable.ts";
import { fromHex, utf8 } from "../bytes.ts";
import type { SignatureBackend } from "./backend.ts";
import { selfTestVectors } from "./self-test-vectors.ts";

/** RFC 8032, section 7.1, TEST 3: seed and public key. */
export const SELF_TEST_KEY: string =
  "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7" +
  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";

/** Undefined when the backend passed, else what it got wrong. In line where the backend answers in line. */
export function selfTest(backend: SignatureBackend): Awaitable<string | undefined> {
  try {
    const result = chain(verifiesVectors(backend), (failure) => failure ?? verifiesOwn(backend));
    return result instanceof Promise ? result.catch(describe) : result;
  } catch (error) {
    return describe(error);
  }
}

function verifiesVectors(backend: SignatureBackend): Awaitable<string | undefined> {
  const verdicts = selfTestVectors.map(([publicKey, message, signature]) =>
    backend.verify(fromHex(publicKey), fromHex(message), fromHex(signature)),
  );
  return chain(all(verdicts), (verdicts) => {
    const wrong = selfTestVectors.findIndex(([, , , valid], i) => verdicts[i] !== valid);
    return wrong < 0 ? undefined : `wrong verdict on vector ${wrong} of the self-test`;
  });
}

/** Signing may be randomised, so it is its verification that counts, not its bytes. */
function verifiesOwn(backend: SignatureBackend): Awaitable<string | undefined> {
  const secretKey = fromHex(SELF_TEST_KEY);
  const publicKey = secretKey.subarray(32);
  const message = utf8("grapevine self-test");
  return chain(backend.sign(secretKey, message), (signature) =>
    chain(
      all([backend.verify(publicKey, message, signature), backend.verify(publicKey, message.subarray(1), signature)]),
      ([own, other]) => (own === true && other === false ? undefined : "wrong verdict on its own signature"),
    ),
  );
}

function all<T>(values: readonly Awaitable<T>[]): Awaitable<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[]);
}

function describe(error: unknown): string {
  return `failed: ${String(error)}`;
}
