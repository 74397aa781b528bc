/** The seed client's times and bounds, each with its reason. Sizes of messages stand in `seedLimits` of the protocol. */
export const seedClientLimits = {
  /** Seeds in the list. Reason: all that are stalled may be tried at once. */
  seedsMax: 16,
  /** Addresses taken of one `dns:` name, the first in order. Reason: the same. */
  addressesMax: 8,
  /** From opening a socket to the welcome. Reason: a slow phone's DNS, TCP, TLS and HTTP take 5 s; `join` gives up at 10 s. */
  connectMs: 10_000,
  /** The next in the list is tried too when one has not answered by then. Guess, in the spirit of RFC 8305. */
  stallMs: 2_000,
  /** First wait after a failure, doubling; drawn between half of it and all of it. */
  retryMsMin: 1_000,
  /** Longest wait. Reason: until its peers are back at a restarted seed, newcomers there are alone. */
  retryMsMax: 15_000,
  /** A connection that stood for so long was none of the failing ones: the waits begin anew. */
  stableMs: 60_000,
  /** Asks on the way to one seed; further ones are dropped. Guess: the core asks seldom. */
  asksMax: 8,
  /** An ask unanswered for so long means that the connection is dead. Browsers do not show us the seed's pings. */
  answerMs: 10_000,
  /** A name is resolved anew when it was last resolved so long ago and a connection is wanted. */
  resolveMs: 60_000,
  /** A seed that released us must close the socket by then, else we do. Reason: its grace is 12 s. */
  lingerMs: 30_000,
  /** Least stay away from a seed that released us, unless we need it. */
  releaseMsMin: 10_000,
  /** Unsent bytes; further signals are dropped. Reason: 32 of the largest. */
  bufferBytesMax: 1_048_576,
  /** A seed that names others leads to a link by then, or is passed over. Guess: a call takes 2 s; `join` gives up at 10 s. */
  barrenMs: 5_000,
  /** So long. Guess: its mesh may have become reachable by then. */
  shunMs: 300_000,
  /** No seed is up for so long, and tabs of the same origin are asked. Guess: a seed that lives answers in half of it. */
  seedlessMs: 1_000,
  /** Answers of siblings are gathered for so long. Guess: a message between tabs takes some milliseconds. */
  siblingsMs: 50,
  /** Siblings known, the latest; each is a tab of this browser. */
  siblingsMax: 64,
  /** Messages of one seed in a second; more, and it is no seed of ours. Reason: twice a crowd of 256 that calls at once. */
  messagesPerSecondMax: 512,
} as const;
