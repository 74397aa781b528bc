// node-datachannel is a development dependency, so that all this really runs; for users it is optional.
import { afterEach, expect, test } from "vitest";
import { describeLinkContract } from "./link-contract.testing.ts";
import type { LinkEngine } from "./link.ts";
import { nodeDatachannel } from "./node-datachannel.ts";
import { bytesFor, connect } from "./recorder.testing.ts";
import { createWebRtcEngine } from "./webrtc-engine.ts";

const engines: LinkEngine[] = [];
function engine(options: { wrtc?: unknown } = {}): LinkEngine {
  const made = createWebRtcEngine({ iceServers: [], ...options });
  engines.push(made);
  return made;
}
const second = (): LinkEngine => engine({ wrtc: nodeDatachannel() });
afterEach(async () => {
  await Promise.all(engines.splice(0).map((made) => made.close()));
});

describeLinkContract("over node-datachannel", () => [second(), second()], { offersMayFail: [true, true] });

describeLinkContract("from wrtc to node-datachannel", () => [engine(), second()], { offersMayFail: [false, true] });

test("node-datachannel calls wrtc, and both are heard", async () => {
  const [caller, callee] = await connect(second(), engine(), 5);
  caller.link.send("data", bytesFor(1, 200_000));
  callee.link.send("control", bytesFor(2, 100));
  expect((await callee.received(1))[0]).toEqual({ channel: "data", bytes: bytesFor(1, 200_000) });
  expect((await caller.received(1))[0]).toEqual({ channel: "control", bytes: bytesFor(2, 100) });
  callee.link.close("done");
  expect(await caller.closed()).toBe("goodbye");
});

test("the constructors are the same in every call, so that engines share what a process has once", () => {
  expect(nodeDatachannel()).toBe(nodeDatachannel());
});
