/**
 * A peer that is made to be killed: joins alone with a store, says all that it has from earlier runs, and then publishes
 * without end, saying each message that was acknowledged. What it said was acknowledged has to be there at the next
 * start, whenever it dies.
 */
import { levelStore } from "@grapevine/store";
import { createMemoryNetwork, join } from "./index.ts";

const [path = "", run = ""] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const mesh = await join({
  mesh: "kill",
  seeds: [],
  admission: { kind: "open", bits: 0 },
  webrtc: createMemoryNetwork().engine(),
  storage: levelStore(path),
});
mesh.on("warning", ({ message }) => say(`warning ${message}`));
const topics = ["a", "b"].map((name) => mesh.topic<string>(name, { retention: { countMax: 65_536, ageMs: 0 } }));
const { rumors } = mesh.stats().rumors;
for (const topic of topics) {
  const stop = new AbortController();
  // History is read as far as it goes: what is published next comes behind it.
  const end = `${run} begins`;
  const reading = (async () => {
    for await (const { data, own } of topic.messages({ from: "start", signal: stop.signal })) {
      if (own && data === end) return;
      say(`has ${data}`);
    }
  })();
  await topic.publish(end);
  await reading;
}
say(`ready ${rumors}`);
// Two topics publish beside each other, one message at a time and in bursts.
await Promise.all(
  topics.map(async (topic) => {
    for (let i = 0; ; i++) {
      const texts = Array.from({ length: 1 + (i % 3) }, (_, part) => `${run}/${topic.name}/${i}.${part}`);
      await topic.publishMany(texts);
      for (const text of texts) say(`ack ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }),
);
