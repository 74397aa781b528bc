/**
 * Schemas of messages by Standard Schema (standardschema.dev), which zod, valibot, arktype and others speak. Only
 * synchronous ones: a message is checked while it is delivered, and waiting would reorder an author's stream.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { MeshError, expected } from "./errors.ts";

/** What a schema found wrong: a message, and the path to the place. */
export type Issue = StandardSchemaV1.Issue;

export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Throws unless `schema` looks like a Standard Schema, version 1. */
export function requireSchema(schema: unknown): asserts schema is StandardSchemaV1 {
  const standard = (schema as StandardSchemaV1 | null | undefined)?.["~standard"];
  if (standard?.version !== 1 || typeof standard.validate !== "function") {
    throw expected("a schema that implements Standard Schema version 1", schema);
  }
}

/** Throws `invalid-argument` when the schema answers with a promise, and whatever the schema itself throws. */
export function checkBySchema(schema: StandardSchemaV1, value: unknown): Checked {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new MeshError(
      "invalid-argument",
      "expected a schema that validates synchronously, got one that returns a promise",
    );
  }
  return result.issues === undefined ? { ok: true, value: result.value } : { ok: false, issues: result.issues };
}

/** What is wrong, for an error's message: `user.age: expected a number; ...`. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues
    .slice(0, 3)
    .map(({ message, path = [] }) => {
      const place = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
      return place === "" ? message : `${place}: ${message}`;
    })
    .join("; ");
}
