import { describeLinkContract } from "./link-contract.testing.ts";
import { createWebRtcEngine } from "./webrtc-engine.ts";

describeLinkContract("over WebRTC", () => [
  createWebRtcEngine({ iceServers: [] }),
  createWebRtcEngine({ iceServers: [] }),
]);
