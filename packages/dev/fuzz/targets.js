// Who has something to throw bytes at. The packages say what; this process must be able to import their sources.
import { pathToFileURL } from "node:url";
import { root } from "../setup.js";

const files = [
  "protocol/src/fuzz-targets",
  "protocol/src/peer-sequences",
  "protocol/src/hostile-member",
  "crypto/src/fuzz-targets",
  "links/src/fuzz-targets",
  "store/src/fuzz-targets",
  "mesh/src/fuzz-targets",
  "../signaling/src/fuzz-targets",
];

/** @returns {Promise<import("./loop.js").Target[]>} */
export async function targetsOf() {
  const modules = await Promise.all(
    files.map((file) => import(/* @vite-ignore */ pathToFileURL(`${root}/packages/${file}.testing.ts`).href)),
  );
  return modules.flatMap(({ targets }) => targets);
}
