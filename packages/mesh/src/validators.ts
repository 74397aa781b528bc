/**
 * What an application has to say about messages before they are passed on: any number of checks for a topic, each of
 * which may take its time. All have to accept.
 */
import type { Validation } from "@grapevine/protocol";
import { report } from "./emitter.ts";
import { expected } from "./errors.ts";
import type { Message } from "./message.ts";

export type Check<T> = (message: Message<T>) => Validation | Promise<Validation>;

export class Validators<T> {
  // Replaced, never changed: a check may come or go while others are asked.
  private checks: readonly { readonly check: Check<T> }[] = [];

  get size(): number {
    return this.checks.length;
  }

  /** Returns a function that removes it again; removing twice is harmless. */
  add(check: Check<T>): () => void {
    if (typeof check !== "function") throw expected("a function that validates", check);
    const one = { check };
    this.checks = [...this.checks, one];
    return () => void (this.checks = this.checks.filter((other) => other !== one));
  }

  clear(): void {
    this.checks = [];
  }

  /** One verdict on messages that stand or fall together: at once, when every check answers at once. */
  judge(messages: readonly Message<T>[]): Validation | Promise<Validation> {
    const waiting: Promise<Validation>[] = [];
    let verdict: Validation = "accept";
    for (const message of messages) {
      for (const { check } of this.checks) {
        const answer = ask(check, message);
        if (answer instanceof Promise) waiting.push(answer);
        else verdict = worse(verdict, answer);
        // Nothing makes it better again.
        if (verdict === "reject") return verdict;
      }
    }
    if (waiting.length === 0) return verdict;
    return Promise.all(waiting).then((answers) => answers.reduce(worse, verdict));
  }
}

function ask<T>(check: Check<T>, message: Message<T>): Validation | Promise<Validation> {
  try {
    const answer: unknown = check(message);
    if (!isThenable(answer)) return verdictOf(answer);
    return Promise.resolve(answer).then(verdictOf, failed);
  } catch (error) {
    return failed(error);
  }
}

function verdictOf(answer: unknown): Validation {
  if (answer === "accept" || answer === "reject" || answer === "ignore") return answer;
  return failed(expected('a validator to answer "accept", "reject" or "ignore"', answer));
}

/** A check that fails is the application's own mistake: it is seen, and held against nobody. */
function failed(error: unknown): Validation {
  report(error);
  return "ignore";
}

function worse(a: Validation, b: Validation): Validation {
  if (a === "reject" || b === "reject") return "reject";
  return a === "ignore" || b === "ignore" ? "ignore" : "accept";
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}
