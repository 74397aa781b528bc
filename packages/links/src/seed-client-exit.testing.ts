// A process of its own with two clients: one whose seed says nothing, and one that finds its second seed. It closes both;
// `seed-client.test.ts` waits for it to exit.
import { testClient } from "./seed-client.testing.ts";

const [mute, ...seeds] = process.argv.slice(2);
const stuck = testClient([mute!]);
stuck.client.announce(new Uint8Array(1));
const lucky = testClient(seeds);
lucky.client.announce(new Uint8Array(1));
await lucky.told("onProblem");
await lucky.told("onUp");
await lucky.told("onPeers");
const states = [stuck, lucky].flatMap(({ client }) => client.states.map(({ state }) => state));
stuck.client.close();
lucky.client.close();
process.stdout.write(states.join(", "));
