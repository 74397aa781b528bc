// Unit tests and simulator scenarios run from source with no build: the `@grapevine/source` condition makes every
// package import its neighbor's src/. Tests live beside what they test.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  ssr: { resolve: { conditions: ["@grapevine/source", "node", "module", "import", "default"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "signaling/src/**/*.test.ts", "demo/src/**/*.test.ts"],
    // Forks, not threads: @roamhq/wrtc crashes in worker_threads.
    pool: "forks",
    // Vitest leaves one core to itself, but it hardly works while the tests do: on two cores, 195 s instead of 317.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // A test is no stopwatch: this only ends what hangs, on a machine that is busy with other things too.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
