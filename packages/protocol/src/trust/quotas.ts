/**
 * Quotas: what one link, one author and one introducer may cost, each for itself, so that none of them is another's
 * problem. A token bucket each (Turner 1986; as in `sampling/budget.ts`): a burst for what happens at once, a rate for
 * good. What every kind of frame is charged for, and what its answer may cost, stands in `CHARGES`; rates and bursts in
 * `QUOTAS`, each with its reason.
 *
 * A link that is over one quota is slowed: the frame is dropped unanswered, and what it asked for or brought is for the
 * rounds and for other links. One that goes on, for as much again as its burst, is hung up. Authors and introducers are
 * slowed only: for an author many links speak, and most of them are honest.
 *
 * What never comes here is bounded elsewhere: frames by `limits.frameBytesMax` before they are read, parsing by the bytes
 * of the frame (each decoder reads every byte once, and recurses `limits.valueDepthMax` deep at most). There is no
 * compression anywhere, and so nothing that grows when it is opened.
 */
import { limits } from "../limits.ts";
import type { LinkId, PeerId } from "../types.ts";
import type { Moment } from "../room.ts";
import type { Frame } from "../wire/frames.ts";

/** A quota's unit is what costs us: see `QUOTAS`. */
export type Quota =
  | "rumors"
  | "names"
  | "logs"
  | "questions"
  | "seeks"
  | "lookups"
  | "peers"
  | "statements"
  | "relays"
  | "control";
/** Those that are kept for authors and introducers, over all links or for one. */
export type OtherQuota = "author" | "introducer" | "envelopes";
/** Where sealed envelopes come from. */
export type Source = LinkId | `seed ${number}`;

interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Honest peaks were taken from the limits and periods of whoever sends; a quota leaves room for twice as much and more. */
export const QUOTAS: Readonly<Record<Quota | OtherQuota, Rate>> = {
  /**
   * Bytes of rumors, each counted 1.6 KB more, for what a check of its signature takes: 20 000 small ones a second. Reason:
   * several times what a Node peer verifies; answers are served at 4 MB/s, some 16 000 a second (`repairBytesPerSecondMax`).
   */
  rumors: { perSecond: 32_000_000, burst: 128_000_000 },
  /** Rumors named in iHave, graft, prune, tell and told. Reason: 2 048 hot ones, five times a second, from a peer that mongers. */
  names: { perSecond: 50_000, burst: 200_000 },
  /** Logs named in `have`. Reason: all `logsHeldMax` of them five times a second, where `ANSWER_LOG_MS` allows 2 000. */
  logs: { perSecond: 20_000, burst: 100_000 },
  /** Digests, wants and the like. Reason: 20 wants a second while catching up, and some rounds. What answers cost: `answers.ts`. */
  questions: { perSecond: 100, burst: 1_000 },
  /** Questions for peers. Measured: a newcomer asks 4 times at once and for its neighbors, 8 times a minute while others vanish. */
  seeks: { perSecond: 1, burst: 12 },
  /** Keys asked for in `credentialsWant`. Reason: a newcomer that has all `admittedMax` authors to learn, twice. */
  lookups: { perSecond: 100, burst: 8_192 },
  /** Descriptors, samples and credentials told. Reason: 16 samples a shuffle; answers to `credentialsWant` for everybody. */
  peers: { perSecond: 200, burst: 8_192 },
  /** Evidence and departures, each a signature or two to check. Reason: nine in ten of some thousands leave at once. */
  statements: { perSecond: 100, burst: 4_096 },
  /** Bytes passed on for others, each frame counted 1 KB more. Reason: `directPendingMax` of the largest messages at once. */
  relays: { perSecond: 4_194_304, burst: 33_554_432 },
  /** Frames that cost next to nothing. Reason: a ping every 3 s, and an end for each circuit that breaks. */
  control: { perSecond: 100, burst: 2_000 },
  /** For an author, over all links: what is new of it, counted as for `rumors`: 5 000 small ones a second. Reason: five busy publishers in one. */
  author: { perSecond: 8_000_000, burst: 134_217_728 },
  /** For a link: authors that were not known before it brought them, each a ticket to check and a place to keep. Reason: `admittedMax`. */
  introducer: { perSecond: 20, burst: 4_096 },
  /**
   * For a link or a seed: envelopes for us that do not open, or whose sender is not known yet. Anybody can make them, and
   * to find out takes an X25519 of 0.7 ms in Node, 1 ms in a tab: 2% of a core. Reason: a crowd of 256 that calls at once.
   */
  envelopes: { perSecond: 20, burst: 256 },
};

