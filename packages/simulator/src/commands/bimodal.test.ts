import { expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { bimodal, type BimodalOptions } from "../models/bimodal.ts";

const seed = 1;
const options: BimodalOptions = {
  nodes: 128,
  loss: 0.05,
  crash: 0.5,
  failing: 0.001,
  fanout: 1,
  rounds: 6,
  answers: 4,
};

function shares(change: Partial<BimodalOptions>, count = 400): number[] {
  const random = streamOf(seed, "bimodal");
  return Array.from({ length: count }, () => bimodal({ ...options, ...change }, random).last);
}

const within = (all: readonly number[], from: number, to: number): number =>
  all.filter((share) => share >= from && share <= to).length / all.length;

test(`a message reaches almost all or almost none, seed ${seed}`, () => {
  const all = shares({});
  expect(within(all, 0.9, 1)).toBeGreaterThan(0.97);
  expect(within(all, 0.11, 0.89)).toBeLessThan(0.01);
  // Senders that crash before anybody has heard are few among 128; with the first datagrams all lost, none hear.
  const few = shares({ nodes: 16, rounds: 2 });
  expect(within(few, 0, 0.1)).toBeGreaterThan(0.02);
});

test(`without repair it reaches anything in between, seed ${seed}`, () => {
  const all = shares({ rounds: 0 });
  expect(within(all, 0.11, 0.89)).toBeGreaterThan(0.3);
});

test(`a sender that lives reaches everyone, whatever is lost, seed ${seed}`, () => {
  expect(Math.min(...shares({ crash: 0, failing: 0, loss: 0.2, rounds: 20 }, 100))).toBe(1);
});
