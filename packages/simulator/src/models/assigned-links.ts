/**
 * Links that are assigned, under attack: in each epoch of each ring chance names whom a peer calls, among those it
 * knows, and the callee checks the claim. Colluders use every freedom: they know everybody, call whomever they may, name
 * their nearest accomplice when asked who lies near, accept every call and never leave. Two ways to measure nearness
 * are here, points on a circle (the reference's) and rendezvous hashing (ours, `protocol/sampling/rings.ts`).
 */
import { CALLER_SHARE, DEFAULT_TUNING, type Random } from "@grapevine/protocol";
import { captureOf, type Capture, shareOf } from "./capture.ts";
import { hash4 } from "./hash4.ts";

export interface AssignedOptions {
  readonly nodes: number;
  /** Share of the nodes that collude; these are the first ones. */
  readonly byzantine: number;
  readonly rings: number;
  /** Callers that a peer keeps. */
  readonly callers: number;
  /** Expected gaps within which a caller's claim holds: gaps between the peers that the callee knows, or between all. */
  readonly tolerance: number;
  readonly gaps: "known" | "members";
  /** How many others a peer knows; all of them at `nodes - 1`. */
  readonly known: number;
  readonly nearness: "circle" | "rendezvous";
  /** Who stays when more call than there are places: the nearest, or whoever was there first. */
  readonly full: "nearest" | "first";
  /** What a callee does with callers of an epoch that is over: hang up on them, or let them stay. */
  readonly stale: "dropped" | "kept";
  /** The last rings on which a peer tries this many more than the nearest by chance, and keeps whom it measures as nearest. */
  readonly nearRings: number;
  readonly nearTrials: number;
  /** Share of the tolerance within which a peer calls, tries included; the rest is for counts that differ. */
  readonly callerShare: number;
}

export const ASSIGNED_DEFAULTS: Omit<AssignedOptions, "nodes" | "byzantine" | "known"> = {
  rings: 4,
  callers: 12,
  tolerance: 4,
  gaps: "members",
  nearness: "rendezvous",
  full: "nearest",
  stale: "dropped",
  nearRings: 0,
  nearTrials: 3,
  callerShare: 1,
};

/** The rings of whole peers, their near one included. */
export const AS_PEERS_DO: Omit<AssignedOptions, "nodes" | "byzantine" | "known"> = {
  ...ASSIGNED_DEFAULTS,
  rings: DEFAULT_TUNING.rings,
  callers: DEFAULT_TUNING.callersMax,
  tolerance: DEFAULT_TUNING.toleranceGaps,
  nearRings: DEFAULT_TUNING.nearRings,
  nearTrials: DEFAULT_TUNING.nearTrials,
  callerShare: CALLER_SHARE,
};

type Plan = readonly (readonly [value: number, callee: number])[];

interface Caller {
  readonly peer: number;
  readonly ring: number;
  readonly epoch: number;
  /** Smaller is nearer; of callers in different rings too. */
  readonly value: number;
}

export class AssignedLinks {
  readonly options: AssignedOptions;
  readonly colluders: number;
  private readonly random: Random;
  private readonly salt: number;
  /** The callee of each ring of each peer, -1 for none. */
  private readonly own: Int32Array;
  private readonly callers: Caller[][];
  private turns = 0;

  constructor(options: AssignedOptions, random: Random) {
    const { nodes, rings } = options;
    this.options = options;
    this.random = random;
    this.salt = random.uint32();
    this.colluders = Math.round(options.byzantine * nodes);
    this.own = new Int32Array(nodes * rings).fill(-1);
    this.callers = Array.from({ length: nodes }, () => []);
  }

  /** An epoch: every ring turns once, one after another. */
  epoch(): void {
    for (let ring = 0; ring < this.options.rings; ring++) this.turn();
  }

  /** One ring turns for everybody. */
  turn(): void {
    const { options, colluders } = this;
    const ring = this.turns % options.rings;
    const epoch = Math.floor(this.turns / options.rings);
    this.turns++;
    // Candidates are gathered over the links as they were: the new link stands before the old one goes.
    const plans = Array.from({ length: options.nodes - colluders }, (_, i) => {
      const within = options.callerShare * this.reach;
      const plan = this.candidates(colluders + i, ring, epoch).filter(([value]) => value < within);
      return this.byNearness(plan, ring);
    });
    for (let peer = colluders; peer < options.nodes; peer++) {
      this.own[peer * options.rings + ring] = -1;
      if (options.stale === "dropped")
        this.callers[peer] = this.callers[peer]!.filter((caller) => caller.ring !== ring);
      else {
        // Honest callers leave when their ring turns; others do only when they are made to.
        this.callers[peer] = this.callers[peer]!.filter((caller) => caller.ring !== ring || caller.peer < colluders);
      }
    }
    this.colludersCall(ring, epoch);
    this.honestCall(ring, epoch, plans);
  }

  capture(): Capture {
    const { options, colluders } = this;
    const links = Array.from({ length: options.nodes - colluders }, (_, i) => this.linksOf(colluders + i));
    return captureOf(options.nodes, colluders, links);
  }

  /** Malicious share of the links of the first `victims` honest peers. */
  shareOf(victims: number): number {
    return shareOf(
      this.colluders,
      Array.from({ length: victims }, (_, i) => this.linksOf(this.colluders + i)),
    );
  }

