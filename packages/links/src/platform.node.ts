// What this package needs from the Node platform; `#platform` picks this file or its twin.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seedLimits } from "@grapevine/protocol/seed";
import { type ClientOptions, WebSocket as NodeWebSocket } from "ws";
import { linkLimits } from "./limits.ts";
import { LinkError } from "./link.ts";
import type { OpenBroadcast } from "./siblings.ts";
import { type WebRtc, isWebRtc } from "./webrtc.ts";

/** Source: measured, wrtc is limited by the call and not by the byte, and 16 KiB suits every path. */
export const messageBytesMax: number = 16 * 1024;

/** What one of wrtc's takes of the process. */
export const connectionCost: { readonly descriptors: number; readonly threads: number } = {
  descriptors: linkLimits.descriptorsPerOpenConnection,
  threads: linkLimits.threadsPerOpenConnection,
};

/** wrtc builds its threads anew, and loses the old, whenever the last connection goes; see `KeepAlive`. */
export const dropsIdleFactory: boolean = true;

/** Run full collections soon: what native objects wait for that no pressure on the heap would bring about. */
export function collectGarbage(): void {
  // The way for processes that were not started with --expose-gc; a context made afterwards has the function.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  collect();
  // What connections let go of in their finalizers, which run in a task of their own, goes with the second.
  setTimeout(collect, 10);
}

/** Loads @roamhq/wrtc when first asked: it is optional, native, and takes 60 ms. */
export function loadWebRtc(): WebRtc {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)("@roamhq/wrtc");
  } catch (cause) {
    throw new LinkError("webrtc-unavailable", "expected @roamhq/wrtc to be installed and to load, got an error", {
      cause,
    });
  }
  if (isWebRtc(loaded)) return loaded;
  throw new LinkError("webrtc-unavailable", "expected @roamhq/wrtc to export RTCPeerConnection, got something else");
}

export const createBurst: number = linkLimits.nodeCreateBurst;
export const createPeriodMs: number = linkLimits.nodeCreatePeriodMs;

/**
 * How many connections more there are file descriptors for, with `beginning` of them not counted in the system's table
 * yet. Asked anew each time, for a connection takes as many as the host has addresses, and the process has others.
 */
export function connectionsLeft(
  beginning: number,
  descriptorsEach: number = linkLimits.descriptorsPerConnection,
): number {
  const free = openFilesMax() - openFiles() - linkLimits.descriptorsReserved;
  return Math.floor(free / descriptorsEach) - beginning;
}

/** Descriptors in use; none are counted where the system shows none. */
function openFiles(): number {
  for (const folder of ["/proc/self/fd", "/dev/fd"]) {
    try {
      // Linux tells the number as the size since 6.2. To list 3 000 takes 2 ms, a quarter of what a connection costs.
      return statSync(folder).size || readdirSync(folder).length;
    } catch {
      // Not on this platform.
    }
  }
  return 0;
}

let limit: number | undefined;

/** The soft limit of open files, which Node raises as far as it may when it starts; infinite where none is told. */
function openFilesMax(): number {
  limit ??= readOpenFilesMax();
  return limit;
}

function readOpenFilesMax(): number {
  if (process.platform === "win32") return Infinity;
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    if (soft !== undefined) return Number(soft);
  } catch {
    // No /proc: macOS and the BSDs tell it in a report.
  }
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(report.userLimits?.open_files?.soft);
  return Number.isNaN(soft) ? Infinity : soft;
}

/** A W3C WebSocket to a seed, which may say no more than the protocol lets it. */
export function openWebSocket(url: string): WebSocket {
  // The published types lack the last two.
  const options: ClientOptions & { closeTimeout: number; maxFragments: number } = {
    perMessageDeflate: false,
    maxPayload: seedLimits.messageBytesMax,
    // A seed that does not answer our goodbye must not keep the process from exiting.
    closeTimeout: 500,
    maxFragments: 64,
  };
  return new NodeWebSocket(url, options) as unknown as WebSocket;
}

/** The addresses of a host, as the system resolves it. */
export const resolveHost: ((host: string) => Promise<readonly string[]>) | undefined = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Processes have no siblings. */
export const openBroadcast: OpenBroadcast | undefined = undefined;
