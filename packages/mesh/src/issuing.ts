/**
 * Making root keys and invitations, beside the mesh and not within it: a page that only joins carries none of this.
 */
export {
  createRoot,
  exportRoot,
  importRoot,
  inviteLink,
  inviteText,
  issueInvite,
  openIdentity,
  type InviteOptions,
  type Issuer,
  type RoleName,
  type Root,
} from "@grapevine/crypto";
