import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import type { Finding } from "../overlay/finding.ts";
import { Harness } from "../harness.testing.ts";
import { START_MS, Author, TOPIC, TestRumors, at, frameOf, idOf } from "../rumors/rumors.testing.ts";
import type { KeptRumor, Restored } from "./storage.ts";
import type { Fork, LogId, Rumor } from "../types.ts";
import { logKey } from "../repair/logs.ts";

/** Does with a peer's effects what a store does. */
class Disk {
  readonly rumors = new Map<string, Map<number, KeptRumor>>();
  forks: Fork[] = [];

  constructor(...lives: readonly TestRumors[]) {
    for (const life of lives) this.keep(life);
  }

  keep({ tray }: TestRumors): this {
    for (const effect of tray.effects) {
      if (effect.kind === "persist") this.log(effect.rumor.header).set(effect.rumor.header.seq, effect);
      if (effect.kind === "persistFork") this.forks.push(effect.fork);
      if (effect.kind === "forget") {
        this.drop(effect, (seq) => seq < effect.below);
        this.forks = this.forks.filter(({ a }) => logKey(a.header) !== logKey(effect) || a.header.seq >= effect.below);
      }
      if (effect.kind === "withdraw") this.drop(effect, (seq) => seq >= effect.from);
    }
    return this;
  }

  get all(): KeptRumor[] {
    return [...this.rumors.values()].flatMap((log) => [...log.values()]);
  }

  /** A new run that was given what is kept. */
  restart(order: (rumors: KeptRumor[]) => KeptRumor[] = (rumors) => rumors): TestRumors {
    const life = new TestRumors();
    life.rumors.onRestored(order(this.all), this.forks, life.now, life.tray);
    return life;
  }

  private log(id: LogId): Map<number, KeptRumor> {
    const log = this.rumors.get(logKey(id)) ?? new Map<number, KeptRumor>();
    this.rumors.set(logKey(id), log);
    return log;
  }

  private drop(id: LogId, isDropped: (seq: number) => boolean): void {
    const log = this.log(id);
    for (const seq of log.keys()) if (isDropped(seq)) log.delete(seq);
  }
}

function heard(...rumors: readonly Rumor[]): TestRumors {
  const life = new TestRumors();
  life.linkUp(1);
  for (const rumor of rumors) life.receive(1, frameOf(rumor));
  life.settle();
  return life;
}

describe("a peer that is given what it kept", () => {
  it("holds what it held, and says nothing of it to anybody", () => {
    const author = new Author(1);
    const before = heard(...author.writeMany(5));
    const disk = new Disk(before);
    const after = disk.restart();
    expect(after.rumors.digest()).toEqual(before.rumors.digest());
    expect(after.tray.effects).toEqual([]);
    expect(after.verifications).toBe(0);
  });

  it("delivers nothing of it, and has it as the past of its topic", () => {
    const author = new Author(1);
    const before = heard(...author.writeMany(3));
    const after = new Disk(before).restart();
    after.rumors.onSubscribe(TOPIC, after.now);
    expect(after.effects("deliver")).toEqual([]);
    expect(after.rumors.retained(TOPIC).map(({ rumor }) => rumor.header.seq)).toEqual([1, 2, 3]);
    after.linkUp(1);
    after.receive(1, frameOf(author.write()));
    after.settle();
    expect(after.effects("deliver")).toMatchObject([{ stream: "both", rumor: { header: { seq: 4 } } }]);
  });

  it("knows where a forked log ends, though what lies beyond was not kept, until its author's low has passed it", () => {
    const author = new Author(1);
    const rumors = author.writeMany(5);
    const rival = author.fork(rumors[2]!);
    const before = heard(...rumors, rival);
    const disk = new Disk(before);
    expect(disk.all.map(({ rumor }) => rumor.header.seq)).toEqual([1, 2]);
    const after = disk.restart();
    expect(after.rumors.digest()).toEqual(before.rumors.digest());
    after.linkUp(1);
    for (const rumor of [rumors[4]!, rumors[3]!, rumors[2]!, rival]) after.receive(1, frameOf(rumor));
    after.settle();
    expect(after.effects("persist")).toEqual([]);
    expect(after.rumors.digest()).toEqual(before.rumors.digest());
    // The fork is forgotten with its slot.
    const last = author.write({ low: 4 });
    for (const peer of [before, after]) {
      peer.receive(1, frameOf(last));
      peer.settle();
    }
    expect(after.rumors.digest()).toEqual(before.rumors.digest());
    const kept = disk.keep(after).all.map(({ rumor }) => rumor.header.seq);
    expect(kept.toSorted((a, b) => a - b)).toEqual([4, 5, 6]);
  });

  it("forgets what has no place any more, and says so", () => {
    const runs = Array.from({ length: limits.incarnationsMax + 2 }, (_, i) => new Author(1, START_MS - 100 + i));
    const kept = runs.map((run) => run.write()).map((rumor) => ({ rumor, id: idOf(rumor), hops: 1 }));
    for (const order of [kept, kept.toReversed()]) {
      const life = new TestRumors();
      life.rumors.onRestored(order, [], life.now, life.tray);
      expect(life.rumors.counts().rumors).toBe(limits.incarnationsMax);
      const dropped = life.effects("forget").map(({ incarnation }) => incarnation);
      expect(new Set(dropped)).toEqual(new Set(runs.slice(0, 2).map(({ incarnation }) => incarnation)));
    }
  });

  it("stamps what it writes after all that it kept", () => {
    const author = new Author(1);
    const ahead = author.write({ timeMs: START_MS + 10_000 });
    const after = new Disk(heard(ahead)).restart();
    after.rumors.onPublish(
      {
        kind: "publish",
        ref: -1,
        topic: TOPIC,
        keyId: new Uint8Array(8),
        body: new Uint8Array(1),
        retention: { countMax: 10, bytesMax: 1000, ageMs: 0 },
      },
      at(0),
      after.tray,
    );
    after.settle();
    const [written] = after.effects("persist");
    expect(written!.rumor.header.timeMs).toBeGreaterThanOrEqual(START_MS + 10_000);
  });

  it("holds the same in whatever order it is given it, and whatever it had heard", () => {
    const what = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.nat({ max: 9 }), fc.boolean()), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(what, fc.infiniteStream(fc.nat()), (steps, keys) => {
        const authors = [1, 2, 3].map((number) => new Author(number));
        const logs = authors.map((author) => [
          ...author.writeMany(8),
          author.write({ low: 3 }),
          author.write({ low: 5 }),
        ]);
        const before = heard(
          ...steps.map(([author, seq, forks]) => {
            const rumor = logs[author]![seq]!;
            return forks ? authors[author]!.fork(rumor) : rumor;
          }),
        );
        const after = new Disk(before).restart((rumors) =>
          rumors
            .map((rumor) => ({ rumor, key: keys.next().value }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ rumor }) => rumor),
        );
        expect(after.rumors.digest()).toEqual(before.rumors.digest());
      }),
      { numRuns: 200 },
    );
  });
});

