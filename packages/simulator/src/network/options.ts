/**
 * How the modelled network behaves, with what is known of WebRTC as defaults. Everything random is drawn from the
 * world's seed.
 */
import type { Span } from "../chance.ts";
import type { GeographyOptions } from "./geography.ts";

export interface NetworkOptions extends GeographyOptions {
  /** Share of packets lost, each on its own. */
  readonly loss: number;
  /** Mean of the exponential jitter of each message. Guess. */
  readonly jitterMs: number;
  /** Shared by all links of a node. 1 250 bytes a millisecond are 10 Mbit/s. */
  readonly uplinkBytesPerMs: number;
  /** First retransmission, then doubling. Source: RFC 4960 RTO.Min 1 s; measured "about a second" in Chromium. */
  readonly retransmitMs: number;
  /**
   * Longest pause between retransmissions. Source: libwebrtc caps dcSCTP's timers at 3 s (`dcsctp_transport.cc`), in Chromium
   * and in wrtc; libdatachannel at 10 s; RFC 4960 alone would allow 60 s.
   */
  readonly retransmitMsMax: number;
  /** From the last signal to open channels. Measured 37 to 112 ms between tabs; slow paths take up to a second. */
  readonly dialMs: Span;
  /** Share of dials that fail for no reason that anyone sees. Measured: 0 to 8% by engine and load. */
  readonly dialFailure: number;
  /** Making an offer or answer without trickling. Measured 5 to 60 ms with host candidates only. */
  readonly gatherMs: Span;
  /** Dials under way at once at one node; further ones wait. Source: links package, measured in wrtc. */
  readonly dialsMax: number;
  /** A dial that has not ended by then has failed. Source: links package. */
  readonly dialTimeoutMs: number;
  /** How long an end takes to see that the other is gone: ICE consent (RFC 7675) and its browsers' variants. */
  readonly consentMs: Span;
  /** `writable` turns false above this many unacknowledged bytes. Source: DESIGN, window of 64 KiB to 1 MiB. */
  readonly queueHighBytes: number;
  readonly queueLowBytes: number;
  /** Bytes of an offer or answer. Measured 0.5 to 3 KiB. */
  readonly signalBytes: number;
}

export const DEFAULT_NETWORK: NetworkOptions = {
  extentMs: 60,
  lastMileMs: [1, 10],
  unreachablePairs: 0.02,
  loss: 0,
  jitterMs: 1,
  uplinkBytesPerMs: 1_250,
  retransmitMs: 1_000,
  retransmitMsMax: 3_000,
  dialMs: [40, 1_000],
  dialFailure: 0.02,
  gatherMs: [5, 60],
  dialsMax: 5,
  dialTimeoutMs: 15_000,
  consentMs: [5_000, 30_000],
  queueHighBytes: 1024 * 1024,
  queueLowBytes: 64 * 1024,
  signalBytes: 1_000,
};

/** What one packet carries of a message. Source: SCTP over DTLS over UDP at an MTU of 1 280, as libwebrtc sets it. */
export const packetBytesMax = 1_180;
/** IP, UDP, DTLS record, SCTP common and chunk headers. */
export const packetOverheadBytes: number = 20 + 8 + 29 + 28;
/** Length prefix of one frame in a message. Source: links package. */
export const frameOverheadBytes = 3;
/** One message on the unreliable channel, and the bytes that may wait before it. Source: links package. */
export const datagramBytesMax = 1_100;
export const datagramsBufferedBytesMax = 16_384;
