// What code ran, by V8's own block coverage through node:inspector: no library is needed for it and nothing is
// instrumented. (jazzer.js, which is well kept, has a native part that needs glibc 2.38.) Taking it costs some
// milliseconds, so the loop takes it once for many inputs.
import { Session } from "node:inspector";

/** Which blocks of our sources have run since the last time. */
export class Coverage {
  #session = new Session();
  /** @type {Map<string, boolean>} */
  #ours = new Map();
  /** By function: parts of it that did not run, once. @type {Map<string, Map<string, { startOffset: number, endOffset: number }>>} */
  #missed = new Map();

  constructor() {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /**
   * V8 says where a function did not run, and is silent about the rest: so what runs is what was left out before.
   * @returns {Set<string>} */
  take() {
    /** @type {Set<string>} */
    const blocks = new Set();
    for (const { url, scriptId, functions } of this.#post("Profiler.takePreciseCoverage").result) {
      if (!this.#isOurs(url)) continue;
      for (const { ranges } of functions) this.#look(`${scriptId}:${ranges[0].startOffset}`, ranges, blocks);
    }
    return blocks;
  }

  /**
   * @param {string} name of a function
   * @param {readonly { startOffset: number, endOffset: number, count: number }[]} ranges
   * @param {Set<string>} blocks */
  #look(name, ranges, blocks) {
    if ((ranges[0]?.count ?? 0) === 0) return;
    blocks.add(name);
    const missed = ranges.filter(({ count }) => count === 0);
    let known = this.#missed.get(name);
    if (known === undefined) this.#missed.set(name, (known = new Map()));
    for (const range of missed) known.set(`${range.startOffset}-${range.endOffset}`, range);
    for (const [part, { startOffset, endOffset }] of known) {
      const isMissed = missed.some((range) => range.startOffset <= startOffset && endOffset <= range.endOffset);
      if (!isMissed) blocks.add(`${name}:${part}`);
    }
  }

  close() {
    this.#session.disconnect();
  }

  /** @param {string} url */
  #isOurs(url) {
    let ours = this.#ours.get(url);
    if (ours === undefined) {
      ours = /\/(packages|signaling)\/.*\/?src\//.test(url) && !/\.(testing|test)\.ts/.test(url);
      this.#ours.set(url, ours);
    }
    return ours;
  }

  /**
   * The session is in this thread, so answers come before `post` returns.
   * @param {string} method
   * @param {object} [params]
   * @returns {any} */
  #post(method, params) {
    /** @type {any} */
    let answer;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}
