/** What a topic may be told, checked and completed with the defaults; and when two handles' options agree. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Retention as CoreRetention, limits } from "@grapevine/protocol";
import { MeshError, expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { Retention, TopicOptions } from "./message.ts";
import { requireSchema } from "./schema.ts";

export interface TopicPlan {
  readonly access: "mesh" | "public" | { readonly key: Uint8Array };
  readonly schema: StandardSchemaV1 | undefined;
  readonly retention: CoreRetention;
}

/** A day of a chat at some 40 messages an hour. Guess; the least of the three counts. */
const RETENTION_DEFAULT: CoreRetention = { countMax: 1000, bytesMax: 4 * 1024 * 1024, ageMs: 24 * 60 * 60 * 1000 };
/** Reason: ten years; a stamp is 48 bits. */
const AGE_MS_MAX = 10 * 365 * 24 * 60 * 60 * 1000;

/** Throws `invalid-argument`. */
export function topicName(name: unknown): string {
  if (typeof name !== "string" || name === "") throw expected("a topic's name", name);
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > meshLimits.nameBytesMax)
    throw expected(`a topic's name of at most ${meshLimits.nameBytesMax} bytes`, name);
  return name;
}

/** Throws `invalid-argument`. */
export function planTopic(options: TopicOptions): TopicPlan {
  if (typeof options !== "object" || options === null) throw expected("an object of options", options);
  const { access = "mesh", schema, retention = {}, ...others } = options;
  for (const name of Object.keys(others)) throw expected("topic options among access, schema and retention", name);
  if (schema !== undefined) requireSchema(schema);
  return { access: checkedAccess(access), schema, retention: checkedRetention(retention) };
}

/** Throws `invalid-argument` when `options` ask for anything else than what stands. */
export function requireSame(name: string, standing: TopicPlan, options: TopicOptions): void {
  const asked = planTopic(options);
  const differs = (what: string): Error =>
    expected(`the options that the topic ${JSON.stringify(name)} was opened with`, `another ${what}`);
  if (options.access !== undefined && !sameAccess(standing.access, asked.access)) throw differs("access");
  if (options.schema !== undefined && standing.schema !== asked.schema) throw differs("schema");
  for (const key of ["countMax", "bytesMax", "ageMs"] as const) {
    if (options.retention?.[key] !== undefined && standing.retention[key] !== asked.retention[key]) {
      throw differs(`retention.${key}`);
    }
  }
}

export function checkedAccess(access: unknown): TopicPlan["access"] {
  if (access === "mesh" || access === "public") return access;
  const key = typeof access === "object" && access !== null ? (access as { key?: unknown }).key : undefined;
  if (!(key instanceof Uint8Array) || key.length !== 32) {
    const wanted = 'access to be "mesh", "public" or { key } of 32 bytes';
    // Text in its place may be a secret too: it is not repeated.
    if (typeof key === "string") throw new MeshError("invalid-argument", `expected ${wanted}, got text for a key`);
    throw expected(wanted, key ?? access);
  }
  // A copy (`slice` of a Buffer of Node makes none), which no console or JSON shows.
  return Object.defineProperty({} as { readonly key: Uint8Array }, "key", { value: Uint8Array.from(key) });
}

function checkedRetention(retention: Retention): CoreRetention {
  if (typeof retention !== "object" || retention === null)
    throw expected("retention { countMax, bytesMax, ageMs }", retention);
  const { countMax, bytesMax, ageMs, ...others } = { ...RETENTION_DEFAULT, ...retention };
  for (const name of Object.keys(others)) throw expected("retention of countMax, bytesMax and ageMs", name);
  whole("retention.countMax", countMax, 1, limits.rumorsPerLogMax);
  whole("retention.bytesMax", bytesMax, 1, limits.heldBytesMax);
  whole("retention.ageMs", ageMs, 0, AGE_MS_MAX);
  return { countMax, bytesMax, ageMs };
}

function whole(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw expected(`${what} to be a whole number from ${least} to ${most}`, value);
  }
}

export function sameAccess(a: TopicPlan["access"], b: TopicPlan["access"]): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.key.every((byte, i) => byte === b.key[i]);
}