describe("a restored peer", () => {
  const nothing: Restored = { credentials: [], rumors: [], forks: [], evidence: [] };

  it("takes nothing once it has started", () => {
    const world = new Harness();
    const node = world.add(1);
    const rumor = new Author(9).write();
    world.input(node, { kind: "restored", restored: { ...nothing, rumors: [{ rumor, id: idOf(rumor), hops: 1 }] } });
    expect(node.peer.rumorCounts.rumors).toBe(0);
  });

  it("keeps away from those who were convicted in its earlier runs, and tells the others", () => {
    const world = new Harness();
    for (let i = 1; i <= 12; i++) world.add(i);
    const cheat = world.nodes[4]!;
    const { table } = cheat.peer.rooms.overlay.finding as Finding;
    const spend = table.spend.bind(table);
    // It keeps what it gives away, and gives it away again.
    table.spend = (count, except) => {
      const spent = spend(count, except);
      table.state.owned.push(...spent);
      return spent;
    };
    world.run(150_000);
    const evidence = world.nodes[0]!.peer.evidence;
    expect(evidence).toHaveLength(1);

    const later = new Harness();
    const [returned, offender] = [later.add(1, { restored: { ...nothing, evidence } }), later.add(5)];
    later.run(30_000);
    expect(returned.peer.evidence).toEqual(evidence);
    expect(returned.peer.neighbors).toEqual([]);
    expect(offender.peer.neighbors).toEqual([]);
    const witness = later.add(2);
    later.run(60_000);
    expect(returned.peer.neighbors.map(({ peer }) => peer)).toEqual([witness.id]);
  });

  it("hands on what admits the authors of what it kept", () => {
    const before = new Harness();
    const [author, keeper] = [before.add(1), before.add(2)];
    before.run(5_000);
    before.command(author, {
      kind: "publish",
      ref: -1,
      topic: TOPIC,
      keyId: new Uint8Array(8),
      body: new Uint8Array(3),
      retention: { countMax: 10, bytesMax: 1_000, ageMs: 0 },
    });
    before.run(5_000);
    const logs = [...keeper.peer.rooms.rumors.state.logs.logs.values()];
    const rumors: KeptRumor[] = logs.flatMap((log) => [...log.held.values()]);
    const credentials = [...keeper.peer.rooms.admission.state.admitted.values()].filter(
      ({ peer }) => peer === author.id,
    );
    expect([rumors.length, credentials.length]).toEqual([1, 1]);

    const later = new Harness();
    later.add(2, { restored: { ...nothing, rumors, credentials } });
    const newcomer = later.add(3);
    later.run(10_000);
    expect(newcomer.peer.rumorCounts.rumors).toBe(1);
  });
});
