/**
 * What one network address is granted, whatever the number of its sockets: places, new sockets, messages and bytes. An
 * IPv6 address counts by its /64, for that is what one subscriber is given (RFC 6177).
 */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import type { SeedLimits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";

/** One address's account. */
export interface Address {
  sockets: number;
  readonly handshakes: TokenBucket;
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
}

export class Addresses {
  /** In the order in which they were last heard of. */
  private readonly accounts = new Map<string, Address>();
  private readonly limits: SeedLimits;

  constructor(limits: SeedLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.accounts.size;
  }

  /** Charge a new socket. Returns the account to be given back by `release`, or the HTTP status of the refusal. */
  admit(name: string, nowMs: number): Address | 429 | 503 {
    const known = this.accounts.get(name);
    if (known === undefined && this.accounts.size >= this.limits.addressesMax && !this.forgetOldest()) return 503;
    const address = known ?? this.open(nowMs);
    this.accounts.delete(name);
    this.accounts.set(name, address);
    if (address.sockets >= this.limits.addressSocketsMax || !address.handshakes.take(1, nowMs)) return 429;
    address.sockets++;
    return address;
  }

  release(address: Address): void {
    address.sockets--;
  }

  /** Forget accounts that a new one would equal. */
  sweep(nowMs: number): void {
    for (const [name, address] of this.accounts) {
      const full = address.handshakes.isFull(nowMs) && address.messages.isFull(nowMs) && address.bytes.isFull(nowMs);
      if (address.sockets === 0 && full) this.accounts.delete(name);
    }
  }

  private open(nowMs: number): Address {
    const { addressHandshakes, addressMessages, addressBytes } = this.limits;
    return {
      sockets: 0,
      handshakes: new TokenBucket(addressHandshakes, nowMs),
      messages: new TokenBucket(addressMessages, nowMs),
      bytes: new TokenBucket(addressBytes, nowMs),
    };
  }

  /** Forget the address without sockets that is unheard of for longest; gives up when many in a row have some. */
  private forgetOldest(): boolean {
    let tries = 16;
    for (const [name, address] of this.accounts) {
      this.accounts.delete(name);
      if (address.sockets === 0) return true;
      this.accounts.set(name, address);
      if (--tries === 0) return false;
    }
    return false;
  }
}

/** The address to charge. `trustProxy`: the last hop is our own proxy, which appends whom it speaks for. */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers["x-forwarded-for"] : undefined;
  // Only the last entry is the proxy's own word; what stands before it came with the request.
  const last = (Array.isArray(forwarded) ? forwarded.join(",") : forwarded)?.split(",").at(-1)?.trim();
  return network(last !== undefined && last !== "" ? last.slice(0, 64) : (request.socket.remoteAddress ?? "unknown"));
}

/** The part of an address that one subscriber holds. Some proxies name the port too, which is anybody's to choose. */
export function network(address: string): string {
  const plain = address
    .toLowerCase()
    .replace(/^\[(.*)\](?::\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
    .replace(/^::ffff:(?=\d+\.)/, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
