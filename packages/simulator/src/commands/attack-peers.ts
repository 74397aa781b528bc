/**
 * `simulate attack` by whole peers: a mesh forms, a share of its members turns, and everybody goes on talking. What must
 * hold in every run, or it fails with the command that shows it again: the honest, as far as they are linked to each
 * other, hear all that the honest say; nobody keeps, passes on or delivers what its author did not sign, or anything twice;
 * no honest peer is convicted or blamed by another; whoever signed two statements for one slot is expelled by all within
 * ten rounds; memory and traffic stay within a stated factor of those of an honest mesh, which is run beside it; and when
 * it is over, all honest peers hold the same. Where maps are lied about, the honest write to one as well (`attack-maps.ts`).
 */
import { encodeState, type PeerId } from "@grapevine/protocol";
import { Crew, Deviant, type KindName, KINDS } from "../adversaries/index.ts";
import { exponential, streamOf } from "../chance.ts";
import { quantile } from "../graph.ts";
import { Ledger } from "../ledger.ts";
import type { Node } from "../node.ts";
import type { Outcome, Run } from "../scenario.ts";
import { FORMING_MS, TOPIC, pass, until } from "../scenarios/stage.ts";
import { totalOf } from "../traffic.ts";
import { World } from "../world.ts";
import { Judge } from "./attack-judge.ts";
import { MapWriters } from "./attack-maps.ts";

export interface AttackValues {
  readonly kind: KindName;
  readonly byzantine: number;
  readonly rounds: number;
  readonly identities: number;
}

/** One shuffle of each peer, and two or three rounds of repair. Source: `mintPeriodMs`, SecureCyclon's cycle. */
export const ROUND_MS = 5_000;
/** Source: issue's own demand. */
const EXPELLED_ROUNDS_MAX = 10;
/** Between two rumors of the honest, of all together. Guess: a lively chat. */
const GAP_MS = 400;
/** Between two rumors of one deviant; every second one is the double of an equivocator. */
const DEVIANT_GAP_MS = 3_000;
/** After the attack, with the deviants still at it; and after they are gone. */
const SETTLING_MS = 90_000;
/** Of what an honest node sends and keeps in an honest mesh. Measured, see ARCHITECTURE.md. */
const BYTES_FACTOR_MAX = 3;
/** What is more than that may not exceed so many bytes for each that a deviant sent: a question costs who asks. Measured. */
const AMPLIFICATION_MAX = 10;
const MEMORY_FACTOR_MAX = 3;

interface Measured {
  readonly bytesPerNode: number;
  /** The same by kind of frame, the greatest first. */
  readonly bytesByFrame: Readonly<Record<string, number>>;
  readonly memoryPerNode: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export function attackByPeers(values: AttackValues, run: Run): Outcome {
  const honestly = new Mesh(values, run, false);
  honestly.talk();
  const calm = honestly.measure();

  const mesh = new Mesh(values, run, true);
  const { world, judge, crew } = mesh;
  mesh.talk();
  mesh.settle();
  const attacked = mesh.measure();
  const largest = mesh.largest();
  const delivered = world.ledger.share(largest);
  const roundsToExpel = mesh.roundsToExpel(largest);
  judge.expectExpelled(largest);
  const facts = {
    honest: mesh.honest.length,
    deviants: mesh.deviants.length,
    delivered,
    latencyP50Ms: attacked.latencyMs.p50,
    latencyP99Ms: attacked.latencyMs.p99,
    bytesPerNode: attacked.bytesPerNode,
    memoryPerNode: attacked.memoryPerNode,
    convictedRight: judge.convicted.right,
    convictedWrong: judge.convicted.wrong,
    offenders: crew.offencesMs.size,
    ...(roundsToExpel === undefined ? {} : { roundsToExpel }),
    inLargest: largest.length / mesh.honest.length,
    blamed: judge.blamed,
    gaps: world.ledger.gaps,
    bytesFactor: attacked.bytesPerNode / calm.bytesPerNode,
    amplification: mesh.amplification(calm.bytesPerNode),
    memoryFactor: attacked.memoryPerNode / calm.memoryPerNode,
  };
  const said = JSON.stringify(facts);
  if (facts.bytesFactor > BYTES_FACTOR_MAX && facts.amplification > AMPLIFICATION_MAX)
    world.fail(`honest nodes send ${facts.bytesFactor} times as much: ${said}`);
  if (facts.memoryFactor > MEMORY_FACTOR_MAX)
    world.fail(`honest nodes keep ${facts.memoryFactor} times as much: ${said}`);
  const secondsToAgree = mesh.agree();
  return {
    facts: { ...facts, secondsToAgree, inputs: world.inputs, fingerprint: world.fingerprint },
    json: {
      delivered,
      ...attacked,
      convicted: judge.convicted,
      roundsToExpel: roundsToExpel ?? null,
      roundMs: ROUND_MS,
      offenders: crew.offencesMs.size,
      inLargest: facts.inLargest,
      blamed: judge.blamed,
      gaps: facts.gaps,
      bytesFactor: facts.bytesFactor,
      amplification: facts.amplification,
      secondsToAgree,
      honestRun: calm,
    },
  };
}

/** One mesh, honest or attacked; the same seed forms the same one. */
class Mesh {
  readonly world: World;
  readonly honest: readonly Node[];
  readonly deviants: readonly Node[];
  readonly judge: Judge;
  readonly crew = new Crew();
  private readonly maps: MapWriters;
  private readonly values: AttackValues;
  private readonly run: Run;
  private readonly wrappers: Deviant[] = [];
  /** Sent by the honest and by the others, before the attack and after it. */
  private before: Sent = new Map();
  private after: Sent = new Map();
  private deviantsBefore = 0;
  private deviantsAfter = 0;

