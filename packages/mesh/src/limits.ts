/**
 * Bounds of what one application can ask of its own peer, each with its reason. Those that protect a peer from others
 * stand in the core's `limits.ts`.
 */
export const meshLimits = {
  /** Publishing waits so long for a key that no removed member has. Guess: asking every neighbor takes less; beyond it words matter more. */
  keyWaitMs: 5_000,
  /** A page asks again for a part that could not be loaded, this much later. Guess: a network that is gone for a moment. */
  loadAgainMs: 5_000,
  /** UTF-8 bytes of a mesh's or a topic's name. Reason: names are hashed, never sent; longer ones are a mistake. */
  nameBytesMax: 256,
  /** ICE servers of one mesh. Reason: browsers warn above four, for each one delays gathering. */
  iceServersMax: 16,
  /** Least `neighborsMax`. Reason: one call, as many callers, a place for joiners and one to spare. */
  neighborsMin: 4,
  /** Greatest `neighborsMax`. Reason: measured, wrtc aborts the process near 62 connections at 1 024 file descriptors. */
  neighborsMax: 48,
  /** Least period of mongering. Guess: below a round trip no cycle has its answers. */
  mongerPeriodMsMin: 20,
  /** Greatest period of mongering. Reason: beyond it a hot rumor ends by its age before it was told. */
  mongerPeriodMsMax: 10_000,
  /** Neighbors of this run and those before, remembered for the next. Reason: more than anybody has at once. */
  anchorsMax: 32,
  /** Topics with a handle. Reason: each one holds listeners, readers and a list of what was delivered. */
  topicsMax: 1024,
  /** Maps with a handle. Reason: each one holds listeners, and what it opened of its entries. */
  mapsMax: 256,
  /** UTF-8 bytes of a map's key. Reason: keys are names; they travel with each entry. */
  mapKeyBytesMax: 512,
  /** Key and value of a map's entry, encoded together. Reason: the core's limit for a body, less what a seal adds. */
  mapEntryBytesMax: 65_000,
  /** A deletion stands so long, then it is remembered only. Source: some days, as in Demers et al.; Cassandra keeps ten. */
  mapDeletionMs: 604_800_000,
  /** A profile, encoded. Reason: everybody holds everybody's. */
  profileBytesMax: 1_024,
  /** A map is ready after so long, though no neighbor has said that it holds the same. Source: `joinMs`. */
  mapReadyMs: 10_000,
  /** Peers that are asked whether they hold an entry too. Source: DESIGN. */
  mapWitnessesMax: 9,
  /** Each of them answers within this time, or does not count. Guess: a route of three hops, there and back. */
  mapWitnessMs: 5_000,
  /** Messages of history buffered for a reader; what is more it reads from the journal when it gets there. Reason: a few turns of a tab. */
  readerAheadMax: 1024,
  /** Messages that one reader is given, and for how long, until others have their turn. Reason: a fifth of what a page calls a long task. */
  readerSliceMax: 128,
  readerSliceMs: 10,
  /** Messages waiting for one reader that is not being read. Reason: seconds of a busy topic; then it has to resume. */
  readerMessagesMax: 10_000,
  /** Bytes of rumors waiting for one reader. Reason: 32 at their largest. */
  readerBytesMax: 8_388_608,
  /** A rumor is full with this much. Guess: one signature for some 250 messages of 256 B, and 5 ms on a link of 100 Mbit/s. */
  batchBytes: 65_536,
  /** A publisher waits for links that are behind no longer than this for each rumor. Guess: slow, and never stopped. */
  publishWaitMs: 1_000,
  /** One message, encoded: 1 MiB of bytes or text with its tag and length. Source: the project's goals. */
  messageBytesMax: 1_048_580,
  /** Piece of a message that is larger than a full rumor. Guess: 3 ms on a link of 100 Mbit/s, and 32 signatures at most. */
  fragmentBytes: 32_768,
  /** Large messages on their way in, for each topic and order; oldest dropped first. Reason: each holds up to 1 MiB of rumors. */
  assembliesMax: 64,
  /** Messages in one rumor. Reason: a receiver hands them to its listeners in one go. */
  batchMessagesMax: 4096,
  /** Bytes handed to `publish` and not yet in a rumor. Reason: memory of a publisher that does not await. */
  publishBytesMax: 16_777_216,
  /** Requests of one peer that its responders are still working on. Reason: memory; beyond it others are turned away. */
  requestsServedMax: 256,
  /** Of these, of one asker. Reason: whoever asks what takes for ever leaves half of the places to others. */
  requestsServedOfOneMax: 128,
  /** UTF-8 bytes of a method's name. Reason: it travels with each request. */
  methodBytesMax: 128,
  /** Default time-out of `send` and `request`. Guess: a route of three hops, and a responder that thinks for a while. */
  callTimeoutMs: 10_000,
  /** Greatest time-out that a caller can ask for. Reason: timers hold 32 bits. */
  timeoutMsMax: 2_147_483_647,
  /** `join` settles after this long. Source: DESIGN. */
  joinMs: 10_000,
  /** Inputs kept by `trace: true`. Guess: some minutes of a quiet mesh. */
  traceInputsMax: 50_000,
} as const;
