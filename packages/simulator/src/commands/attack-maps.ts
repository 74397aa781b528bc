/**
 * Replicated maps under attack: the honest write, overwrite and delete while others lie about it. What must hold: while
 * the liars are still at it, what the honest wrote is the same at all of them; once the liars are gone everything is; nothing that was
 * deleted is back; and any honest peer can write over any key.
 */
import { type Random, toHex } from "@grapevine/protocol";
import { exponential, streamOf } from "../chance.ts";
import type { Node } from "../node.ts";
import type { World } from "../world.ts";

const MAP = "3b".repeat(16);
/** Few, so that each is written again and again. */
const KEYS = 40;
/** Between two writes, of all together. Guess: a lively document. */
const GAP_MS = 500;
const DELETED_SHARE = 0.25;
/** Some deletions end during an attack, and are dormant then. Guess: two rounds of an attack. */
const DELETION_MS = 10_000;
const BODY_BYTES = 100;

export class MapWriters {
  written = 0;
  private readonly world: World;
  private readonly honest: readonly Node[];
  private readonly random: Random;
  /** Keys whose last write was a deletion, with when that ends. */
  private readonly deleted = new Map<string, number>();

  constructor(world: World, honest: readonly Node[]) {
    this.world = world;
    this.honest = honest;
    this.random = streamOf(world.seed, "map writers");
  }

  /** At random moments until then. */
  write(untilMs: number): void {
    const { world, random } = this;
    const atMs = world.nowMs + exponential(random, GAP_MS);
    if (atMs >= untilMs) return;
    world.at(atMs, () => {
      const node = random.pick(this.honest.filter(({ isOn }) => isOn));
      if (node !== undefined) this.writeAt(node, keyOf(random.below(KEYS)), random.float() < DELETED_SHARE);
      this.write(untilMs);
    });
  }

  /** One of them writes over every key. */
  writeOver(node: Node): void {
    for (let key = 0; key < KEYS; key++) this.writeAt(node, keyOf(key), false);
  }

  /** Everything that stands is what that node wrote, at all of them. */
  standsEverywhere(writer: Node, nodes: readonly Node[]): boolean {
    return nodes.every(({ peer }) => {
      const entries = peer.entriesOf(MAP);
      return entries.length === KEYS && entries.every(({ rumor }) => rumor.header.author === writer.id);
    });
  }

  /** Where no liar's entry stands at any of them, all of them hold the same. */
  isHonestlyEqual(nodes: readonly Node[]): boolean {
    const honest = new Set(this.honest.map(({ id }) => id));
    const standing = nodes.map(({ peer }) => new Map(peer.entriesOf(MAP).map((entry) => [entry.key, entry])));
    for (let number = 0; number < KEYS; number++) {
      const found = standing.map((entries) => entries.get(keyOf(number)));
      if (found.some((entry) => entry !== undefined && !honest.has(entry.rumor.header.author))) continue;
      if (new Set(found.map((entry) => entry && toHex(entry.id))).size > 1) return false;
    }
    return true;
  }

  /** A key whose last write was a deletion that has ended, and under which an honest value stands again. */
  undeleted(nodes: readonly Node[]): string | undefined {
    for (const [key, endMs] of this.deleted) {
      if (this.world.nowMs < endMs) continue;
      for (const { index, peer } of nodes) {
        const entry = peer.entryAt(MAP, key);
        const author = this.honest.find(({ id }) => id === entry?.rumor.header.author);
        if (entry !== undefined && author !== undefined) return `key ${key.slice(-2)} at node ${index}`;
      }
    }
    return undefined;
  }

  private writeAt(node: Node, key: string, isDeleted: boolean): void {
    const { world, random } = this;
    this.written++;
    const ref = -1_000_000_000 - this.written;
    world.ledger.onWrites(node, ref);
    const body = isDeleted ? new Uint8Array(1) : random.bytes(BODY_BYTES);
    const lifeMs = isDeleted ? DELETION_MS : 0;
    if (isDeleted) this.deleted.set(key, world.nowMs + DELETION_MS);
    else this.deleted.delete(key);
    node.command({ kind: "write", ref, map: MAP, key, keyId: new Uint8Array(8), body, lifeMs });
  }
}

function keyOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}
