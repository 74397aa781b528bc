/** Writes until the disk is full, waits for room (a line on standard input), writes on, and says what it wrote. */
import { levelStore } from "./index.ts";
import { open, loadAll, persist } from "./store-contract.testing.ts";
import { written } from "./written.testing.ts";

const { store, warnings } = await open(levelStore(process.argv[2]!));
await loadAll(store);
let seq = 0;
while (warnings.length === 0) {
  persist(store, written(2, ++seq, { bodyBytes: 1000 }));
  await store.settled();
}
process.stdout.write("full\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
persist(store, written(2, ++seq, { bodyBytes: 1000 }));
// Tries once more, and what could not be written before is in it.
await store.close();
process.stdout.write(`${JSON.stringify({ seq, warnings })}\n`);
process.exit();
