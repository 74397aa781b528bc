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
  /** Message on the unreliable channel. Source: DESIGN; with SCTP, DTLS and UDP around it, one packet on any path. */
  datagramBytesMax: 1_100,
  /** Bytes that the unreliable channel may hold; more are dropped. Reason: 15 packets, an initial window (RFC 6928). */
  datagramsBufferedBytesMax: 16_384,
  /** What arrives on one channel before the other is open. Reason: one flush of the other side's first words. */
  earlyMessagesMax: 64,
  /** A goodbye is waited for this long. Reason: SCTP sends a lost packet again after a second, and then after two. */
  goodbyeMs: 3_500,
  /** Candidates in one SDP. Reason: hosts with many addresses state some 40; each costs us packets to a stranger's choice. */
  candidatesMax: 64,

  // --- connecting ---------------------------------------------------------------------------------------------------
  /** From `open` to `onOpen`, all waiting included. Source: the core's `callMs`. */
  connectMs: 12_000,
  /** An offer leaves this long after its first candidate, if not complete. Guess: STUN from far away answers in 0.3 s. */
  gatherMs: 1_000,
  /** The same where no server is asked: then at the latest. */
  gatherHostMs: 50,
  /** There it leaves when no candidate came for so long. Measured: hosts' come within 5 ms, the end of gathering 100 ms later. */
  gatherQuietMs: 8,
  /** A connection made ready is kept for so long. Reason: a key, a proof of work and a seed's welcome take 0.1 s, on slow phones 1 s. */
  standbyMs: 3_000,
  /** None is made ready where fewer links are left. Guess: calls that are under way need them. */
  standbyRoom: 8,
  /** Dials at work at once in a process. Source: measured, more than about 5 at once lose connections. */
  dialsMax: 5,
  /** A dial gives up its place after this time, and goes on. Reason: five to peers that vanished must not stop the others. */
  dialMs: 2_000,
  /** After a constructor failed none is tried for so long, doubling. Guess: a collection frees them by then. */
  backOffMsMin: 1_000,
  backOffMsMax: 60_000,
  /**
   * Connections that a page may create in one burst, and the time that gives it one more. Reason: Chromium has 500 a
   * page, and counts closed ones until a major collection; a peer that joins makes some 20, and few after that.
   */
  pageCreateBurst: 64,
  pageCreatePeriodMs: 500,
  /** The same for Node, where nothing is kept of a closed one. Reason: 3 ms of a processor for each. */
  nodeCreateBurst: 256,
  nodeCreatePeriodMs: 20,

  // --- one process or page ------------------------------------------------------------------------------------------
  /** Connections at most, whatever the file descriptors allow. Reason: 2 threads each in Node; 500 a page in Chromium. */
  connectionsMax: 256,
  /**
   * File descriptors kept for a connection that begins. Source: measured with 4 local addresses, 16 each when they come
   * one by one, 34 when five at once do, for every one that begins makes those that gather do it again.
   */
  descriptorsPerConnection: 40,
  /**
   * Times that a process may leave its last mesh and join again before it collects what wrtc left behind: 4 threads and
   * 8 descriptors each time. Reason: 32 threads are bearable, and a collection of a large heap may take a second.
   */
  abandonedFactoriesMax: 8,
  /**
   * With descriptors for so many more connections, a dial gives up its place when its signal has left, and not when it has
   * gathered all. Measured: ten peers in a process form a mesh in 1.05 s instead of 1.4 s, with 41 descriptors a connection
   * instead of 24.
   */
  roomyConnections: 64,
  /** Of a connection of wrtc's that is open. Source: measured with 4 local addresses. */
  descriptorsPerOpenConnection: 16,
  threadsPerOpenConnection: 2,
  /** File descriptors left for everything else: wrtc aborts the process when there are none. Guess. */
  descriptorsReserved: 128,
} as const;
