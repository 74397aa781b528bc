/**
 * Everybody says something of itself and changes it, while packets are lost and others come and go: a few rounds after the last
 * change everybody shows of everybody what it said last, and holds the same. Nothing else is told, so that what profiles cost
 * can be read from the traffic: while they change, and at rest.
 */
import { DEFAULT_TUNING, limits, type PeerId, type Random, toHex } from "@grapevine/protocol";
import { exponential, streamOf } from "../chance.ts";
import { quantile } from "../graph.ts";
import type { Node } from "../node.ts";
import { number, scenario, share, type Scenario, whole } from "../scenario.ts";
import type { World } from "../world.ts";
import { expectNoMisbehavior, formed, outcomeOf, pass, until } from "./stage.ts";

const flags = {
  loss: share("share of packets lost", 0.1),
  churn: share("share of peers that depart, and as many that join, in a minute", 0.2),
  crashes: share("share of departures without a goodbye", 0.5),
  seconds: number("s", "simulated seconds of changes and churn", 30, 1),
  changes: number("n", "changes a second, over all peers", 2, 0.001),
  bytes: whole("n", "bytes of a profile, with its seal", 128, 1, limits.profileBytesMax),
  rounds: number("n", "rounds after the last change in which all must be equal", 5),
  rest: number("s", "simulated seconds after that in which nobody changes anything", 20, 1),
};

/** Frames that are of profiles where nothing else is told. */
const KINDS: readonly string[] = ["rumor", "iHave", "graft", "prune", "profileDigest", "profileWant"];

export const profiles: Scenario = scenario({
  name: "profiles",
  summary:
    "what peers say of themselves is the same everywhere soon after the last change, through packet loss and churn",
  nodes: 30,
  flags,
  run: ({ loss, churn, crashes, seconds, changes, bytes, rounds, rest }, run) => {
    const world = formed(run, { network: { loss }, topics: [] });
    const book = new Book(world, bytes);
    pass(world, run, "telling", 5_000);
    world.churn({ perMinute: churn, crashes });
    book.change(1_000 / changes, world.nowMs + seconds * 1_000);
    const costChanging = costOver(world, () => pass(world, run, "changing", seconds * 1_000));
    world.churn(undefined);
    const periodMs = DEFAULT_TUNING.repairPeriodMs;
    const equalSeconds = until(world, run, "becoming equal", rounds * periodMs, () => book.isRight);
    if (!book.isRight)
      world.fail(`expected everybody to show what all said last after ${rounds} rounds, ${book.wrong}`);
    const costResting = costOver(world, () => pass(world, run, "resting", rest * 1_000));
    if (!book.isRight) world.fail(`all was right, and is not any more: ${book.wrong}`);
    expectNoMisbehavior(world);
    return outcomeOf(world, {
      said: book.saidCount,
      held: world.living[0]!.peer.profiles.counts().held,
      joined: world.nodes.length - run.nodes,
      equalSeconds,
      rounds: (equalSeconds * 1_000) / periodMs,
      shownP50Ms: Math.round(quantile(book.shownMs, 0.5)),
      shownP99Ms: Math.round(quantile(book.shownMs, 0.99)),
      profileBytesPerNodeSecondChanging: Math.round(costChanging),
      profileBytesPerNodeSecondResting: Math.round(costResting),
    });
  },
});

/** Who said what last, and what each node shows of each. */
class Book {
  saidCount = 0;
  /** How long after it was said a change was shown, at each that showed it before the next. */
  readonly shownMs: number[] = [];
  private readonly world: World;
  private readonly bytes: number;
  private readonly random: Random;
  private readonly last = new Map<PeerId, { readonly text: string; readonly atMs: number }>();
  private readonly shown = new Map<Node, Map<PeerId, string>>();

  /** From now on every node says something of itself, those that come later when they start. */
  constructor(world: World, bytes: number) {
    this.world = world;
    this.bytes = bytes;
    this.random = streamOf(world.seed, "profiles");
    world.witnesses.push({
      onEffect: (node, effect) => {
        if (effect.kind === "profile") this.onShown(node, effect.peer, effect.rumor && toHex(effect.rumor.body));
      },
    });
    for (const node of world.living) this.say(node);
    world.invariants.push((node) => {
      if (!this.last.has(node.id)) this.say(node);
    });
  }

  /** Random nodes say something else, `meanMs` apart on average. */
  change(meanMs: number, untilMs: number): void {
    const next = this.world.nowMs + exponential(this.random, meanMs);
    if (next >= untilMs) return;
    this.world.at(next, () => {
      const node = this.world.pick();
      if (node !== undefined) this.say(node);
      this.change(meanMs, untilMs);
    });
  }

  get isRight(): boolean {
    return this.wrong === undefined;
  }

  /** The first that is not as it should be. */
  get wrong(): string | undefined {
    const { living } = this.world;
    for (const node of living) {
      for (const { id, index } of living) {
        const text = this.shown.get(node)?.get(id);
        if (text === this.last.get(id)!.text) continue;
        return `node ${node.index} shows ${text === undefined ? "nothing" : "what was said before"} of node ${index}`;
      }
    }
    const digests = new Set(living.map(({ peer }) => toHex(peer.profiles.digest())));
    return digests.size > 1 ? `${digests.size} different tables` : undefined;
  }

  private say(node: Node): void {
    const { world, random, bytes } = this;
    const body = random.bytes(bytes);
    this.saidCount++;
    const ref = -1_000_000_000 - this.saidCount;
    this.last.set(node.id, { text: toHex(body), atMs: world.nowMs });
    world.ledger.onWrites(node, ref);
    node.command({ kind: "profile", ref, keyId: new Uint8Array(8), body });
  }

  private onShown(node: Node, of: PeerId, text: string | undefined): void {
    let shown = this.shown.get(node);
    if (shown === undefined) this.shown.set(node, (shown = new Map()));
    if (text === undefined) return void shown.delete(of);
    shown.set(of, text);
    const last = this.last.get(of);
    if (last?.text === text && of !== node.id && node.sinceMs < last.atMs)
      this.shownMs.push(this.world.nowMs - last.atMs);
  }
}

/** Bytes of profiles that a node sends in a second of this span. */
function costOver(world: World, span: () => void): number {
  const sum = (): readonly [bytes: number, ms: number] =>
    world.nodes.reduce(
      ([bytes, ms], node) => [
        bytes + KINDS.reduce((all, kind) => all + (node.traffic.get(kind)?.bytes ?? 0), 0),
        ms + node.onMs,
      ],
      [0, 0],
    );
  const [bytesBefore, msBefore] = sum();
  span();
  const [bytes, ms] = sum();
  return ((bytes - bytesBefore) * 1_000) / (ms - msBefore);
}
