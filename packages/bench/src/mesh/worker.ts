/**
 * One of the processes that a mesh under measurement lives in: starts its nodes, publishes as it is told, keeps the
 * ledger of what arrived, and says how far it is. The same code for every contender.
 */
import { type BenchNode, load } from "./contender.ts";
import { Ledger } from "./ledger.ts";
import type { Mark, Phase, PhaseEnd, Progress, Setup, ToWorker } from "./messages.ts";
import { nowMs, read, write } from "./payload.ts";

/** How often publishers hear of what arrived elsewhere. */
const PROGRESS_MS = 4;
/** Messages that a publisher hands over before it lets others run. */
const BURST = 64;
/** Nothing new from an author at somebody for this long: not every message of its window will come. Guess. */
const LOST_MS = 1_500;

interface Author {
  readonly node: number;
  sent: number;
}

const self = Number(process.argv[2]);
let setup: Setup;
let startNode: Awaited<ReturnType<typeof load>>;
const nodes = new Map<number, BenchNode>();

let ledger: Ledger | undefined;
let phase: Phase | undefined;
let publishing = false;
let authors: Author[] = [];
let spoiled = 0;
let failures = 0;
/** What each worker has of each author. */
const progress = new Map<number, readonly number[]>();
let timer: ReturnType<typeof setInterval> | undefined;

process.on("message", (message: { ref: number; body: ToWorker } | Progress) => {
  if ("kind" in message) {
    if (message.phase === phase?.phase) progress.set(message.worker, message.least);
    return;
  }
  handle(message.body).then(
    (answer) => process.send!({ ref: message.ref, answer: answer ?? null }),
    (error: unknown) => process.send!({ ref: message.ref, error: String((error as Error)?.stack ?? error) }),
  );
});
process.on("disconnect", () => process.exit(0));
// An error of one stream of libp2p must not end the run; it shows as what did not arrive.
process.on("unhandledRejection", () => failures++);

async function handle(message: ToWorker): Promise<unknown> {
  switch (message.kind) {
    case "load":
      setup = message.setup;
      startNode = await load(setup.contender);
      return mark();
    case "start": {
      const { seed } = setup;
      await Promise.all(
        setup.nodes.map(async (node) => {
          nodes.set(node, await startNode({ seed, onMessage: (data) => onMessage(node, data) }));
        }),
      );
      return [...nodes].map(([node, { addresses }]) => ({ node, addresses }));
    }
    case "dial":
      await Promise.all(message.dials.map(({ node, addresses }) => nodes.get(node)!.dial(addresses)));
      return undefined;
    case "await-degree": {
      const untilMs = nowMs() + message.timeoutMs;
      while ([...nodes.values()].some(({ degree }) => degree < message.degree)) {
        if (nowMs() > untilMs) throw new Error(`degrees: ${[...nodes.values()].map(({ degree }) => degree).join(" ")}`);
        await sleep(5);
      }
      return undefined;
    }
    case "expect":
      return expect(message.phase);
    case "begin":
      return begin();
    case "mark":
      if (message.fresh === true) ledger!.latenciesMs.length = 0;
      return mark();
    case "stop-publishing":
      publishing = false;
      return undefined;
    case "end":
      return end();
    case "stats":
      return [...nodes.values()].map((node) => node.stats());
    case "stop":
      clearInterval(timer);
      await Promise.race([Promise.all([...nodes.values()].map((node) => node.stop())), sleep(3_000)]);
      setTimeout(() => process.exit(0), 10);
      return undefined;
  }
}

function expect(next: Phase): void {
  phase = next;
  spoiled = 0;
  failures = 0;
  progress.clear();
  ledger = new Ledger(next.phase, setup.nodes, next.authors, next.everyMs > 0 && next.countMax === 0);
  authors = next.authors.filter((node) => nodes.has(node)).map((node) => ({ node, sent: 0 }));
  clearInterval(timer);
  if (next.window > 0) timer = setInterval(tell, PROGRESS_MS);
}

function begin(): void {
  publishing = true;
  for (const author of authors) {
    const publish = phase!.everyMs > 0 ? paced : saturated;
    publish(author, phase!).catch((error: unknown) => {
      failures++;
      process.stderr.write(`publishing failed: ${String(error)}\n`);
    });
  }
}

function tell(): void {
  const least = ledger!.least();
  progress.set(self, least);
  process.send!({ kind: "progress", worker: self, phase: ledger!.phase, least } satisfies Progress);
}

/** As fast as a window of messages that have not reached everybody lets it. */
async function saturated(author: Author, current: Phase): Promise<void> {
  const node = nodes.get(author.node)!;
  const at = current.authors.indexOf(author.node);
  const next = (): Promise<unknown> =>
    node.publish(
      write({ phase: current.phase, author: author.node, seq: author.sent++, sentMs: nowMs() }, current.size),
    );
  let [lost, least, movedMs] = [0, 0, nowMs()];
  while (publishing && phase === current) {
    const now = arrived(at);
    if (now > least || author.sent === least + lost) [least, movedMs] = [now, nowMs()];
    // What is still missing when nothing has come for so long is lost, and must not hold up the rest; it is counted.
    else if (nowMs() - movedMs > LOST_MS) [lost, movedMs] = [author.sent - least, nowMs()];
    const room = least + lost + current.window - author.sent;
    if (room <= 0) {
      await sleep(1);
      continue;
    }
    if (current.oneByOne) {
      for (let i = 0; i < Math.min(room, 16); i++) await next();
    } else {
      const burst: Promise<unknown>[] = [];
      for (let i = 0; i < Math.min(room, BURST); i++) burst.push(next());
      await Promise.all(burst);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function paced(author: Author, current: Phase): Promise<void> {
  const node = nodes.get(author.node)!;
  // Spread over the period, so that authors do not speak at the same time; probes at once.
  const share = current.countMax > 0 ? 0 : current.authors.indexOf(author.node) / current.authors.length;
  const startMs = nowMs() + current.everyMs * share;
  while (publishing && phase === current) {
    if (current.countMax > 0 && author.sent >= current.countMax) return;
    const waitMs = startMs + author.sent * current.everyMs - nowMs();
    if (waitMs > 0) await sleep(waitMs);
    if (!publishing || phase !== current) return;
    const stamp = { phase: current.phase, author: author.node, seq: author.sent++, sentMs: nowMs() };
    await node.publish(write(stamp, current.size));
  }
}

/** How many messages of an author all nodes of all processes have. */
function arrived(at: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const counts of progress.values()) least = Math.min(least, counts[at]!);
  return Number.isFinite(least) ? least : 0;
}

function onMessage(node: number, data: Uint8Array): void {
  const stamp = read(data);
  if (stamp === undefined) spoiled++;
  else if (stamp.phase === ledger?.phase) ledger.add(node, stamp, nowMs());
}

function mark(): Mark {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  let copies = 0;
  for (const node of nodes.values()) copies += node.copies;
  return {
    atMs: nowMs(),
    cpuMs: (user + system) / 1000,
    deliveries: ledger?.deliveries ?? 0,
    copies,
    rssBytes: rss,
    heapBytes: heapUsed,
  };
}

function end(): PhaseEnd {
  const { deliveries, repeats, latenciesMs } = ledger!;
  const published = authors.map(({ node, sent }) => ({ author: node, count: sent }));
  return { published, deliveries, repeats, spoiled, failures, latenciesMs };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
