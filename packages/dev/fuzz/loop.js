// The loop of coverage-guided fuzzing: inputs that reach code that none reached before are kept, and those that follow are
// made from them. Coverage is taken for a batch; when there is something new in it the batch is run again, in ever
// smaller parts, to find whose it is.
import { mutate } from "./mutate.js";

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {number} share of all cases
 * @property {() => Uint8Array[]} seeds
 * @property {(bytes: Uint8Array) => number | void} run throws when something is wrong; returns how many cases it was
 *
 * @typedef {{ bytes: Uint8Array, error: unknown }} Found
 * @typedef {{ cases: number, inputs: number, blocks: number, found: Found | undefined }} Outcome */

/** Twice as large each time that there was nothing new, for taking coverage costs time. */
const BATCH_MIN = 64;
const BATCH_MAX = 8_192;
/** One input that takes longer is a finding: whoever sends it keeps a peer busy. */
const SLOW_MS = 2_000;

/**
 * Run at least so many cases.
 * @param {Target} target
 * @param {number} cases
 * @param {import("./coverage.js").Coverage} coverage
 * @param {import("./mutate.js").Chance} chance
 * @returns {Outcome} */
export function fuzz(target, cases, coverage, chance) {
  const corpus = target.seeds();
  /** @type {Set<string>} */
  const reached = new Set();
  const outcome = { cases: 0, inputs: 0, blocks: 0, found: /** @type {Found | undefined} */ (undefined) };

  /**
   * @param {Uint8Array[]} batch
   * @param {boolean} isNew run for the first time, so that it counts */
  const runAll = (batch, isNew) => {
    for (const bytes of batch) {
      const verdict = tryOne(target, bytes);
      if (isNew) outcome.inputs++;
      if (typeof verdict !== "number") {
        outcome.found = { bytes, error: verdict.error };
        return;
      }
      if (isNew) outcome.cases += verdict;
    }
  };

  /** Keep those of the batch that reach something new.
   * @param {Uint8Array[]} batch
   * @param {boolean} [isNew] */
  const sift = (batch, isNew = true) => {
    runAll(batch, isNew);
    if (outcome.found !== undefined) return;
    const fresh = [...coverage.take()].filter((block) => !reached.has(block));
    if (fresh.length === 0) return;
    if (batch.length > 1) {
      const half = Math.ceil(batch.length / 8);
      for (let at = 0; at < batch.length && outcome.found === undefined; at += half)
        sift(batch.slice(at, at + half), false);
      // What only came of the whole, by caches that were warm, is not worth a second look.
    } else corpus.push(...batch);
    for (const block of fresh) reached.add(block);
  };

  coverage.take();
  const seeds = corpus.splice(0);
  for (const seed of seeds) {
    sift([seed]);
    if (outcome.found !== undefined) return outcome;
  }
  if (corpus.length === 0) corpus.push(seeds[0] ?? new Uint8Array(0));
  let batch = BATCH_MIN;
  while (outcome.cases < cases && outcome.found === undefined) {
    // Half of them from the newest: they are where something new was just found.
    const newest = corpus.slice(-16);
    const before = corpus.length;
    sift(
      Array.from({ length: batch }, () => mutate(chance.pick(chance.below(2) === 0 ? corpus : newest), corpus, chance)),
    );
    batch = corpus.length > before ? BATCH_MIN : Math.min(BATCH_MAX, batch * 2);
  }
  outcome.blocks = reached.size;
  return outcome;
}

/**
 * How many cases it was, or what was wrong.
 * @param {Target} target
 * @param {Uint8Array} bytes
 * @param {number} [slowMs]
 * @returns {number | { error: unknown }} */
export function tryOne(target, bytes, slowMs = SLOW_MS) {
  const sinceMs = performance.now();
  try {
    const cases = target.run(bytes.slice()) ?? 1;
    const tookMs = performance.now() - sinceMs;
    if (tookMs <= slowMs) return cases;
    return { error: new Error(`expected an answer within ${slowMs} ms, got a later one`) };
  } catch (error) {
    return { error };
  }
}

/**
 * The same fault by fewer bytes: cut out whatever is not needed for it.
 * @param {Target} target
 * @param {Found} found
 * @returns {Uint8Array} */
export function shrink(target, { bytes, error }) {
  let least = bytes;
  const isSame = (/** @type {Uint8Array} */ fewer) => {
    const verdict = tryOne(target, fewer);
    return typeof verdict !== "number" && String(verdict.error) === String(error);
  };
  for (let size = Math.ceil(least.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at + size <= least.length;) {
      const fewer = new Uint8Array(least.length - size);
      fewer.set(least.subarray(0, at));
      fewer.set(least.subarray(at + size), at);
      if (isSame(fewer)) least = fewer;
      else at += size;
    }
  }
  return least;
}
