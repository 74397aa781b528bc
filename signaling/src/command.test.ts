import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { USAGE, parseCommand } from "./command.ts";
import { checkOptions } from "./options.ts";

const folder = mkdtempSync(join(tmpdir(), "seed-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("without arguments it listens on this machine only, at port 7700", () => {
  expect(parseCommand([])).toEqual({
    port: 7700,
    host: "127.0.0.1",
    iceServers: [],
    origins: undefined,
    trustProxy: false,
  });
});

test("ICE servers come from the command line and from a file", () => {
  const path = file("ice.json", JSON.stringify([{ urls: ["turn:b"], username: "u", credential: "c" }]));
  const json = JSON.stringify({ urls: "stun:c" });
  expect(parseCommand(["--ice-server", "stun:a:3478", "--ice-server", json, "--ice-servers-file", path])).toMatchObject(
    {
      iceServers: [{ urls: "stun:a:3478" }, { urls: "stun:c" }, { urls: ["turn:b"], username: "u", credential: "c" }],
    },
  );
});

test("every option that it takes is told by --help", () => {
  expect(parseCommand(["--port=1", "--help"])).toBe("help");
  expect(parseCommand(["--version"])).toBe("version");
  expect(
    parseCommand(["--port=1", "--host=::", "--origin=https://a", "--origin=https://b", "--trust-proxy"]),
  ).toMatchObject({ port: 1, host: "::", origins: ["https://a", "https://b"], trustProxy: true });
  for (const option of ["port", "host", "ice-server", "ice-servers-file", "origin", "trust-proxy", "help", "version"]) {
    expect(USAGE).toContain(`--${option} `);
  }
});

describe("it says what is wrong with", () => {
  test.each([
    [["--port", "abc"], 'expected --port as a whole number from 0 to 65535, got "abc"'],
    [["--port"], "Option '--port <value>' argument missing"],
    [["--bogus"], "Unknown option '--bogus'"],
    [["7700"], "Unexpected argument '7700'"],
    [["--trust-proxy=yes"], "Option '--trust-proxy' does not take an argument"],
    [["--ice-server", "http://a"], "expected an ICE server with urls like"],
    [["--ice-server", '{"urls":'], "expected --ice-server to be JSON"],
    [["--ice-servers-file", "/nonexistent.json"], "cannot read --ice-servers-file"],
    [
      ["--ice-servers-file", file("no-array.json", '{ "urls": "stun:a" }')],
      "expected --ice-servers-file to hold a JSON array",
    ],
    [["--origin", "example.org"], "expected an origin like"],
  ])("%j", (args, message) => {
    expect(() => {
      const command = parseCommand(args);
      if (typeof command !== "string") checkOptions(command);
    }).toThrow(message);
  });
});
