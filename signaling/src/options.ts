/**
 * What `startSeed` can be told, and the checks of it: every mistake is named before a port is opened.
 */
import type { IceServer } from "@grapevine/protocol/seed";
import { iceServerFault, seedLimits } from "@grapevine/protocol/seed";
import { expected } from "./error.ts";
import type { Rate, SeedLimits } from "./limits.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

export interface SeedOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Address to listen on. "127.0.0.1" is reached from this machine only, "0.0.0.0" from everywhere. */
  readonly host: string;
  /**
   * STUN and TURN servers for the peers, handed out in every welcome. A function is called for each welcome, so that
   * TURN credentials can be made to expire.
   */
  readonly iceServers?: readonly IceServerOption[] | (() => readonly IceServerOption[]) | undefined;
  /** Pages of these origins only ("https://example.org"). Peers outside browsers send none and are let in. */
  readonly origins?: readonly string[] | undefined;
  /** Believe the last entry of X-Forwarded-For. Only behind a proxy of your own: anybody can send that header. */
  readonly trustProxy?: boolean | undefined;
  readonly limits?: Partial<SeedLimits> | undefined;
}

/** As RTCConfiguration has it: one URL or several. */
export interface IceServerOption {
  readonly urls: string | readonly string[];
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

export interface CheckedOptions {
  readonly port: number;
  readonly host: string;
  readonly iceServers: () => readonly IceServer[];
  readonly origins: ReadonlySet<string> | undefined;
  readonly trustProxy: boolean;
  readonly limits: SeedLimits;
}

export function checkOptions(options: SeedOptions): CheckedOptions {
  const { port, host, iceServers = [], origins, trustProxy = false, limits = {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw expected("port as a whole number from 0 to 65535", port);
  if (typeof host !== "string" || host === "") throw expected("host as a name or address", host);
  if (origins !== undefined && !Array.isArray(origins)) throw expected("origins as an array", origins);
  if (typeof trustProxy !== "boolean") throw expected("trustProxy as true or false", trustProxy);
  return {
    port,
    host,
    iceServers: checkIceOption(iceServers),
    origins: origins === undefined ? undefined : new Set(origins.map(checkOrigin)),
    trustProxy,
    limits: checkLimits(limits),
  };
}

/** Check ICE servers as an operator writes them. Throws a SeedError. */
export function checkIceServers(value: unknown): readonly IceServer[] {
  if (!Array.isArray(value)) throw expected("ICE servers as an array", value);
  if (value.length > seedLimits.iceServersMax) {
    throw expected(`at most ${seedLimits.iceServersMax} ICE servers`, value.length);
  }
  return value.map(checkIceServer);
}

function checkIceOption(option: unknown): () => readonly IceServer[] {
  if (typeof option === "function") return () => checkIceServers(option());
  const checked = checkIceServers(option);
  return () => checked;
}

function checkIceServer(value: unknown): IceServer {
  if (typeof value !== "object" || value === null)
    throw expected("an ICE server as { urls, username, credential }", value);
  const { urls, username, credential } = value as Record<string, unknown>;
  const list: unknown[] = Array.isArray(urls) ? urls : [urls];
  for (const text of [...list, username ?? "", credential ?? ""]) {
    if (typeof text !== "string") throw expected("urls, username and credential of an ICE server as text", text);
  }
  const server = {
    urls: list as string[],
    ...(username === undefined ? {} : { username: username as string }),
    ...(credential === undefined ? {} : { credential: credential as string }),
  };
  const fault = iceServerFault(server);
  // Urls may be shown; what else it holds is secret.
  if (fault !== undefined) throw expected(`an ICE server with ${fault}`, server.urls.join(", "));
  return server;
}

function checkOrigin(origin: unknown): string {
  if (typeof origin !== "string" || !URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw expected('an origin like "https://example.org"', origin);
  }
  return origin;
}

function checkLimits(limits: Partial<SeedLimits>): SeedLimits {
  for (const [name, value] of Object.entries(limits)) {
    const usual = (DEFAULT_LIMITS as unknown as Record<string, number | Rate>)[name];
    if (usual === undefined) throw expected("limits of `SeedLimits`", name);
    if (typeof usual === "number") {
      checkNumber(`limits.${name}`, value, 0);
      continue;
    }
    const { perSecond, burst } = (value ?? {}) as Partial<Rate>;
    // A bucket that is never refilled would stop its socket for ever.
    checkNumber(`limits.${name}.perSecond`, perSecond, Number.MIN_VALUE);
    checkNumber(`limits.${name}.burst`, burst, 1);
  }
  return { ...DEFAULT_LIMITS, ...limits };
}

function checkNumber(what: string, value: unknown, least: number): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least) {
    throw expected(
      `${what} as a number${least >= 1 ? ` from ${least} on` : least > 0 ? " above 0" : " of 0 or more"}`,
      value,
    );
  }
}