  constructor(values: AttackValues, run: Run, isAttacked: boolean) {
    this.values = values;
    this.run = run;
    const { seed, replay, nodes, progress } = run;
    const { kind, byzantine, identities } = values;
    const colluders = Math.round(byzantine * nodes);
    this.world = new World({ seed, replay, topics: [TOPIC], skewMs: 100, driftPpm: 100 });
    const { world } = this;
    progress(isAttacked ? "forming" : "forming, to be honest");
    this.deviants = world.spawn(colluders * (kind === "sybil" ? identities : 1), FORMING_MS / 3, (peer, random) => {
      const wrapper = new Deviant(peer, random, this.crew);
      this.wrappers.push(wrapper);
      return wrapper;
    });
    this.honest = world.spawn(nodes - colluders, FORMING_MS / 3);
    this.judge = new Judge(world, this.honest);
    this.maps = new MapWriters(world, this.honest);
    if (isAttacked) {
      world.witnesses.push(this.judge);
      for (const { id } of this.deviants) world.ledger.deviants.add(id);
    }
    world.run(FORMING_MS);
    this.crew.victim = this.honest[0]!.id;
    if (isAttacked) for (const wrapper of this.wrappers) wrapper.turn(KINDS[kind]);
  }

  /** The attack, and a conversation during it. */
  talk(): void {
    const { world, run, values } = this;
    const forMs = values.rounds * ROUND_MS;
    const endMs = world.nowMs + forMs;
    const random = streamOf(run.seed, "conversation");
    this.before = sentBy(this.honest);
    this.deviantsBefore = sumOf(sentBy(this.deviants));
    const say = (who: readonly Node[], meanMs: number, by: (node: Node) => void): void => {
      const atMs = world.nowMs + exponential(random, meanMs);
      if (atMs >= endMs) return;
      world.at(atMs, () => {
        const node = random.pick(who);
        if (node?.isOn === true) by(node);
        say(who, meanMs, by);
      });
    };
    if (this.hasMaps) this.maps.write(endMs);
    say(this.honest, GAP_MS, (node) => world.publish(node, TOPIC, 16 + random.below(240)));
    if (this.deviants.length > 0) {
      say(this.deviants, DEVIANT_GAP_MS / this.deviants.length, (node) => this.sayAsDeviant(node, random.bytes(64)));
    }
    pass(world, run, values.kind, forMs);
    this.after = sentBy(this.honest);
    this.deviantsAfter = sumOf(sentBy(this.deviants));
  }

  /** What deviants write is nobody's promise. */
  private sayAsDeviant(node: Node, body: Uint8Array): void {
    if (this.world.ledger.deviants.has(node.id)) node.publish(TOPIC, body);
    else {
      this.world.ledger.onAsked(node, node.nextRef, TOPIC, body);
      node.publish(TOPIC, body);
    }
  }

  /** Until the honest who are linked to each other lack nothing; the others are still at it. */
  settle(): void {
    const { world, run } = this;
    const lacking = () => world.ledger.missing(this.largest());
    const isEqual = (): boolean => !this.hasMaps || this.maps.isHonestlyEqual(this.largest());
    const isSettled = (): boolean => lacking().length === 0 && this.atLarge().length === 0 && isEqual();
    until(world, run, "settling", SETTLING_MS, isSettled);
    if (!isEqual()) world.fail("honest peers hold different things in a map, with the deviants still there");
    const missing = lacking();
    const [first] = missing;
    if (first === undefined) return;
    const { node, rumor, order } = first;
    world.fail(
      `${missing.length} deliveries are missing; the first, in the ${order} order: ${Ledger.nameOf(rumor)} of ` +
        `${(rumor.atMs / 1_000).toFixed(1)} s at honest node ${node.index}`,
    );
  }