/** Counted for a rumor beside its bytes: 100 us of verification, at the 16 MB/s that lines give (`spreading/lines.ts`). */
const RUMOR_COST = 1_600;
/** Counted for one in a segment, whose signature is not checked: its header, and what hashing it takes, some 10 us. */
const CHAINED_COST = 256;
const RELAY_COST = 1_024;

interface Charge<F extends Frame> {
  readonly quota: Quota;
  cost(frame: F): number;
}

type Charges = { readonly [K in Frame["kind"]]: Charge<Extract<Frame, { kind: K }>> | undefined };

const one = (): number => 1;

/** With what is answered, and how much more that may cost us than the asker, in bytes. Undefined for the frames of a handshake, which come once, and for the last word. */
export const CHARGES: Charges = {
  hello: undefined,
  auth: undefined,
  bye: undefined,
  /** Answer: prune, 40 B, once a second. */
  rumor: { quota: "rumors", cost: ({ rumor }) => rumor.body.length + RUMOR_COST },
  /** Answer: none. For its rumors together one signature is checked. */
  segment: {
    quota: "rumors",
    cost: ({ entries }) => entries.reduce((sum, { body }) => sum + body.length + CHAINED_COST, RUMOR_COST),
  },
  /** Answer: graft of what is missing: factor 1. */
  iHave: { quota: "names", cost: ({ rumors }) => 1 + rumors.length },
  graft: {
    quota: "names",
    cost: ({ ids }) => 1 + ids.length,
    // Answer: rumors, each once a link: no more than a flood.
  },
  /** Answer: none. */
  prune: { quota: "names", cost: ({ sources }) => 1 + sources.length },
  tell: {
    quota: "names",
    cost: ({ rumors, asks }) => 1 + rumors.length + (asks ? ASKS : 0),
    // Answer: told; tell: factor 700.
  },
  /** Answer: rumors, each once a link. */
  told: { quota: "names", cost: ({ answers }) => 1 + answers.length },
  /** Answer: have, if it differs: 320 KB at most, 100 KB a second. */
  digest: { quota: "questions", cost: one },
  /** Answer: have, in the round that we began; want. */
  have: { quota: "logs", cost: ({ logs }) => 1 + logs.length },
  /** Answer: rumors: 512 KB, 4 MB a second. */
  want: { quota: "questions", cost: one },
  /** Answer: reconcile, have: within a round, as for digest. */
  reconcile: { quota: "questions", cost: one },
  /** Answer: mapDigest: twenty a second, factor 2. */
  mapDigest: { quota: "questions", cost: one },
  /** Answer: rumors, as for want. */
  mapWant: { quota: "questions", cost: one },
  /** Answer: versions of what differs, 8.5 KB, ten a second: factor 500 to a newcomer; or profiles that are later here. */
  profileDigest: { quota: "questions", cost: one },
  /** Answer: profiles, 64 KB a round. */
  profileWant: { quota: "questions", cost: one },
  /** Answer: keyGive: 2 KB, five a second; factor 30. */
  keyWant: { quota: "questions", cost: one },
  /** Answer: none. */
  keyGive: { quota: "statements", cost: one },
  /** Answer: peersHave: 8 KB, factor 600. */
  peersWant: { quota: "seeks", cost: one },
  /** Answer: credentialsHave: factor 35. */
  credentialsWant: { quota: "lookups", cost: ({ peers }) => 1 + peers.length },
  /** Answer: none. */
  credentialsHave: { quota: "peers", cost: ({ credentials }) => 1 + credentials.length },
  peersHave: {
    quota: "peers",
    cost: ({ credentials, samples }) => 1 + credentials.length + samples.length,
    // Answer: none.
  },
  shuffle: {
    quota: "peers",
    cost: ({ descriptors }) => 1 + descriptors.length,
    // Answer: shuffleReply, peersHave: factor 4.
  },
  /** Answer: none. */
  shuffleReply: { quota: "peers", cost: ({ descriptors }) => 1 + descriptors.length },
  /** Answer: none; passed on once. */
  evidence: { quota: "statements", cost: one },
  /** Answer: 16 B; passed on once. */
  revocations: { quota: "statements", cost: ({ list }) => 1 + 2 * list.length },
  /** Answer: none; passed on once. */
  departure: { quota: "statements", cost: one },
  /** Answer: passed on once, or routeEnd. */
  route: { quota: "relays", cost: ({ sealed }) => sealed.length + RELAY_COST },
  /** Answer: passed on once, or routeEnd. */
  circuit: { quota: "relays", cost: ({ sealed }) => sealed.length + RELAY_COST },
  /** Answer: passed on once. */
  routeEnd: { quota: "control", cost: one },
  /** Answer: pong: factor 2. */
  ping: { quota: "control", cost: one },
  /** Answer: none. */
  pong: { quota: "control", cost: one },
};

/** A call that asks is answered with what is hot, some hundred names mostly. */
const ASKS = 128;