  /** Malicious share of the calls that honest peers made themselves. */
  ownShare(): number {
    const { options, colluders } = this;
    let made = 0;
    let bad = 0;
    for (const callee of this.own.subarray(colluders * options.rings)) {
      if (callee >= 0) made++;
      if (callee >= 0 && callee < colluders) bad++;
    }
    return made === 0 ? 0 : bad / made;
  }

  private linksOf(peer: number): Set<number> {
    const { rings } = this.options;
    const links = new Set<number>(this.callers[peer]!.map((caller) => caller.peer));
    for (const callee of this.own.subarray(peer * rings, (peer + 1) * rings)) if (callee >= 0) links.add(callee);
    return links;
  }

  /** What a peer knows is a choice of chance, a new one in each turn. */
  private knows(peer: number, other: number): boolean {
    const { known, nodes } = this.options;
    return known >= nodes - 1 || hash4(this.salt, peer, other, -3 - this.turns) < known / (nodes - 1);
  }

  /** 0 is where the caller's point lies; a caller of value v has v * nodes peers nearer to it, expected. */
  private value(caller: number, callee: number, ring: number, epoch: number): number {
    const { salt } = this;
    if (this.options.nearness === "rendezvous") return hash4(salt, caller, callee, ring * 65_536 + epoch);
    const point = hash4(salt, caller, -1, ring * 65_536 + epoch);
    const place = hash4(salt, callee, -2, ring * 65_536 + epoch);
    const apart = Math.abs(point - place);
    return 2 * Math.min(apart, 1 - apart);
  }

  private get reach(): number {
    const { tolerance, gaps, known, nodes } = this.options;
    return tolerance / (gaps === "known" ? known + 1 : nodes);
  }

  /** Whom a peer may call, nearest first. */
  private due(peer: number, ring: number, epoch: number): Plan {
    const { reach } = this;
    const plan: (readonly [value: number, callee: number])[] = [];
    for (let callee = 0; callee < this.options.nodes; callee++) {
      const value = this.value(peer, callee, ring, epoch);
      if (value < reach && callee !== peer) plan.push([value, callee]);
    }
    return plan.toSorted(([a], [b]) => a - b);
  }

  /** Of those the ones that a peer knows; and each neighbor, asked who lies nearest, names one. */
  private candidates(peer: number, ring: number, epoch: number): Plan {
    const due = this.due(peer, ring, epoch);
    const links = this.linksOf(peer);
    const found = new Set(due.filter(([, callee]) => links.has(callee) || this.knows(peer, callee)));
    if (found.size === due.length) return due;
    for (const neighbor of links) {
      const named = due.find(([, callee]) =>
        neighbor < this.colluders ? callee < this.colluders : this.knows(neighbor, callee),
      );
      if (named !== undefined) found.add(named);
    }
    return due.filter((choice) => found.has(choice));
  }

  /** Colluders are always the nearest: if one is among those that are tried on a near ring, it is kept. */
  private byNearness(plan: Plan, ring: number): Plan {
    const { rings, nearRings, nearTrials } = this.options;
    if (ring < rings - nearRings) return plan;
    const kept = plan.slice(0, 1 + nearTrials).find(([, callee]) => callee < this.colluders);
    return kept === undefined ? plan : [kept, ...plan.filter((choice) => choice !== kept)];
  }

  private colludersCall(ring: number, epoch: number): void {
    const { colluders } = this;
    for (let peer = 0; peer < colluders; peer++) {
      for (const [value, callee] of this.due(peer, ring, epoch)) {
        if (callee >= colluders) this.admit(callee, { peer, ring, epoch, value });
      }
    }
  }

  /** Everybody calls its nearest; who is refused, or has to give way, calls the next. */
  private honestCall(ring: number, epoch: number, plans: readonly Plan[]): void {
    const { options, colluders, random } = this;
    const nextOf = new Int32Array(options.nodes);
    const waiting = random.sample([...plans.keys()], plans.length).map((i) => colluders + i);
    for (let peer = waiting.pop(); peer !== undefined; peer = waiting.pop()) {
      const plan = plans[peer - colluders]!;
      const choice = plan[nextOf[peer]!++];
      if (choice === undefined) continue;
      const [value, callee] = choice;
      const place = peer * options.rings + ring;
      if (callee < colluders || this.linksOf(peer).has(callee)) {
        this.own[place] = callee;
        continue;
      }
      const gone = this.admit(callee, { peer, ring, epoch, value });
      if (gone?.peer === peer) {
        waiting.push(peer);
        continue;
      }
      this.own[place] = callee;
      if (gone === undefined || gone.peer < colluders) continue;
      this.own[gone.peer * options.rings + gone.ring] = -1;
      if (gone.ring === ring) waiting.push(gone.peer);
    }
  }

  /** Returns the caller that finds no place, who may be the new one. */
  private admit(callee: number, caller: Caller): Caller | undefined {
    const { options } = this;
    const callers = this.callers[callee]!;
    if (callers.some(({ peer }) => peer === caller.peer)) return undefined;
    if (callers.length < options.callers) {
      callers.push(caller);
      return undefined;
    }
    if (options.full === "first") return caller;
    let farthest = 0;
    for (let i = 1; i < callers.length; i++) if (callers[i]!.value > callers[farthest]!.value) farthest = i;
    const gone = callers[farthest]!;
    if (gone.value <= caller.value) return caller;
    callers[farthest] = caller;
    return gone;
  }
}
