import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { Addresses, addressOf, network } from "./addresses.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

describe("the address of a request", () => {
  test("is the socket's, whatever a header says", () => {
    expect(addressOf(request("192.0.2.1", "198.51.100.7"), false)).toBe("192.0.2.1");
  });

  test("is the last one that a trusted proxy names: those before it came with the request", () => {
    expect(addressOf(request("127.0.0.1", "203.0.113.9, 198.51.100.7"), true)).toBe("198.51.100.7");
  });

  test("is the proxy's own when it names nobody", () => {
    expect(addressOf(request("127.0.0.1"), true)).toBe("127.0.0.1");
    expect(addressOf(request("127.0.0.1", ""), true)).toBe("127.0.0.1");
  });
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:2::6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["192.0.2.1:4711", "192.0.2.1"],
  ["[2001:db8:1:2::6]:4711", "2001:db8:1:2::/64"],
  ["[::ffff:192.0.2.1]", "192.0.2.1"],
  ["nonsense", "nonsense"],
])("the network of %s is %s", (address, expected) => {
  expect(network(address)).toBe(expected);
});

describe("accounts", () => {
  const limits = {
    ...DEFAULT_LIMITS,
    addressSocketsMax: 2,
    addressesMax: 2,
    addressHandshakes: { perSecond: 1, burst: 3 },
  };

  test("take so many sockets of one address, and one more when one is given back", () => {
    const addresses = new Addresses(limits);
    const account = addresses.admit("a", 0);
    expect(addresses.admit("a", 0)).toBe(account);
    expect(addresses.admit("a", 0)).toBe(429);
    if (typeof account === "number") throw new Error("refused");
    addresses.release(account);
    expect(addresses.admit("a", 0)).toBe(account);
  });

  test("take so many sockets of one address in a second", () => {
    const addresses = new Addresses(limits);
    for (let i = 0; i < 3; i++) {
      const account = addresses.admit("a", 0);
      if (typeof account === "number") throw new Error("refused");
      addresses.release(account);
    }
    expect(addresses.admit("a", 0)).toBe(429);
    expect(addresses.admit("a", 1000)).not.toBe(429);
  });

  test("of addresses that have no socket make room for new ones; others do not", () => {
    const addresses = new Addresses(limits);
    const a = addresses.admit("a", 0);
    addresses.admit("b", 0);
    expect(addresses.admit("c", 0)).toBe(503);
    if (typeof a === "number") throw new Error("refused");
    addresses.release(a);
    expect(addresses.admit("c", 0)).not.toBe(503);
    expect(addresses.size).toBe(2);
  });

  test("are forgotten once nothing is owed", () => {
    const addresses = new Addresses(limits);
    const account = addresses.admit("a", 0);
    addresses.sweep(10_000);
    expect(addresses.size).toBe(1);
    if (typeof account === "number") throw new Error("refused");
    addresses.release(account);
    addresses.sweep(10_000);
    expect(addresses.size).toBe(0);
  });
});
