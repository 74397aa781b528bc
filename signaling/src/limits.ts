/**
 * What one seed grants, each number with its reason. Reaching one delays, refuses or closes in the order stated beside
 * it; it never grows memory and never harms a socket that did not cause it. What both ends must agree on stands in
 * `seedLimits` of @grapevine/protocol/seed.
 */
export interface SeedLimits {
  // --- places -------------------------------------------------------------------------------------------------------
  /** Open WebSockets; the next one is refused with HTTP 503. */
  readonly socketsMax: number;
  /** Open WebSockets of one address (of one /64 in IPv6); the next one is refused with HTTP 429. */
  readonly addressSocketsMax: number;
  /** Rooms with somebody in them; the first of one more is closed with `full`. */
  readonly roomsMax: number;
  /** The sample kept of a room: beyond it every newcomer displaces a random other, which is told `release`. */
  readonly roomSample: number;
  /** Sockets in one room, those that may not be displaced yet included; one more is closed with `full`. */
  readonly roomSocketsMax: number;
  /** Nobody is displaced before it has sat for so long. */
  readonly settleMs: number;
  /** A displaced socket may go on signalling for so long. */
  readonly releaseGraceMs: number;
  /** A displaced peer is asked to stay away for half to one and a half times as long. */
  readonly retryAfterMs: number;
  /** Random others in a welcome. */
  readonly welcomePeers: number;

  // --- rates: token buckets, filled at the rate up to the burst -------------------------------------------------------
  /** New WebSockets from one address; beyond it HTTP 429. */
  readonly addressHandshakes: Rate;
  /** Messages from one socket; beyond it the socket is read no further for a while, far beyond it is closed. */
  readonly socketMessages: Rate;
  /** Bytes from one socket, and bytes of the answers to its asks; treated likewise. */
  readonly socketBytes: Rate;
  /** Messages and bytes from all sockets of one address; beyond it they are read no further for a while. */
  readonly addressMessages: Rate;
  readonly addressBytes: Rate;
  /** Addresses remembered; beyond it the one unheard of for longest is forgotten if it has no socket, else HTTP 503. */
  readonly addressesMax: number;

  // --- time and buffers -----------------------------------------------------------------------------------------------
  /** A socket that has not said hello by then is closed with `helloTimeout`. */
  readonly helloMs: number;
  /** Every socket is pinged this often; one that was silent for two periods is cut. */
  readonly pingPeriodMs: number;
  /** Others of a room that each introduction looks after, beside those it names. */
  readonly probes: number;
  /** A socket that was pinged and silent for so long is handed out only for want of others. */
  readonly doubtMs: number;
  /** Seats looked at for one introduction; beyond it those in doubt are named. */
  readonly drawTries: number;
  /** Signals to a socket with more bytes unread than this are answered with `gone`. */
  readonly relayBufferBytesMax: number;
  /** A socket with more bytes unread than this is closed with `tooSlow`. */
  readonly bufferBytesMax: number;
  /** A closing handshake takes no longer; then the connection is cut. */
  readonly closeMs: number;
  /** HTTP headers: all of them, and the time in which they must have come. */
  readonly headersBytesMax: number;
  readonly headersMs: number;
}

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export const DEFAULT_LIMITS: SeedLimits = {
  // Measured: 14 to 28 KiB each, so some 220 MiB; Node raises its file descriptors to the hard limit itself.
  socketsMax: 8192,
  // A school or an office behind one address, and the room's whole sample.
  addressSocketsMax: 256,
  // Half of all sockets: a room needs two to be of use.
  roomsMax: 4096,
  // DESIGN keeps "a random, rotating sample of each room": enough that the same peer is seldom handed out twice.
  roomSample: 256,
  // A crowd of 2 000 may arrive within `settleMs`; later ones try again in a few seconds.
  roomSocketsMax: 2048,
  // A call is given up after 12 s (the core's `callMs`): whoever was handed out may be called for so long.
  settleMs: 15_000,
  releaseGraceMs: 12_000,
  // Guess: 10 000 peers away come back at 17 a second, and at 30 more to ask every five minutes. Measured: a core greets
  // 2 000 a second.
  retryAfterMs: 600_000,
  // Five links are what a peer wants first (the core's `linksMin`), and some do not answer.
  welcomePeers: 8,
  // A class of 30 opens the same page at once, several times over; a reconnecting office after a restart.
  addressHandshakes: { perSecond: 16, burst: 256 },
  // The only one in a room answers a crowd of 256 at once; a peer at rest sends one message in five minutes.
  socketMessages: { perSecond: 32, burst: 256 },
  // As many offers of 4 KiB each, and twice that for cards.
  socketBytes: { perSecond: 256 * 1024, burst: 2 * 1024 * 1024 },
  // Eight sockets that use their allowance in full.
  addressMessages: { perSecond: 256, burst: 2048 },
  addressBytes: { perSecond: 2 * 1024 * 1024, burst: 16 * 1024 * 1024 },
  // Some 200 B each.
  addressesMax: 65_536,
  // A slow phone's round trip is 1 s; hello follows the handshake at once.
  helloMs: 10_000,
  // Below the 30 s after which home routers and proxies begin to forget idle connections.
  pingPeriodMs: 20_000,
  // Guess: after nine of ten crashed, the first fifty askers leave no dead seat of the sample unnoticed.
  probes: 16,
  // Two round trips of a slow phone.
  doubtMs: 2_000,
  // The room's whole sample.
  drawTries: 256,
  // Eight of the largest signals.
  relayBufferBytesMax: 256 * 1024,
  // 1 000 slow readers hold 512 MiB at worst.
  bufferBytesMax: 512 * 1024,
  // Two round trips of a slow phone.
  closeMs: 2_000,
  // A browser's headers with cookies of the same site.
  headersBytesMax: 8 * 1024,
  headersMs: 10_000,
};
