/**
 * The project's one hash: SHA-512 truncated to its first 32 bytes, which leaves no room for length extension. Node's
 * own where there is one, tweetnacl's in a tab, for WebCrypto's is a promise and the core needs its hash in line.
 */
import type { Hash } from "@grapevine/protocol";
import { platform } from "#platform";

/** 32 bytes. */
export const hash: Hash = (bytes) => {
  const out = new Uint8Array(32);
  out.set(platform.sha512(bytes).subarray(0, 32));
  return out;
};
