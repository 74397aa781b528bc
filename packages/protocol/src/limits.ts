/**
 * Every bound that protects a peer, in one place, each with its reason. Reaching one drops, refuses or delays in the
 * order stated beside it; it never grows memory and never crashes.
 */
export const limits = {
  // --- wire -------------------------------------------------------------------------------------------------------
  /** One frame. Reason: a rumor body at its largest, with its header and signature. Longer ones are refused unread. */
  frameBytesMax: 307_200,
  /** One frame on the unreliable channel. Reason: with its length, 1 100 B; with SCTP, DTLS and UDP, one packet on any path. */
  unreliableFrameBytesMax: 1_097,
  /** One rumor's body. Reason: fits one frame, and 20 of them fit a link's window of 1 MiB with room for control. */
  rumorBodyBytesMax: 262_144,
  /** Reason: a certificate chain of four signatures with names and roles. */
  ticketBytesMax: 1024,
  /** Sealed bytes of one routed frame. Reason: a WebRTC offer without trickling takes 1 to 4 KiB; messages share the path. */
  sealedBytesMax: 73_728,
  /** One direct message's data. Reason: it crosses other peers' links. */
  directBytesMax: 65_536,
  /** One SDP with all its candidates. Reason: measured 0.5 to 3 KiB; an offer beyond this is no offer of ours. */
  signalBytesMax: 16_384,
  /** Transfers in one descriptor. Reason: it lives 20 slots and is swapped at most once in each. */
  hopsMax: 24,
  /** Descriptors in one frame. Reason: four times the swap of 3, and the answers to `peersWant`. */
  descriptorsMax: 16,
  /** Logs named in full in one `have` or `want`. Reason: what 64 KiB of them are. */
  logsMax: 1024,
  /** Logs named by six bytes in one frame. Reason: as many as are held. */
  logsNamedMax: 4096,
  /** Ranges of one log in one frame. Reason: 1 000 holes in one go; beyond it a log is asked for from its oldest hole on. */
  rangesMax: 4096,
  /** Ranges remembered of what one link offers, over all logs. Reason: two full frames; of more the newest count. */
  offeredRangesMax: 32_768,
  /** Ranges in one frame. Reason: with as many logs as there may be, all at their widest, a full frame. */
  rangesPerFrameMax: 15_000,
  /** Credentials in one frame. Reason: at the largest ticket, 32 KiB. */
  credentialsMax: 24,
  /** Rumors in one segment. Reason: a third of what a `want` is answered with; their names are computed in one go, some ms in a tab. */
  segmentRumorsMax: 384,
  /** Bytes of rumors that a segment is filled with; a longer one goes alone. Reason: 10 ms of a tab, for what it computes of them. */
  segmentBytes: 32_768,
  /** Rumors named in one iHave, graft or prune. Reason: 9 B each, 4.6 KiB; what is more takes another frame. */
  announcedMax: 512,
  /** Sources named in one prune. Reason: one duplicate names one. */
  prunedMax: 16,
  /** Greatest k of rumor mongering. Reason: counters up to 2k travel in one byte. */
  mongeringKMax: 100,
  /** Rumors that are hot at once; the longest infective are removed first. Reason: four frames a contact. */
  hotMax: 2048,
  /** A rumor is hot for this long at most, whatever neighbors answer. Reason: rounds have brought it everywhere by then. */
  hotMs: 30_000,
  /** Rumors that one neighbor told of and is waited for; what is more is for the rounds. Reason: two frames of them. */
  awaitedMax: 1024,
  /** Halvings of the logs by name in reconciliation. Reason: one log in each part at four times `logsHeldMax`. */
  bucketBitsMax: 14,
  /** Fingerprints in one frame of it. Reason: two for each of `logsHeldMax`, 24 KiB. */
  printsMax: 8192,
  /** Coded symbols in one message of it. Reason: some 1 400 differences, 32 KiB. */
  symbolsMax: 2048,
  /** Bytes of `have` frames that a peer says of its own in one round. Reason: 1 000 logs that the other has not heard of. */
  haveBytesMax: 65_536,
  /** Spans in one message of set reconciliation. Reason: 16 parts each of 256 that differ. */
  spansMax: 4096,
  /** Short ids in one list of it. Reason: 64 KiB; honest lists have some two dozen. */
  shortIdsMax: 8192,
  /** Arrays and objects within one another in application data. Reason: the decoder recurses; JSON in the wild stays below 20. */
  valueDepthMax: 64,

  // --- links ------------------------------------------------------------------------------------------------------
  /** Calls under way at once. Reason: measured, more than about 5 dials at once lose connections in wrtc. */
  callsMax: 5,
  /** Links of others' calls whose handshake is not done; more are refused. Reason: an unauthenticated stranger costs a connection. */
  strangersMax: 8,
  /** Frames held of a neighbor whose handshake we have not finished checking, or for code that has not come. Reason: one flush of its first words. */
  earlyFramesMax: 64,
  earlyBytesMax: 524_288,
  /** Circuits remembered. Reason: 20 B of state each; of the link that laid most the oldest dropped first. */
  circuitsMax: 1024,
  /** Envelopes being opened. Reason: some 0.1 s of X25519 in tweetnacl for each hundred. */
  openingMax: 256,
  /** Rounds of others, along routes, that are answered at once. Reason: a round takes a few ms, and each peer begins one in 8 s. */
  routedMax: 4,
  /** Peers of whom is remembered when they had one last. Reason: as many as four places take in a minute, many times. */
  routedHeardMax: 1024,
  /** Bytes that a peer says in one of them. Reason: third parties carry them; one answer of a want, cut short. */
  routedBytesMax: 131_072,
  /** Hops of one routed frame. Reason: measured 2 to 3 in steady state; 8 covers 10 000 peers at degree 8. */
  routeHopsMax: 8,
  /** Calls by others remembered as refused or pending. Oldest dropped first. */
  inboundCallsMax: 16,

  /** Calls of others that are known to have been taken. Reason: some three hours of as many as are taken at most, 60 B each. */
  callsTakenMax: 4096,
  /** Calls of one other peer that are taken in one go, each a connection. Reason: half of what others' calls may take. */
  callerBurst: 12,
  /** And for good. Reason: a fifth of `connectionsPerMinute`; a link that breaks four times a minute is none. */
  callerPerMinute: 4,

  /** Connections that may be made in one go, by own and others' calls together. Reason: a tenth of Chromium's 500 a page. */
  connectionsBurst: 50,
  /** And those that may be made for good. Reason: an overlay at rest makes one a minute; a busy page collects garbage sooner than 500. */
  connectionsPerMinute: 20,

  // --- rumors -----------------------------------------------------------------------------------------------------
  /** Incarnations of one author carried in one topic; the oldest is forgotten. Reason: DESIGN. */
  incarnationsMax: 4,
  /** Logs held. Reason: some 1 000 authors in four topics; a new log beyond it is refused. */
  logsHeldMax: 4096,
  /** Rumors held in one log, whatever its author's headers retain. Reason: memory of a tab. */
  rumorsPerLogMax: 65_536,
  /** Logs held of one author; a new one beyond it is refused. Reason: nobody fills all places alone. */
  logsPerAuthorMax: 256,
  /** Counted for a rumor beside its body. Reason: header, signature and bookkeeping take some 1 KiB of a heap. */
  heldOverheadBytes: 1024,
  /** Bytes held over all logs: new logs' rumors are refused beyond it, else the largest log of who has most loses its oldest. Reason: memory of a tab. */
  heldBytesMax: 134_217_728,
  /** Rumors waiting for a verdict on their signature. Reason: some 0.1 s of native verification. */
  verifyingMax: 4096,
  /** Their body bytes. What comes beyond it is dropped, and repair brings it again. Reason: memory of a tab. */
  verifyingBytesMax: 33_554_432,
  /** Other signatures kept for a rumor under verification, in case the first is bad. Reason: three liars outran one honest. */
  alternativesMax: 3,
  /** Rumors of one topic waiting for its validators; more are dropped, and repair brings them again. Guess: 50 a second for `validateMs`. */
  validatingMax: 256,
  /** Their body bytes. Reason: memory of a tab; some 60 at what one batch holds at most. */
  validatingBytesMax: 4_194_304,
  /** A verdict that takes longer is "ignore". Guess: a question to a server and one retry; well below `gapMs`. */
  validateMs: 5_000,
  /** Rumors parked for an author not yet admitted, or a stamp from the future; oldest dropped first. */
  parkedMax: 512,
  /** Their body bytes; the same order. Reason: nothing about them is checked yet. */
  parkedBytesMax: 8_388_608,
  /** How long a rumor is parked for its author's credential. Reason: one round trip, and ten retransmissions. */
  parkedMs: 30_000,
  /** Rumors asked for of an author not yet admitted. Reason: one would do to ask for its credential; they are parked. */
  unadmittedMax: 8,
  /** Forks kept as evidence; later ones still cut their logs. Reason: 600 B each. */
  forksMax: 256,
  /** Stamps further ahead of mesh time than this are parked. Reason: DESIGN. */
  skewMs: 30_000,
  /** Bytes of rumors that one `want` is answered with. Reason: half a second of a slow uplink. */
  repairBytesMax: 524_288,

  /**
   * Bytes of fresh rumors, and as many of bulk ones, that wait for one link; beyond it the author with most waiting
   * loses its newest. Reason: 24 links at worst hold 12 MiB, of rumors that mostly are held anyway; half a second of 4 Mbit/s.
   */
  backlogBytesMax: 262_144,
  /** Rumors that one `want` is answered with, and asked for. Reason: 1 s of verification in a tab; in flight once a link. */
  wantRumorsMax: 1024,
  /**
   * Bytes of rumors that one link is answered with a second, beyond one `want`. Reason: what a connection carries at best, so that
   * who catches up waits for the wire; a rumor served costs some 5 us, and what is fresh goes before it.
   */
  repairBytesPerSecondMax: 33_554_432,
  /** Signatures that one link's want has looked at in one go. Reason: 0.5 s in the slowest tab, 5 ms elsewhere. */
  provingMax: 32,
  /** Wants of one link that wait to be answered; later ones are dropped. Reason: one for repair, some for gaps. */
  wantsQueuedMax: 8,
  /** Rumors remembered by their short ids since they were spread; oldest dropped first. Reason: 4 s of 1 000 a second. */
  recentMax: 4096,
  /** Body of a rumor that is sent as a datagram first. Reason: with header, signature and frame below `unreliableFrameBytesMax`. */
  urgentBodyBytesMax: 640,
  /** Bytes of rumors that one link is resent in a second. Reason: half of what it may be repaired with. */
  resentBytesMax: 2_097_152,
  /** Rumors announced and not here that are waited for; what is more is for the rounds. Reason: 4 s of 1 000 a second. */
  missingMax: 4096,
  /** Ids gathered for one link; what is more is not announced to it, and left to the rounds. Reason: four frames. */
  announcementsMax: 2048,
  /** Sources that have a broadcast tree of their own; others share one. Reason: a lost link is looked up in each. */
  treesMax: 64,
  /** Sources whose activity is remembered; least recently heard dropped first. Reason: four times as many as have trees. */
  sourcesMax: 256,
  /** Gaps looked after at once, beside the rounds; others wait for a round. Reason: one for each busy author. */
  gapsMax: 1024,

  // --- maps -------------------------------------------------------------------------------------------------------
  /** Body of a map's entry, key included. Reason: it is state, which every member holds; what is larger belongs into a topic. */
  entryBytesMax: 65_536,
  /** Counted for an entry beside its body. Reason: header, signature, indexes take some 1 KiB of a heap. */
  entryOverheadBytes: 1024,
  /** Bytes of entries held of one author; beyond it its oldest go. Reason: a quarter of all, so that no single one fills memory. */
  entriesAuthorBytesMax: 16_777_216,
  /** Bytes of entries held over all maps; beyond it the author with most loses its oldest. Reason: memory of a tab, half of what logs take. */
  entriesBytesMax: 67_108_864,
  /** Entries kept for one key, each the newest of its author: should one be withdrawn, the next stands. Reason: few write one key. */
  entryAuthorsMax: 4,
  /** Expired entries remembered, so that older ones of their keys stay gone. Reason: 4 MiB of tombstones; see `state/entries.ts`. */
  dormantMax: 4096,
  /** Body of an expired entry that is remembered. Reason: deletions are some 100 B; nobody has values expire to fill this memory. */
  dormantBytesMax: 1024,
  /** How long after its end an expired entry is remembered, at the longest. Guess: a laptop that was away for a summer. */
  dormantMs: 7_776_000_000,
  /** Authors whose entries are withdrawn, each with the proof. Reason: as many as convictions. */
  withdrawnMax: 512,
  /** Writes remembered by author and number, so that late copies are known as such. Reason: as `recentMax`. */
  writesSeenMax: 4096,
  /** Entries named in one mapWant. Reason: 8 B each; in flight once in all. */
  mapWantsMax: 1024,
  /** Bytes of one mapDigest, roughly. Reason: 500 fingerprints, or 1 000 ids; what is more is for the next. */
  mapDigestBytes: 8192,
  /** mapDigests of one link looked at in a second. Reason: each may cost sorting all entries, some 30 ms for 50 000. */
  mapDigestsPerSecondMax: 20,
  // --- profiles ---------------------------------------------------------------------------------------------------
  /** Body of a profile: 1 KiB, and what a seal adds. Reason: everybody holds everybody's, and it is told to all at once. */
  profileBytesMax: 1_064,
  /** Profiles held; beyond it the one that was signed longest ago goes. Reason: 2 MiB, with what is kept beside each. */
  profilesMax: 1_024,
  /**
   * How long a profile stands at most; its author renews it after half of that. Reason: what the gone said of themselves is forgotten. Where
   * one is renewed every 6 s, as among 300, profiles cost a peer 147 B/s; where none is, 20. Measured among 100, by `grapevine simulate
   * profiles --nodes 100 --loss 0.01 --churn 0 --changes 0.17 --seconds 60 --rest 20`.
   */
  profileLifeMs: 3_600_000,
  /** From one version of a profile to its author's next; others come together. Reason: nobody reads faster. */
  profilePaceMs: 1_000,
  /** Versions of one author that are taken in one go, then one in `profilePaceMs`; a round brings what was left out. */
  profileBurst: 8,
  /** Versions in one profileDigest. Reason: 8.5 KiB; a mesh of some hundreds, whole. */
  profileVersionsMax: 512,
  /** Bytes of profiles that one round brings to one side. Reason: some 200; what is more is for the next. */
  profileRoundBytes: 65_536,
  /** profileDigests of one link looked at in a second. Reason: each names and sums up to `profilesMax`, 1 ms. */
  profileDigestsPerSecondMax: 10,
  // --- keys of epochs ---------------------------------------------------------------------------------------------
  /** Least time from one epoch to the next by schedule. Reason: an announcement and a question for each member cost something. */
  rotateMsMin: 60_000,
  /** Keys asked for in one frame, and former epochs named in one announcement. Reason: two months of daily ones. */
  keysAtOnceMax: 64,
  /** Sealed bytes of one keyGive. Reason: `keysAtOnceMax` and one keys of 32 bytes, their seal, and room. */
  keyGiveBytesMax: 4096,
  /** Members that an announcement shuts out; of more, the oldest are left to earlier ones. Reason: 16 KiB. */
  shutOutMax: 512,
  /** Epochs remembered; of the maker with most the oldest goes first. Reason: some 0.5 KiB each, with short lists. */
  epochsMax: 256,
  /** Deliveries that wait for a key; beyond it the oldest goes unread. Reason: references to what is held anyway. */
  lockedMax: 4096,
  /** A delivery waits for its key this long. Reason: as long as for a missing rumor, `gapMs`. */
  lockedMs: 30_000,
  /** Authors that are late in moving to a new epoch, remembered. Reason: as many as are admitted. */
  laggardsMax: 4096,

  // --- revocations ------------------------------------------------------------------------------------------------
  /** Heads that one revocation names. Reason: all logs that one author may have; 76 B each, below 20 KiB. */
  headsMax: 256,
  /** Revocations in one frame, and about their bytes, one at least. Reason: mostly 0.4 KiB each. */
  revocationsPerFrameMax: 128,
  revocationsPerFrameBytes: 65_536,
  /** Bytes of all revocations held. Reason: some 600 of them; told whole to a newcomer, before its handshake has ended there. */
  revocationsBytesMax: 262_144,
  /** Revocations that count of one admin, the earliest by its own word. Reason: a tenth of the places. The root's all count. */
  revocationsPerAdminMax: 64,
  /** Revoked peers that called and were told, remembered so that each is told once a minute. Oldest dropped first. */
  revokedToldMax: 256,
  /** Revocations under verification; more are not heard for now, and come again with the next link. Reason: two full sets. */
  revocationTrialsMax: 1_024,

  // --- knowledge --------------------------------------------------------------------------------------------------
  /** Links that vanished lately, remembered. Reason: more than anybody has neighbors. */
  vanishedMax: 32,
  /** Peers introduced by neighbors and not yet called; oldest dropped first. */
  introducedMax: 64,
  /** Departures remembered, so that each is passed on once; oldest dropped first. */
  departedMax: 1024,
  /** Signatures of descriptors under verification. Reason: a full shuffle of old chains (3 by 24) from each of 24 neighbors. */
  checkingMax: 2000,
  /** Effects whose answers are outstanding, over all rooms. Reason: beyond it the driver is broken or drowned; new work waits. */
  pendingMax: 8192,
  /** Convictions kept with their evidence, each some 400 B. Of the oldest the verdict alone is kept. */
  convictionsMax: 512,
  /** Keys that stay convicted without evidence, some 100 B each; oldest dropped first. Reason: four times `admittedMax`. */
  formerConvictsMax: 16_384,
  /** Slots of one log, of which nothing need be held, that others' evidence contests; each ends it earlier and is passed on. Reason: one would do. */
  rivalsMax: 16,
  /**
   * What a peer may cost us in answers, beside once all that we hold; its debt is forgiven within `debtMs`. Reason: some
   * introductions, samples and comparisons, of which a newcomer asks for a dozen; measured, honest peers owe half of it.
   */
  answersSpareBytes: 16_384,
  debtMs: 60_000,
  /** Peers whose debts are remembered; least recently told dropped first. Reason: as `scoresMax`. */
  debtsMax: 1024,
  /** Questions in `debtMs` that go unanswered for a debt before the link ends. Reason: an honest peer that is in debt has a few under way. */
  unansweredMax: 60,
  /** Peers whose conduct is remembered, some 0.5 KiB each; the least remarkable dropped first. Reason: 40 neighbors' worth of years. */
  scoresMax: 1024,
  /** Accusations under verification; more are not heard for now, and come again from other neighbors. */
  trialsMax: 64,
  /** Convictions told to a new neighbor, newest first. Reason: some 12 KiB; the rest has spread when it was news. */
  evidenceAtOnceMax: 32,
  /** Descriptors remembered for cross-checking. Reason: 20 slots of 200 creators, some 1 KiB each. */
  witnessedMax: 4_000,
  /** Credentials kept of peers that were admitted; those on which nothing rests here are dropped first, the oldest before others. */
  admittedMax: 4096,
  /** Tickets of one key that count beside each other. Reason: a renewed one, and a greater one, before the first runs out. */
  standingsMax: 4,
  /**
   * Direct messages remembered, so that none is delivered twice; of whoever sent most the oldest goes first, and what it sent
   * before that is not delivered any more. Reason: 60 B each; whoever sends 2 000 a second has 4 s to send one again.
   */
  directSeenMax: 8192,
  /** Those of whom. Reason: nobody hears from so many at once. Least recently heard dropped first. */
  directSendersMax: 1024,
  /** Own direct messages on the way. Beyond it `send` is refused at the caller. */
  directPendingMax: 256,
} as const;
