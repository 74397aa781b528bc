import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { linkLimits } from "./limits.ts";
import { connectionsLeft } from "./platform.node.ts";

const left = connectionsLeft(0);

test("a connection that begins is counted before the system counts it", () => {
  expect(connectionsLeft(3)).toBe(Number.isFinite(left) ? left - 3 : left);
});

test.runIf(process.platform === "linux" && Number.isFinite(left))("other open files leave room for fewer", () => {
  const files = Array.from({ length: 3 * linkLimits.descriptorsPerConnection }, () => openSync("/dev/null", "r"));
  const then = connectionsLeft(0);
  for (const file of files) closeSync(file);
  expect(then).toBe(left - 3);
});
