// `npm run reproduce [-- --quick] [-- --only text]`: the simulator held against the figures of the literature, published,
// reference, ours and the deviation side by side. Exit code 1 when a figure misses, 2 for a wrong flag.
import { parseArgs } from "node:util";
import { setUp } from "./setup.js";

setUp();
await import("./from-source.js");
const { reproduce } = await import("@grapevine/simulator/reproduce");
try {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, only: { type: "string", default: "" } },
  });
  const missed = reproduce(values, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    nowMs: () => performance.now(),
  });
  process.exitCode = missed === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error("usage: npm run reproduce [-- [--quick] [--only <text of a title>]]");
  process.exitCode = 2;
}
