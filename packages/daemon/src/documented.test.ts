// Every command of `grapevine` that the documents give in full is one, with flags and values that it takes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runSimulate } from "@grapevine/simulator/cli";
import { program } from "./program.ts";

const root = join(import.meta.dirname, "../../..");

test.each([
  "README.md",
  "ARCHITECTURE.md",
  "SECURITY.md",
  "packages/mesh/README.md",
  "packages/bench/README.md",
  "packages/simulator/README.md",
  "packages/daemon/README.md",
  "signaling/README.md",
  "demo/README.md",
])("the commands in %s are understood", async (document) => {
  const wrong: string[] = [];
  for (const line of commandsIn(readFileSync(join(root, document), "utf8"))) {
    if (!(await parses(line))) wrong.push(line);
  }
  expect(wrong).toEqual([]);
});

test("commands are found, and wrong ones are told from right ones", async () => {
  const found = commandsIn(readFileSync(join(root, "README.md"), "utf8"));
  expect(found.length).toBeGreaterThan(8);
  expect(await parses("simulate sampling --nodes 10")).toBe(true);
  expect(await parses("simulate sampling --nodes ten")).toBe(false);
  expect(await parses("peer --mesh lobby")).toBe(true);
  expect(await parses("peer --mash lobby")).toBe(false);
});

/** What stands behind `grapevine` where a command is given in full: in a shell's block, or between backticks. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.split("\n"));
  const spans = [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
  return [...blocks, ...spans].flatMap((line) => {
    const found = /^(?:npx )?(?:-p @grapevine\/daemon )?(?:grapevine (\S.*)|(simulate \S.*))$/.exec(
      line.replaceAll(/\s+/g, " ").replace(/ #.*$/, "").trim(),
    );
    const given = found?.[1] ?? found?.[2];
    // Left out, or one of several: a line that shows a shape.
    return given === undefined || /\.\.\.|\|/.test(given) ? [] : [given];
  });
}

/** Does the command know these flags, their values, and what else is given? Nothing is run. */
async function parses(line: string): Promise<boolean> {
  const args = line
    .replaceAll(/<[^>]+>/g, (what) => PLACEHOLDERS[what] ?? "word")
    .split(" ")
    .map((word) => PLACEHOLDERS[word] ?? word);
  const [command = "", ...rest] = args;
  if (args.length === 1 || rest[0] === "--help") return commands.has(command);
  if (command === "simulate") {
    const io = { out: () => {}, err: () => {}, writeFile: async () => {}, nowMs: () => 0 };
    return (await runSimulate(rest, io, async () => 0)) === 0;
  }
  const never = (): never => {
    throw new Error("expected nothing to be run");
  };
  const grapevine = program({ join: never, simulate: never, print: () => {}, signal: new AbortController().signal });
  const found = grapevine.commands.find((one) => one.name() === command);
  if (found === undefined) return false;
  const quiet = { writeOut: () => {}, writeErr: () => {} };
  let ran = false;
  for (const one of [grapevine, found]) one.exitOverride().configureOutput(quiet);
  found.action(() => void (ran = true));
  await grapevine.parseAsync(args, { from: "user" }).catch(() => {});
  return ran;
}

const commands = new Set(
  program({
    join: () => new Promise(() => {}),
    simulate: async () => {},
    print: () => {},
    signal: new AbortController().signal,
  }).commands.map((command) => command.name()),
);

/** What a reader puts in. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  "<url>": "ws://localhost:7700",
  f: "0.1",
};
