/** `npm run soak -- flips [flips]`: every bit of every caught frame, mesh after mesh, until so many were flipped; a million by default. */
import { Flips } from "./flips.testing.ts";

const wanted = Number(process.argv[2] ?? 1_000_000);
const kinds = new Map<string, number>();
let flips = 0;
for (let seed = 1; flips < wanted; seed++) {
  const one = new Flips(seed);
  one.run(1, 0);
  flips += one.flips;
  for (const [kind, count] of one.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  process.stderr.write(`${flips} flips, seed ${seed}\n`);
}
process.stdout.write(`${JSON.stringify({ flips, kinds: Object.fromEntries(kinds) })}\n`);
