/** Stands in a tab where Node has its own Ed25519, so that both platforms export the same names. */
import { backendOf, type SignatureBackend } from "./backend.ts";

export const absentBackend: SignatureBackend = backendOf({
  name: "node",
  isAvailable: () => false,
  sign: absent,
  verify: absent,
});

function absent(): never {
  throw new Error("only Node has this backend; ask `available` first");
}
