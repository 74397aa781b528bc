/**
 * A Node peer under test, in a process of its own. It takes one JSON command a line from its standard input and
 * answers one JSON event a line on its standard output.
 */
import { createInterface } from "node:readline";
import { join, type ProfileFields } from "@grapevine/mesh";
import { nodeDatachannel } from "@grapevine/mesh/node-datachannel";

const [name, engine, ...seeds] = process.argv.slice(2);
const webrtc = engine === "node-datachannel" ? { webrtc: nodeDatachannel() } : {};
const mesh = await join({ mesh: name!, seeds, iceServers: [], ...webrtc });
const chat = mesh.topic("chat");
const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

void (async () => {
  for await (const { author, own, data } of chat.messages({ from: "start" }))
    say({ event: "heard", author, own, data });
})();
mesh.on("neighbor-up", ({ peer }) => say({ event: "neighbor-up", peer }));
mesh.on("neighbor-down", ({ peer }) => say({ event: "neighbor-down", peer }));
mesh.on("member-changed", ({ peer, profile }) => say({ event: "member-changed", peer, profile }));
say({ event: "joined", peerId: mesh.peerId });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as { publish?: unknown; profile?: ProfileFields; leave?: true };
  if (command.publish !== undefined) await chat.publish(command.publish);
  if (command.profile !== undefined) await mesh.profile.set(command.profile);
  if (command.leave === true) break;
}
await mesh.leave();
say({ event: "left" });
process.stdin.destroy();
