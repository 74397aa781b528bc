/**
 * What the page's address says: `?mesh=lobby`, `?seed=ws://host:7700` (again for more; `none` for no seed), `?ice=`
 * (again for more; `none` for no STUN or TURN even when the seed offers some).
 */

export interface Settings {
  readonly mesh: string;
  readonly seeds: readonly string[];
  /** Undefined leaves it to the seed. */
  readonly iceServers: readonly { readonly urls: string }[] | undefined;
}

/** The seed's port where the address does not say otherwise. Source: `grapevine-seed`. */
export const seedPort = 7700;

export function settingsFrom({
  protocol,
  hostname,
  search,
}: Pick<Location, "protocol" | "hostname" | "search">): Settings {
  const query = new URLSearchParams(search);
  const mesh = query.get("mesh")?.trim() ?? "";
  const seeds = valuesOf(query, "seed");
  const ice = valuesOf(query, "ice");
  return {
    mesh: mesh === "" ? "lobby" : mesh,
    seeds: seeds ?? [`${protocol === "https:" ? "wss" : "ws"}://${hostname}:${seedPort}`],
    iceServers: ice?.map((urls) => ({ urls })),
  };
}

/** All values of a parameter, [] for `none`, undefined when it is not there or empty. */
function valuesOf(query: URLSearchParams, name: string): string[] | undefined {
  const values = query
    .getAll(name)
    .flatMap((value) => value.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "");
  if (values.length === 0) return undefined;
  return values.includes("none") ? [] : values;
}

/** Whether only this machine can open an address of this host. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname.startsWith("127.") || hostname === "[::1]"
  );
}

/**
 * The address under which somebody else joins the same mesh: this page's, on another host where one is given. A seed
 * that is named by a loopback address would be the other's own, so it is renamed alike.
 */
export function invitation(href: string, host?: string): string {
  const url = new URL(href);
  url.hash = "";
  if (host === undefined) return url.href;
  url.hostname = host;
  const seeds = url.searchParams.getAll("seed").map((seed) => {
    if (!URL.canParse(seed) || !isLoopback(new URL(seed).hostname)) return seed;
    const renamed = new URL(seed);
    renamed.hostname = host;
    return renamed.href.replace(/\/$/, "");
  });
  url.searchParams.delete("seed");
  for (const seed of seeds) url.searchParams.append("seed", seed);
  return url.href;
}
