/** WebRTC by node-datachannel, for `join({ webrtc: nodeDatachannel() })` in Node; an optional peer dependency. */
export { nodeDatachannel } from "@grapevine/links/node-datachannel";
