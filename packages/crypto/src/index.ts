/** Identities, signatures, sealing and admission of Grapevine: everything that holds a secret. */
export { CryptoError, type CryptoErrorCode } from "./error.ts";
export type { Awaitable } from "./awaitable.ts";
export { hash } from "./hash.ts";
export { createVault, type Vault, type VaultOptions, type Verdict } from "./vault.ts";

export {
  backendReport,
  nodeBackend,
  selectBackend,
  sign,
  verify,
  type BackendReport,
} from "./signatures/signatures.ts";
export type { SignatureBackend } from "./signatures/backend.ts";
export { isCanonical } from "./signatures/canonical.ts";
export { selfTest } from "./signatures/self-test.ts";
export { tweetnaclBackend } from "./signatures/tweetnacl-backend.ts";
export { webcryptoBackend } from "./signatures/webcrypto-backend.ts";

export { createIdentity, exportIdentity, importIdentity, type Identity } from "./identity/identity.ts";
export { openIdentity, type OpenIdentity, type OpenIdentityOptions } from "./identity/open-identity.ts";
export type { IdentityRecord, RecordCodec } from "./identity/record.ts";
export type { IdentityStore } from "./identity/store.ts";

export {
  BOX_SEAL_BYTES,
  createBoxKeyPair,
  freshBoxKeyPair,
  openSealed,
  sealFor,
  type BoxKeyPair,
  type Opened,
} from "./sealing/box.ts";
export { mapKeyTag, tagKeyFrom } from "./sealing/map-tags.ts";
export { Keyring, type KeyringParts } from "./sealing/keyring.ts";
export { keyId, openTopic, sealTopic, TOPIC_SEAL_BYTES } from "./sealing/topic-seal.ts";

export {
  deriveMesh,
  TICKET_BITS_DEFAULT,
  type Admission,
  type MeshKeys,
  type MeshOptions,
} from "./admission/mesh-keys.ts";
export { createSecret, parseSecret } from "./admission/secret.ts";
export { checkTicket, mintTicket, readTicket } from "./admission/ticket.ts";
export { inviteLink, inviteText, parseInvite, type Invite } from "./admission/invite.ts";
export {
  createRoot,
  exportRoot,
  importRoot,
  issueInvite,
  type InviteOptions,
  type Issuer,
  type RoleName,
  type Root,
} from "./admission/issuing.ts";
