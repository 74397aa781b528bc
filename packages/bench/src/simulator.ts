/** The simulator: whole peers under virtual time. How much of a mesh's life one core simulates, and what a peer sends. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Part } from "./part.ts";
import { format } from "./report.ts";

interface Run {
  readonly inputs: number;
  readonly rumors: number;
  readonly deliveries: number;
  readonly bytesPerNodeSecond: number;
}

export const simulator: Part = {
  name: "simulator",
  title: "Simulator",
  run({ quick }) {
    const grapevine = fileURLToPath(new URL("../../daemon/bin/grapevine.js", import.meta.url));
    const rows = (quick ? [25] : [25, 50]).map((nodes) => {
      const startMs = performance.now();
      const { stdout, status } = spawnSync(
        process.execPath,
        [grapevine, "simulate", "spread", "--nodes", `${nodes}`, "--runs", "1", "--json"],
        { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "ignore"] },
      );
      const seconds = (performance.now() - startMs) / 1000;
      if (status !== 0) throw new Error(`expected grapevine simulate to end well, got ${status}`);
      const [run] = (JSON.parse(stdout) as { runs: Run[] }).runs as [Run];
      return { nodes, seconds, ...run };
    });
    return Promise.resolve({
      tables: [
        {
          title: "Whole peers under virtual time, with loss and churn",
          method: "`grapevine simulate spread`, one run each, start of the process included.",
          columns: [
            "peers",
            "inputs handled",
            "seconds",
            "inputs a second",
            "deliveries",
            "bytes a peer sends a second",
          ],
          rows: rows.map(({ nodes, inputs, seconds, deliveries, bytesPerNodeSecond }) => [
            `${nodes}`,
            ...[inputs, seconds, inputs / seconds, deliveries, bytesPerNodeSecond].map(format),
          ]),
        },
      ],
      ratios: [],
      data: {
        runs: rows.map(({ nodes, seconds, inputs, deliveries, bytesPerNodeSecond }) => ({
          nodes,
          seconds,
          inputs,
          deliveries,
          bytesPerNodeSecond,
        })),
      },
    });
  },
};
