import { afterEach, expect, test, vi } from "vitest";
import type { Message, Verdict } from "./message.ts";
import { Validators } from "./validators.ts";

const message = (data: unknown): Message<unknown> => ({ data }) as Message<unknown>;

/** Where `report` puts what is thrown. */
function reported(): unknown[] {
  const errors: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => void errors.push(error));
  return errors;
}

afterEach(() => vi.unstubAllGlobals());

test("nobody who objects is an accept", () => {
  expect(new Validators().judge([message(1)])).toBe("accept");
});

test("a check that answers at once is heard at once", () => {
  const validators = new Validators();
  validators.add(({ data }) => (data === 1 ? "accept" : "reject"));
  expect(validators.judge([message(1)])).toBe("accept");
  expect(validators.judge([message(1), message(2)])).toBe("reject");
});

test.each([
  [["accept", "ignore"], "ignore"],
  [["ignore", "reject"], "reject"],
  [["reject", "accept"], "reject"],
  [["accept", "accept"], "accept"],
] as const)("all have to accept: %j is %s, at once or later", async (answers, verdict) => {
  const atOnce = new Validators();
  const later = new Validators();
  for (const answer of answers) {
    atOnce.add(() => answer);
    later.add(() => Promise.resolve(answer));
  }
  expect(atOnce.judge([message(1)])).toBe(verdict);
  expect(await later.judge([message(1)])).toBe(verdict);
});

test("a check that was removed is asked no more, and removing twice removes no other", () => {
  const validators = new Validators();
  const check = (): Verdict => "reject";
  const remove = validators.add(check);
  validators.add(check);
  remove();
  remove();
  expect(validators.size).toBe(1);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("oops");
    },
  ],
  ["rejects", () => Promise.reject(new Error("oops"))],
  ["answers nonsense", () => "yes" as Verdict],
  ["answers nonsense later", () => Promise.resolve(undefined as unknown as Verdict)],
])("a check that %s is reported, and counts as ignore", async (_, check) => {
  const errors = reported();
  const validators = new Validators();
  validators.add(check);
  expect(await validators.judge([message(1)])).toBe("ignore");
  expect(errors).toHaveLength(1);
});

test("only functions are checks", () => {
  expect(() => new Validators().add("accept" as never)).toThrow("expected a function that validates");
});
