/**
 * Every bound of a link and of an engine, each with its reason. The sizes of frames and signals are the protocol's
 * (`limits.frameBytesMax`, `limits.signalBytesMax`); what stands here protects the process and the page.
 */
export const linkLimits = {
  // --- one link -----------------------------------------------------------------------------------------------------
  /** Largest message that may be asked for. Reason: every stack takes 64 KiB; wrtc closes silently beyond 256 KiB. */
  messageBytesMost: 65_536,
  /** Smallest message that may be asked for. Reason: below one packet (1 200 B) packing gains nothing. */
  messageBytesLeast: 1024,
  /** Least and most bytes in flight on a channel. Source: reference "webrtc in practice"; 1 MiB is what others use. */
  windowBytesMin: 65_536,
  windowBytesMax: 1_048_576,
  /** The window holds what drains in this time. Source: DESIGN. */
  windowMs: 100,
  /** Control frames waiting beyond the window; one more ends the link. Reason: it drains in a second at 1 MB/s. */
  controlQueueBytesMax: 1_048_576,
  /** Data frames waiting beyond the window; one more is dropped. Reason: 26 links at worst hold 104 MiB. Guess. */
  dataQueueBytesMax: 4_194_304,
  /** What arrives on one channel before the other is open. Reason: one flush of the other side's first words. */
  earlyMessagesMax: 64,
  /** A goodbye is waited for this long. Reason: SCTP sends a lost packet again after a second. */
  goodbyeMs: 1_500,
  /** Candidates in one SDP. Reason: hosts with many addresses state some 40; each costs us packets to a stranger's choice. */
  candidatesMax: 64,

  // --- connecting ---------------------------------------------------------------------------------------------------
  /** From `open` to `onOpen`, all waiting included. Source: the core's `callMs`. */
  connectMs: 12_000,
  /** An offer leaves with the candidates found in this time. Guess: a STUN answer from far away takes 0.3 s. */
  gatherMs: 1_000,
  /** Dials that work at once. Source: measured, more than about 5 at once lose connections. */
  dialsMax: 5,
  /** Connections that may be created in one burst, and one more in each period. Reason: Chromium counts 500 a page, */
  /** closed ones too until a major collection; a peer that joins makes some 20, and then few. */
  createBurst: 64,
  createPeriodMs: 500,
  /** After a constructor failed none is tried for so long, doubling. Guess: a collection frees them by then. */
  backOffMsMin: 1_000,
  backOffMsMax: 60_000,

  // --- one process or page ------------------------------------------------------------------------------------------
  /** Connections at most, whatever the file descriptors allow. Reason: 2 threads each in Node; 500 a page in Chromium. */
  connectionsMax: 256,
  /** File descriptors of one connection in Node. Source: measured, 16 with 4 local addresses. */
  descriptorsPerConnection: 16,
  /** File descriptors left for everything else. Reason: at 1 024 the process aborts near 62 connections; this gives 56. */
  descriptorsReserved: 128,
} as const;
