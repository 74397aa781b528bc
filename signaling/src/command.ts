/**
 * The words of the `grapevine-seed` command: what may be said on its command line, and what that means.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SeedError, expected } from "./error.ts";
import type { IceServerOption, SeedOptions } from "./options.ts";

export const USAGE: string = `Usage: grapevine-seed [options]

Introduces the peers of Grapevine meshes to each other.

  --port <number>            port to listen on (7700; 0 takes a free one)
  --host <address>           address to listen on (127.0.0.1; 0.0.0.0 for the whole network)
  --ice-server <server>      a STUN url, or { "urls", "username", "credential" } as JSON; may be repeated
  --ice-servers-file <path>  the same as a JSON array: credentials in a file are not seen by other users
  --origin <origin>          let in pages of this origin only; may be repeated
  --trust-proxy              take addresses from X-Forwarded-For: only behind a proxy of your own
  --help                     this text
  --version                  the version
`;

/** What was asked for. Throws a SeedError or one of `parseArgs`, whose codes begin with ERR_PARSE_ARGS. */
export function parseCommand(args: readonly string[]): SeedOptions | "help" | "version" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "7700" },
      host: { type: "string", default: "127.0.0.1" },
      "ice-server": { type: "string", multiple: true, default: [] },
      "ice-servers-file": { type: "string" },
      origin: { type: "string", multiple: true },
      "trust-proxy": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      version: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (values.version) return "version";
  return {
    port: portOf(values.port),
    host: values.host,
    iceServers: [...values["ice-server"].map(iceServerOf), ...iceServersIn(values["ice-servers-file"])],
    origins: values.origin,
    trustProxy: values["trust-proxy"],
  };
}

function portOf(text: string): number {
  if (!/^\d+$/.test(text)) throw expected("--port as a whole number from 0 to 65535", text);
  return Number(text);
}

function iceServerOf(text: string): IceServerOption {
  return text.startsWith("{") ? (parseJson("--ice-server", text) as IceServerOption) : { urls: text };
}

function iceServersIn(path: string | undefined): readonly IceServerOption[] {
  if (path === undefined) return [];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SeedError("invalid-argument", `cannot read --ice-servers-file: ${(error as Error).message}`);
  }
  const servers = parseJson("--ice-servers-file", text);
  if (!Array.isArray(servers)) throw expected("--ice-servers-file to hold a JSON array", servers);
  return servers as IceServerOption[];
}

function parseJson(flag: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What was given may hold a credential: it is not shown.
    throw new SeedError("invalid-argument", `expected ${flag} to be JSON, got text that does not parse`);
  }
}
