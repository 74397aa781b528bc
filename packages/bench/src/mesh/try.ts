// A quick look at one contender, for whoever changes something: node dist/mesh/try.js [contender] [nodes] [window] [author count] [profile folder]
import { Cluster } from "./cluster.ts";
import type { Contender } from "./contender.ts";

const [
  contender = "grapevine",
  nodes = "10",
  window = "256",
  authors = "10",
  mode = "packed",
  size = "256",
  profileTo,
] = process.argv.slice(2);
const cluster = new Cluster({
  contender: contender as Contender,
  nodes: Number(nodes),
  processes: 2,
  seed: 1,
  profileTo,
});
try {
  console.log("formed", await cluster.form());
  console.log(await cluster.pace({ perSecond: 20, size: 256, measureMs: 3000 }));
  const list = Array.from({ length: Number(authors) }, (_, i) => i);
  for (const w of window.split(",")) {
    const r = await cluster.saturate({
      authors: list,
      size: Number(size),
      window: Number(w),
      oneByOne: mode !== "packed",
      warmUpMs: 1000,
      measureMs: 3000,
    });
    console.log(w, r);
  }
  console.log("MB/node", await cluster.megabytesPerNode());
  if (process.env["STATS"]) console.log(JSON.stringify((await cluster.stats())[0]![0], null, 1));
} finally {
  await cluster.stop();
}
