/** A Grapevine peer for servers: what the `grapevine` command runs, for programs that want the same. */
export { runPeer } from "./peer.ts";
export type { Join, JoinOptions, PeerMesh, PeerOptions, PeerTopic, Report } from "./peer.ts";