interface Bucket {
  tokens: number;
  /** What was asked for beyond the quota, as it is forgiven again at the quota's rate. */
  excess: number;
  atMs: number;
}

export interface QuotasState {
  readonly links: Map<Source, Partial<Record<Quota | "introducer" | "envelopes", Bucket>>>;
  /** Least recently used first. */
  readonly authors: Map<PeerId, Bucket>;
  /** Since the start, by quota: how often something was over it. */
  readonly exceeded: Record<Quota | OtherQuota, number>;
}

export class Quotas {
  readonly state: QuotasState;

  constructor(state?: QuotasState) {
    const exceeded = Object.fromEntries(Object.keys(QUOTAS).map((quota) => [quota, 0]));
    this.state = state ?? { links: new Map(), authors: new Map(), exceeded: exceeded as QuotasState["exceeded"] };
  }

  onLinkDown(link: LinkId): void {
    this.state.links.delete(link);
  }

  /** Charge a frame to its link. `over`: do nothing with it. The name of a quota: it is over that one by more than can be borne. */
  charge(link: LinkId, frame: Frame, now: Moment): "within" | "over" | Quota {
    const charge: Charge<Frame> | undefined = CHARGES[frame.kind];
    if (charge === undefined) return "within";
    const { quota } = charge;
    const taken = this.take(quota, this.bucketOf(link, quota, now), charge.cost(frame), now);
    return taken === "far-over" ? quota : taken;
  }

  /** Charge an author that nobody knew to the link that brought it. False: not now. */
  introduce(link: LinkId, now: Moment): boolean {
    return this.take("introducer", this.bucketOf(link, "introducer", now), 1, now) === "within";
  }

  /** Charge an envelope to where it came from. False: not now. */
  open(source: Source, now: Moment): boolean {
    return this.take("envelopes", this.bucketOf(source, "envelopes", now), 1, now) === "within";
  }

  /** It opened, and was sealed by somebody known: it cost next to nothing. */
  wasKnown(source: Source): void {
    // The link may be gone by now; nothing is kept for it then.
    const bucket = this.state.links.get(source)?.envelopes;
    if (bucket !== undefined) bucket.tokens = Math.min(QUOTAS.envelopes.burst, bucket.tokens + 1);
  }

  /** Charge what is new of an author, whoever brings it: one rumor, or `chained` ones whose signatures are not checked. False: not now. */
  write(author: PeerId, bodyBytes: number, now: Moment, chained = 0): boolean {
    const cost = bodyBytes + (chained > 0 ? chained * CHAINED_COST : RUMOR_COST);
    return this.take("author", this.bucketOfAuthor(author, now), cost, now) === "within";
  }

  /** How many small rumors of this author may come now. */
  roomFor(author: PeerId, now: Moment): number {
    const bucket = this.state.authors.get(author);
    if (bucket === undefined) return QUOTAS.author.burst / RUMOR_COST;
    refill(bucket, QUOTAS.author, now);
    return Math.floor(bucket.tokens / (2 * RUMOR_COST));
  }

  private bucketOf(link: Source, quota: Quota | "introducer" | "envelopes", now: Moment): Bucket {
    let buckets = this.state.links.get(link);
    if (buckets === undefined) this.state.links.set(link, (buckets = {}));
    return (buckets[quota] ??= full(QUOTAS[quota], now));
  }

  private bucketOfAuthor(author: PeerId, now: Moment): Bucket {
    const { authors } = this.state;
    const bucket = authors.get(author) ?? full(QUOTAS.author, now);
    authors.delete(author);
    authors.set(author, bucket);
    if (authors.size > limits.admittedMax) {
      for (const oldest of authors.keys()) {
        authors.delete(oldest);
        break;
      }
    }
    return bucket;
  }

  private take(quota: Quota | OtherQuota, bucket: Bucket, cost: number, now: Moment): "within" | "over" | "far-over" {
    const rate = QUOTAS[quota];
    refill(bucket, rate, now);
    if (bucket.tokens >= cost) {
      bucket.tokens -= cost;
      return "within";
    }
    this.state.exceeded[quota]++;
    bucket.excess += cost;
    return bucket.excess > rate.burst ? "far-over" : "over";
  }
}

function full({ burst }: Rate, now: Moment): Bucket {
  return { tokens: burst, excess: 0, atMs: now.nowMs };
}

function refill(bucket: Bucket, { perSecond, burst }: Rate, now: Moment): void {
  const earned = (Math.max(0, now.nowMs - bucket.atMs) * perSecond) / 1_000;
  bucket.tokens = Math.min(burst, bucket.tokens + earned);
  bucket.excess = Math.max(0, bucket.excess - earned);
  bucket.atMs = now.nowMs;
}
