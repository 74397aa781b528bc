/**
 * Bounds of the seed's wire protocol, the same at both ends. What one seed grants its sockets (rates, rooms, places) is
 * its operator's to choose and stands in signaling/src/limits.ts.
 */
export const seedLimits = {
  /** Name of a room: the hash of a mesh's name. */
  roomBytes: 32,
  /** Name of a place in a room. Reason: random, so that nobody can aim at a seat that it was not given. */
  seatBytes: 8,
  /** A credential sealed to the mesh key. Reason: 1 KiB of ticket, 160 B of keys and signature, 72 B of seal. */
  cardBytesMax: 1536,
  /** One sealed offer or answer. Reason: 16 KiB of SDP (`limits.signalBytesMax`), a card, a seal; and as much again. */
  signalBytesMax: 32_768,
  /** Cards in one message. Reason: at the largest card it stays below the largest signal. */
  peersMax: 16,
  /** ICE servers in a welcome. Reason: browsers warn from five on, for each slows the gathering of candidates. */
  iceServersMax: 8,
  /** Addresses of one ICE server. Reason: UDP, TCP and TLS of one host, and one to spare. */
  iceUrlsMax: 4,
  /** One address, user name or credential. Reason: time-limited TURN user names take some 50 B, tokens up to 250 B. */
  iceTextBytesMax: 512,
  /** A released peer is never sent away for longer. Reason: a day later nobody knows what has become of the mesh. */
  retryAfterMsMax: 86_400_000,
  /** One message of either side. Reason: the largest welcome (ICE servers 24 KiB, cards 24 KiB), which exceeds the largest signal. */
  messageBytesMax: 53_248,
} as const;