  /** Offenders whom somebody knows who has not convicted them. */
  private atLarge(): readonly PeerId[] {
    const { judge, crew } = this;
    const isFree = (peer: PeerId): boolean =>
      this.largest().some(
        (node) =>
          judge.convictions.get(peer)?.has(node) !== true && node.peer.members.some((member) => member.peer === peer),
      );
    return [...crew.offencesMs.keys()].filter(isFree);
  }

  /** The honest who are linked to each other, over honest links alone. */
  largest(): readonly Node[] {
    const largest = this.world.graph(this.honest).largest();
    return this.honest.filter((_, i) => largest.has(i));
  }

  measure(): Measured {
    const { honest, world } = this;
    const { latenciesMs } = world.ledger;
    const memory = honest.reduce((sum, { peer }) => sum + encodeState(peer.rooms.state).length, 0);
    const byFrame = [...this.after]
      .map(([kind, bytes]) => [kind, Math.round((bytes - (this.before.get(kind) ?? 0)) / honest.length)] as const)
      .toSorted(([, a], [, b]) => b - a);
    return {
      bytesPerNode: Math.round(this.sent / honest.length),
      bytesByFrame: Object.fromEntries(byFrame),
      memoryPerNode: Math.round(memory / honest.length),
      latencyMs: { p50: Math.round(quantile(latenciesMs, 0.5)), p99: Math.round(quantile(latenciesMs, 0.99)) },
    };
  }

  /** By the honest, while the attack lasted. */
  private get sent(): number {
    return sumOf(this.after) - sumOf(this.before);
  }

  /** What all the honest sent beyond what they would have, for each byte that a deviant sent. */
  amplification(calmBytesPerNode: number): number {
    const more = this.sent - calmBytesPerNode * this.honest.length;
    return Math.max(0, more) / Math.max(1, this.deviantsAfter - this.deviantsBefore);
  }

  /** The longest that it took until every honest node had convicted an offender; undefined when nobody offended. */
  roundsToExpel(nodes: readonly Node[]): number | undefined {
    const { world, judge, crew } = this;
    let most: number | undefined;
    for (const [peer, wallMs] of crew.offencesMs) {
      const sinceMs = wallMs - world.epochMs + world.nowMs;
      const by = judge.convictions.get(peer);
      // Who has never heard of it has nobody to expel.
      const free = nodes.find(
        (node) => by?.has(node) !== true && node.peer.members.some((member) => member.peer === peer),
      );
      const isYoung = world.nowMs - sinceMs < EXPELLED_ROUNDS_MAX * ROUND_MS;
      if (free !== undefined && isYoung) continue;
      if (free !== undefined) world.fail(`${this.nameOf(peer)} offended, and node ${free.index} has not convicted it`);
      const rounds = Math.max(0, ...nodes.map((node) => ((by?.get(node) ?? sinceMs) - sinceMs) / ROUND_MS));
      if (rounds > EXPELLED_ROUNDS_MAX) {
        world.fail(`${this.nameOf(peer)} was not expelled by all before ${rounds.toFixed(1)} rounds were over`);
      }
      most = Math.max(most ?? 0, rounds);
    }
    return most;
  }

  /** The deviants are gone: all that are left hold the same, whatever they were told. Returns the seconds it took. */
  agree(): number {
    const { world, run, honest, deviants } = this;
    for (const node of deviants) node.crash();
    const digests = (): ReadonlySet<string> =>
      new Set(honest.map(({ peer }) => `${peer.digest().join()} ${peer.mapDigest().join()}`));
    const seconds = until(world, run, "agreeing", SETTLING_MS, () => digests().size === 1);
    if (digests().size > 1) world.fail(`honest peers hold ${digests().size} different things after ${seconds} s`);
    if (this.hasMaps) this.writeOver();
    return seconds;
  }

  /** What was deleted stays so, and no key is pinned. */
  private writeOver(): void {
    const { world, run, honest, maps } = this;
    const undeleted = maps.undeleted(honest);
    if (undeleted !== undefined) world.fail(`what was deleted is back: ${undeleted}`);
    maps.writeOver(honest[0]!);
    const isWritten = (): boolean => maps.standsEverywhere(honest[0]!, honest);
    until(world, run, "writing over all keys", SETTLING_MS, isWritten);
    if (!isWritten()) world.fail("what one honest peer wrote to all keys of a map does not stand everywhere");
  }

  private get hasMaps(): boolean {
    return this.values.kind === "mix" || this.values.kind.startsWith("map-");
  }

  private nameOf(peer: PeerId): string {
    return `deviant ${this.deviants.findIndex(({ id }) => id === peer)} (${peer.slice(0, 6)})`;
  }
}

/** Bytes by kind of frame. */
type Sent = ReadonlyMap<string, number>;

function sentBy(nodes: readonly Node[]): Sent {
  const total = totalOf(nodes.map(({ traffic }) => traffic));
  return new Map([...total].map(([kind, { bytes }]) => [kind, bytes] as const));
}

function sumOf(sent: Sent): number {
  return [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);
}
