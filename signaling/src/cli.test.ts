import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { seedClose } from "@grapevine/protocol/seed";
import { afterEach, describe, expect, test } from "vitest";
import { seated } from "./peer.testing.ts";
import { seedVersion, startSeed } from "./seed.ts";

const bin = fileURLToPath(new URL("../bin/grapevine-seed.js", import.meta.url));
const children: ChildProcess[] = [];

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  /** The address in the line that says where it listens. */
  readonly url: Promise<string>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let out = "";
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      const listening = /listens at (\S+)\n/.exec(out)?.[1];
      if (listening !== undefined) resolve(listening);
    });
    child.on("close", () => reject(new Error(`ended without listening: ${err}`)));
  });
  // Most runs never listen.
  url.catch(() => {});
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, out, err }));
  return { child, ended, url };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe("grapevine-seed", { timeout: 20_000 }, () => {
  test.each(["SIGINT", "SIGTERM"] as const)("listens, says where, and ends in good order on %s", async (signal) => {
    const { child, ended, url } = run("--port", "0");
    const peer = await seated(await url, "peer");
    child.kill(signal);
    expect(await peer.closed).toBe(seedClose.shutdown);
    expect(await ended).toMatchObject({ code: 0, err: "" });
  });

  test("says that a port is taken, and exits with 1", async () => {
    const seed = await startSeed({ port: 0, host: "127.0.0.1" });
    try {
      const { code, err } = await run("--port", String(seed.port)).ended;
      expect(err).toBe(`grapevine-seed: port ${seed.port} of 127.0.0.1 is taken by another program\n`);
      expect(code).toBe(1);
    } finally {
      await seed.close();
    }
  });

  test("says what is wrong with its arguments, and exits with 2", async () => {
    const [unknown, invalid] = await Promise.all([run("--bogus").ended, run("--port", "70000").ended]);
    expect(unknown).toMatchObject({ code: 2, out: "", err: "grapevine-seed: Unknown option '--bogus'\nTry --help.\n" });
    expect(invalid).toMatchObject({
      code: 2,
      out: "",
      err: "grapevine-seed: expected port as a whole number from 0 to 65535, got 70000\nTry --help.\n",
    });
  });

  test("tells its options and its version", async () => {
    const [help, version] = await Promise.all([run("--help").ended, run("--version").ended]);
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining("--ice-servers-file <path>") as string });
    expect(version).toMatchObject({ code: 0, out: `${seedVersion}\n` });
  });
});
