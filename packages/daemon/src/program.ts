// The commands of `grapevine` and their flags. A wrong flag is answered with what was expected and what came, and exit
// code 2; a mesh that cannot be joined with its reason, and exit code 1.
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Terminal } from "./chat.ts";
import { makeInvite, makeRoot, showIdentity, type InviteFlags } from "./invitations.ts";
import { revokeKey, type JoinToRevoke, type RevokeFlags } from "./revoking.ts";
import { runPeer, type Join, type PeerOptions, type Report } from "./peer.ts";

/** What the commands touch of the world. */
export interface Surroundings {
  join: Join;
  print: (line: string) => void;
  /** What stands behind `simulate`; resolves with the exit code, its errors told. */
  simulate: (args: readonly string[]) => Promise<void>;
  /** What is typed, line by line. */
  lines?: Terminal["lines"];
  /** Aborts when the process is asked to end. */
  signal: AbortSignal;
}

export function program({ join, print, simulate, lines, signal }: Surroundings): Command {
  const grapevine = new Command("grapevine")
    .description("A peer of a Grapevine mesh, on the command line.")
    .version(version(), "-V, --version", "print the version");
  grapevine
    .command("peer")
    .description("Join a mesh and stay until interrupted, reporting what happens.")
    .option("--mesh <name>", "name of the mesh; an invitation names its own", named)
    .addOption(repeatable("--seed <url>", "a seed, ws:// or wss://", seedAddress, "none, start alone"))
    .addOption(repeatable("--ice-server <url>", "a STUN or TURN server", iceServer, "what the seed offers"))
    // What stands on a command line is seen by every user of the machine.
    .addOption(new Option("--secret <secret>", "secret of the mesh, if it has one").env("GRAPEVINE_SECRET"))
    .addOption(
      new Option("--invite <invitation>", "an invitation, as one word or the link that it came in").env(
        "GRAPEVINE_INVITE",
      ),
    )
    .option("--identity <file>", "keep its key in this file, and be the same peer again", named)
    .option("--store <directory>", "keep its key and its history here, and be the same peer again", named)
    .option("--rotate <hours>", "change the keys of topics this often; 0: when somebody is removed", hours)
    .addOption(
      new Option("--history <which>", "what newcomers may read, if we are an admin").choices(["all", "since-join"]),
    )
    .option("--echo-topic <name>", "answer every message of this topic with { echo: message }", named)
    .addOption(
      new Option("--chat [topic]", "say what is typed to this topic, and print what others say").preset("chat"),
    )
    .option("--name <name>", "what others see it called in the chat", named)
    .option("--json", "print one JSON object a line")
    .action(async ({ json, ...options }: PeerOptions & { json?: true }, command: Command) => {
      if (options.mesh === undefined && options.invite === undefined) {
        command.error("error: required option '--mesh <name>' not specified");
      }
      const plain = options.chat === undefined ? plainLines(print) : chatLines(print);
      await runPeer(join, options, json === true ? jsonLines(print) : plain, signal, lines);
    });
  grapevine
    .command("identity <file>")
    .description("Print the id of the peer whose key is in this file; make one when there is none.")
    .action(async (file: string) => {
      print(await showIdentity(file, (message) => print(`warning ${message}`)));
    });
  grapevine
    .command("root <file>")
    .description(
      "Make the root key of a mesh: whoever has it decides who is in, and reads it. Never over a file that is there.",
    )
    .requiredOption("--mesh <name>", "name of the mesh", named)
    .action(async (file: string, { mesh }: { mesh: string }) => {
      await makeRoot(file, mesh);
      print(
        `the root key of ${JSON.stringify(mesh)} is in ${file}: keep a copy in a safe place, and show it to nobody`,
      );
    });
  grapevine
    .command("invite")
    .description("Print an invitation to a mesh with a root key. It is a secret: whoever holds it is in.")
    .requiredOption("--root <file>", "the root key, made by `grapevine root`", named)
    .addOption(
      new Option("--role <role>", "what it admits to").choices(["reader", "writer", "admin"]).default("writer"),
    )
    .option("--name <name>", "what others see its holder called", named)
    .option("--days <days>", "how long it counts, and whoever came by it is admitted (default: for ever)", days)
    .option("--to <peer>", "for this peer alone, by its id")
    .option("--may-invite", "let its holder invite others")
    .addOption(repeatable("--seed <url>", "a seed to begin with, at most 4", seedAddress, "none"))
    .option("--page <url>", "print a link to this page as well")
    .action(async (flags: InviteFlags) => {
      const { invite, link } = await makeInvite(flags, Date.now());
      print(invite);
      if (link !== undefined) print(link);
    });
  grapevine
    .command("revoke <key>")
    .description(
      "Say to a mesh with a root key that a key counts no longer, and with it whoever rests on it: a peer's id, an account's, " +
        "or an invitation by its word. As the root, or as an admin, who revokes no admin.",
    )
    .option("--root <file>", "the root key, made by `grapevine root`", named)
    .option("--identity <file>", "or the key of an admin", named)
    .addOption(
      new Option("--invite <invitation>", "and the invitation that the admin came with").env("GRAPEVINE_INVITE"),
    )
    .addOption(repeatable("--seed <url>", "a seed", seedAddress, "those in the invitation"))
    .addOption(
      new Option("--keep <what>", "what of it stands: all that can be heard now, or nothing")
        .choices(["all", "none"])
        .default("all"),
    )
    .option("--before <time>", "only what it wrote before this time, such as 2026-11-21T15:00Z", moment)
    .option("--listen <seconds>", "how long to listen for what it wrote, at most", seconds, 15)
    .action(async (key: string, { listen, ...flags }: Omit<RevokeFlags, "listenMs"> & { listen: number }) => {
      await revokeKey(join as unknown as JoinToRevoke, key, { ...flags, listenMs: listen * 1_000 }, print, signal);
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

/** An option that may be given several times; `otherwise` says in words what holds when it is not given. */
function repeatable(flags: string, description: string, check: (text: string) => string, otherwise: string): Option {
  return new Option(flags, `${description}; may be repeated`)
    .argParser((text, before: readonly string[]) => [...before, check(text)])
    .default([], otherwise);
}

function named(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("expected a name, got nothing.");
}

function hours(text: string): number {
  const count = Number(text);
  if (text.trim() !== "" && (count === 0 || (count >= 1 / 60 && count <= 24 * 365))) return count;
  throw new InvalidArgumentError("expected a number of hours, 0 or from a minute to a year.");
}

function days(text: string): number {
  const count = Number(text);
  if (count > 0 && count <= 36_500) return count;
  throw new InvalidArgumentError("expected a number of days, above 0 and at most 36500.");
}

function seconds(text: string): number {
  const count = Number(text);
  if (count >= 1 && count <= 3_600) return count;
  throw new InvalidArgumentError("expected a number of seconds, from 1 to 3600.");
}

function moment(text: string): number {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError("expected a time such as 2026-11-21T15:00Z.");
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

/** Between lines of a chat only what concerns whoever types is told. */
function chatLines(print: (line: string) => void): Report {
  const tell = plainLines((line) => print(`* ${line}`));
  return (event, details) => {
    if (event === "message") print(Object.values(details).join(": "));
    else if (["joined", "left", "state", "convicted", "warning"].includes(event)) tell(event, details);
  };
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
