// What this package needs from the browser platform; `#platform` picks this file or its twin.
import { linkLimits } from "./limits.ts";
import type { OpenBroadcast } from "./siblings.ts";
import { type WebRtc, nativeWebRtc } from "./webrtc.ts";

/** What tabs like best. Source: measured, messages of 1 to 4 KiB. */
export const messageBytesMax: number = 4 * 1024;

/** Nothing that a page could count. */
export const connectionCost: { readonly descriptors: number; readonly threads: number } = {
  descriptors: 0,
  threads: 0,
};

/** Browsers keep their WebRTC machinery alive by themselves. */
export const dropsIdleFactory: boolean = false;

/** Nothing waits for it here. */
export function collectGarbage(): void {}

export function loadWebRtc(): WebRtc {
  return nativeWebRtc();
}

export const createBurst: number = linkLimits.pageCreateBurst;
export const createPeriodMs: number = linkLimits.pageCreatePeriodMs;

/** Pages are bounded by `linkLimits.connectionsMax` alone. */
export function connectionsLeft(_beginning: number, _descriptorsEach?: number): number {
  return Infinity;
}

/** A WebSocket to a seed. */
export function openWebSocket(url: string): WebSocket {
  return new WebSocket(url);
}

/** Browsers resolve no names for us. */
export const resolveHost: ((host: string) => Promise<readonly string[]>) | undefined = undefined;

/** A channel to the other tabs of this origin; undefined where the platform has none. */
export const openBroadcast: OpenBroadcast | undefined =
  typeof BroadcastChannel === "undefined"
    ? undefined
    : (name, onMessage) => {
        const channel = new BroadcastChannel(name);
        channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => onMessage(data));
        return {
          // eslint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
          post: (message) => channel.postMessage(message),
          close: () => channel.close(),
        };
      };
