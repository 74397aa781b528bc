// The commands of `grapevine` and their flags. A wrong flag is answered with what was expected and what came, and exit
// code 2; a mesh that cannot be joined with its reason, and exit code 1.
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { runPeer, type Join, type PeerOptions, type Report } from "./peer.ts";

/** What the commands touch of the world. */
export interface Surroundings {
  join: Join;
  print: (line: string) => void;
  /** What stands behind `simulate`; resolves with the exit code, its errors told. */
  simulate: (args: readonly string[]) => Promise<void>;
  /** Aborts when the process is asked to end. */
  signal: AbortSignal;
}

export function program({ join, print, simulate, signal }: Surroundings): Command {
  const grapevine = new Command("grapevine").description("A peer of a Grapevine mesh, on the command line.");
  grapevine
    .command("peer")
    .description("Join a mesh and stay until interrupted, reporting what happens.")
    .requiredOption("--mesh <name>", "name of the mesh", named)
    .option("--seed <url>", "a seed, ws:// or wss:// (repeatable; none: start alone)", collect(seedAddress), [])
    .option(
      "--ice-server <url>",
      "a STUN or TURN server (repeatable; default: what the seed offers)",
      collect(iceServer),
      [],
    )
    .option("--secret <secret>", "secret of the mesh, if it has one")
    .option("--store <directory>", "keep its key and its history here, and be the same peer again", named)
    .option("--echo-topic <name>", "answer every message of this topic with { echo: message }", named)
    .option("--json", "print one JSON object a line")
    .action(async ({ json, ...options }: PeerOptions & { json?: true }) => {
      await runPeer(join, options, json === true ? jsonLines(print) : plainLines(print), signal);
    });
  grapevine
    .command("simulate [args...]")
    .description("Run whole meshes under a virtual clock and a faulty network; see `simulate --help`.")
    // The simulator reads its own flags.
    .helpOption(false)
    .allowUnknownOption()
    .action(async (args: readonly string[]) => {
      await simulate(args);
    });
  grapevine
    .command("version")
    .description("Print the version.")
    .action(() => print(version()));
  return grapevine;
}

function collect(check: (text: string) => string) {
  return (text: string, before: readonly string[]): string[] => [...before, check(text)];
}

function named(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("expected a name, got nothing.");
}

function seedAddress(text: string): string {
  if (/^wss?:$/.test(protocolOf(text)) || text.startsWith("dns:")) return text;
  throw new InvalidArgumentError("expected an address that begins with ws://, wss:// or dns:.");
}

function iceServer(text: string): string {
  if (/^(stun|stuns|turn|turns):$/.test(protocolOf(text))) return text;
  throw new InvalidArgumentError("expected an address that begins with stun: or turn:.");
}

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : "";
}

function jsonLines(print: (line: string) => void): Report {
  return (event, details) => print(JSON.stringify({ event, ...details }));
}

/** `neighbor-up peerId=5Hk... rttMs=3`: what can be said in a word; the rest is for `--json`. */
function plainLines(print: (line: string) => void): Report {
  return (event, details) => {
    const words = Object.entries(details)
      .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      .map(([key, value]) => `${key}=${value}`);
    print([event, ...words].join(" "));
  };
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
