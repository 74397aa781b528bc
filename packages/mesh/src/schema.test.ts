import * as v from "valibot";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { checkBySchema, describeIssues, requireSchema } from "./schema.ts";

const schemas = {
  zod: z.object({ user: z.object({ age: z.number() }), note: z.string().default("none") }),
  valibot: v.object({ user: v.object({ age: v.number() }), note: v.optional(v.string(), "none") }),
};

test.each(Object.entries(schemas))("%s gives its output for what fits", (_, schema) => {
  requireSchema(schema);
  expect(checkBySchema(schema, { user: { age: 7 } })).toEqual({
    ok: true,
    value: { user: { age: 7 }, note: "none" },
  });
});

test.each(Object.entries(schemas))("%s names the place of what does not fit", (_, schema) => {
  const checked = checkBySchema(schema, { user: { age: "7" } });
  expect(checked.ok).toBe(false);
  if (!checked.ok) expect(describeIssues(checked.issues)).toMatch(/^user\.age: /);
});

test("a schema that answers with a promise is refused, and its failure handled", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const schema = z.string().refine(async () => true);
  expect(() =>
    checkBySchema(
      { "~standard": { version: 1, vendor: "x", validate: async () => Promise.reject(new Error("late")) } },
      "x",
    ),
  ).toThrow("expected a schema that validates synchronously");
  expect(() => checkBySchema(schema, "x")).toThrow("expected a schema that validates synchronously");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test.each([undefined, null, {}, { "~standard": { version: 2, validate: () => {} } }, () => {}])(
  "%o is no schema",
  (value) => {
    expect(() => requireSchema(value)).toThrow("expected a schema that implements Standard Schema");
  },
);
