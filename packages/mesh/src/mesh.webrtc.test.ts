import { describe } from "vitest";
import { meshContract } from "./mesh-contract.testing.ts";

describe("over WebRTC", () => {
  meshContract("webrtc");
});
