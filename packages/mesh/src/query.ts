/** Asking for members by what they say of themselves: a query is checked once, and becomes a predicate. */
import { expected } from "./errors.ts";
import type { Member } from "./mesh-events.ts";

/** What a field can be compared with. */
export type Scalar = null | boolean | number | string;

/** What a field has to be: exactly that; or all that is said here of it. */
export type FieldQuery =
  | Scalar
  | {
      readonly oneOf?: readonly Scalar[];
      /** The field is a list, and this, or each of these, is in it. */
      readonly has?: Scalar | readonly Scalar[];
      /** Numbers with numbers, text with text. */
      readonly min?: number | string;
      readonly max?: number | string;
      /** The field is there, whatever it is; or is not. */
      readonly exists?: boolean;
    };

/** All of it has to hold; `{}` is everybody. */
export interface Query {
  /** Fields of the profile. One that is not there is nothing, and equal to nothing. */
  readonly where?: Readonly<Record<string, FieldQuery>>;
  /** Those to whom a link stands, or those to whom none does. */
  readonly neighbor?: boolean;
  /** What the rest cannot say. Called with those that fit it; must not throw. */
  readonly test?: (member: Member) => boolean;
}

/** Of a `watch`: somebody fits now, fits still and is another snapshot, or fits no longer or is gone. */
export type MemberChange =
  | { readonly type: "added"; readonly member: Member }
  | { readonly type: "changed"; readonly member: Member; readonly previous: Member }
  | { readonly type: "removed"; readonly member: Member };

type Test = (value: unknown) => boolean;

/** Throws `invalid-argument`. */
export function matcher(query: Query): (member: Member) => boolean {
  const { where = {}, neighbor, test, ...others } = plain("a query", query) as Query;
  for (const name of Object.keys(others)) throw expected("a query of where, neighbor and test", name);
  if (neighbor !== undefined && typeof neighbor !== "boolean") throw expected("neighbor to be true or false", neighbor);
  if (test !== undefined && typeof test !== "function") throw expected("test to be a function", test);
  const fields = Object.entries(plain("where", where)).map(([name, wanted]) => [name, fieldTest(wanted)] as const);
  return (member) =>
    (neighbor === undefined || member.neighbor === neighbor) &&
    fields.every(([name, holds]) => holds(Object.hasOwn(member.profile, name) ? member.profile[name] : undefined)) &&
    (test === undefined || test(member));
}

function fieldTest(wanted: unknown): Test {
  if (isScalar(wanted)) return (value) => value === wanted;
  const tests = Object.entries(plain("a field to be a value or { oneOf, has, min, max, exists }", wanted)).map(
    ([name, by]): Test => {
      if (name === "oneOf" && isScalars(by)) return (value) => isScalar(value) && by.includes(value);
      const all = isScalar(by) ? [by] : by;
      if (name === "has" && isScalars(all))
        return (value) => Array.isArray(value) && all.every((one) => value.includes(one));
      if (name === "exists" && typeof by === "boolean") return (value) => (value !== undefined) === by;
      if (typeof by === "number" || typeof by === "string") {
        if (name === "min") return (value) => typeof value === typeof by && (value as typeof by) >= by;
        if (name === "max") return (value) => typeof value === typeof by && (value as typeof by) <= by;
      }
      throw expected("oneOf or has with values, min or max with a number or text, or exists with true or false", {
        [name]: by,
      });
    },
  );
  return (value) => tests.every((holds) => holds(value));
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ["boolean", "number", "string"].includes(typeof value);
}

function isScalars(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value) && value.every(isScalar);
}

function plain(what: string, value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw expected(what, value);
  return value;
}
