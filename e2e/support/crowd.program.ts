/**
 * Several Node peers in one process, as many as its file limit allows. Commands and events as those of
 * `node-peer.program.ts`; every event names the peer that it concerns.
 */
import { createInterface } from "node:readline";
import { join } from "@grapevine/mesh";

const [name, count, ...seeds] = process.argv.slice(2);
const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

const meshes = await Promise.all(
  Array.from({ length: Number(count) }, () => join({ mesh: name!, seeds, iceServers: [] })),
);
for (const mesh of meshes) {
  const { peerId } = mesh;
  mesh.topic("chat").on("message", ({ author, data }) => say({ event: "heard", peerId, author, data }));
  const links = (): void => say({ event: "links", peerId, peers: mesh.neighbors.map(({ peer }) => peer) });
  mesh.on("neighbor-up", links);
  mesh.on("neighbor-down", links);
  links();
}
say({ event: "joined", peerIds: meshes.map(({ peerId }) => peerId) });

for await (const line of createInterface({ input: process.stdin })) {
  const { publish } = JSON.parse(line) as { publish?: string };
  if (publish === undefined) break;
  await Promise.all(meshes.map((mesh) => mesh.topic("chat").publish(`${publish} of ${mesh.peerId}`)));
}
await Promise.all(meshes.map((mesh) => mesh.leave()));
process.stdin.destroy();
