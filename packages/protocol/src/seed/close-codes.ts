/**
 * Why a seed's WebSocket ends. Codes from 4000 on are the protocol's own (RFC 6455, 7.4.2); they are stable, and
 * signaling/README.md lists them with what to do about each. A socket that has gone silent is cut without a code.
 */
export const seedClose = {
  /** RFC 6455: either side is done. */
  normal: 1000,
  /** RFC 6455: the seed shuts down. Come back soon, perhaps to another. */
  shutdown: 1001,
  /** RFC 6455, sent by the WebSocket layer: a broken frame. */
  brokenFrame: 1002,
  /** RFC 6455, sent by the WebSocket layer: a message longer than `messageBytesMax`. */
  tooBig: 1009,
  /** Follows `release`: the room is bigger than the sample that the seed keeps. */
  released: 4000,
  /** A message that does not decode, or a text message. */
  malformed: 4001,
  /** Hello named a version that the seed does not speak. */
  version: 4002,
  /** Something else before hello, or a second hello. */
  unexpected: 4003,
  /** No hello in time. */
  helloTimeout: 4004,
  /** Sent far more than the allowance, after having been slowed down. */
  tooFast: 4005,
  /** Did not read what was sent to it. */
  tooSlow: 4006,
  /** No place: too many rooms, or the room takes no more for the moment. Try later. */
  full: 4007,
} as const;

export type SeedCloseCode = (typeof seedClose)[keyof typeof seedClose];
