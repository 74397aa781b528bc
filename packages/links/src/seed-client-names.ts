/**
 * How a seed is named: `ws://host:port`, `wss://host`, or `dns:host:port`, which stands for all the addresses that the
 * name resolves to.
 */
import { seedClientLimits } from "./seed-client-limits.ts";
import { LinkError } from "./link.ts";

export type SeedName =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "dns"; readonly host: string; readonly port: number };

/** Throws a LinkError "invalid-argument". `dns`: whether names can be resolved here. */
export function parseSeedName(name: unknown, dns: boolean): SeedName {
  if (typeof name !== "string") throw expected(typeof name);
  const [, host, port] = /^dns:([\w.-]{1,253}):(\d{1,5})$/.exec(name) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) {
    if (!dns) throw new LinkError("invalid-argument", `expected a ws: or wss: seed in a browser, got "${name}"`);
    return { kind: "dns", host, port: Number(port) };
  }
  if (!URL.canParse(name)) throw expected(JSON.stringify(name));
  const url = new URL(name);
  // A WebSocket takes no fragment, and a name is no place for a password.
  const plain = url.username === "" && url.password === "" && !name.includes("#");
  if ((url.protocol !== "ws:" && url.protocol !== "wss:") || !plain) throw expected(JSON.stringify(name));
  return { kind: "url", url: name };
}

/**
 * The seeds at the addresses of a name, in an order that every peer agrees on, for those who meet at one seed must try
 * the same one first.
 */
export function seedUrls(addresses: readonly string[], port: number): string[] {
  const ordered = [...new Set(addresses)].toSorted((a, b) => Number(isV6(a)) - Number(isV6(b)) || (a < b ? -1 : 1));
  return ordered
    .slice(0, seedClientLimits.addressesMax)
    .map((address) => `ws://${isV6(address) ? `[${address}]` : address}:${port}`);
}

function isV6(address: string): boolean {
  return address.includes(":");
}

function expected(got: string): LinkError {
  const what = 'a seed like "ws://host:port", "wss://host" or "dns:host:port"';
  return new LinkError("invalid-argument", `expected ${what}, got ${got}`);
}
