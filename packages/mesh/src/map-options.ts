/** What a map may be told, checked and completed with the defaults; and when two handles' options agree. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { MapOptions } from "./replicated-map.ts";
import { requireSchema } from "./schema.ts";
import { type TopicPlan, checkedAccess, sameAccess } from "./topic-options.ts";

export interface MapPlan {
  readonly access: TopicPlan["access"];
  readonly schema: StandardSchemaV1 | undefined;
  readonly expireAfterMs: number;
}

/** Reason: ten years; a stamp is 48 bits. */
const EXPIRE_AFTER_MS_MAX = 315_360_000_000;

/** Throws `invalid-argument`. */
export function planMap(options: MapOptions): MapPlan {
  if (typeof options !== "object" || options === null) throw expected("an object of options", options);
  const { access = "mesh", schema, expireAfterMs = 0, ...others } = options;
  for (const name of Object.keys(others)) throw expected("map options among access, schema and expireAfterMs", name);
  if (schema !== undefined) requireSchema(schema);
  if (!Number.isInteger(expireAfterMs) || expireAfterMs < 0 || expireAfterMs > EXPIRE_AFTER_MS_MAX) {
    throw expected(`expireAfterMs to be a whole number from 0 to ${EXPIRE_AFTER_MS_MAX}`, expireAfterMs);
  }
  return { access: checkedAccess(access), schema, expireAfterMs };
}

/** Throws `invalid-argument` when `options` ask for anything else than what stands. */
export function requireSameMap(name: string, standing: MapPlan, options: MapOptions): void {
  const asked = planMap(options);
  const differs = (what: string): Error =>
    expected(`the options that the map ${JSON.stringify(name)} was opened with`, `another ${what}`);
  if (options.access !== undefined && !sameAccess(standing.access, asked.access)) throw differs("access");
  if (options.schema !== undefined && standing.schema !== asked.schema) throw differs("schema");
  if (options.expireAfterMs !== undefined && standing.expireAfterMs !== asked.expireAfterMs) {
    throw differs("expireAfterMs");
  }
}

/** Throws `invalid-argument`. */
export function requireName(what: string, name: unknown, bytesMax: number): string {
  if (typeof name !== "string" || name === "") throw expected(what, name);
  // A lone surrogate has no UTF-8: all of them would become one and the same name.
  if (/\p{Surrogate}/u.test(name)) throw expected(`${what} in well-formed Unicode`, name);
  if (new TextEncoder().encode(name).length > bytesMax) throw expected(`${what} of at most ${bytesMax} bytes`, name);
  return name;
}

/** Throws `invalid-argument`. */
export function requireKey(key: unknown): string {
  return requireName("a key", key, meshLimits.mapKeyBytesMax);
}
