/** The vectors of values: what an application's data becomes, and what no data is. */
import { encodeValue } from "@grapevine/protocol";
import { filled, hex } from "./signers.ts";

/** As JSON, with `$bytes` for bytes in hex and `$number` for numbers that JSON has no form for. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: hex(value) };
  if (Object.is(value, -0)) return { $number: "-0" };
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, asJson(held)]));
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["false", false],
  ["true", true],
  ["zero", 0],
  ["one byte", 127],
  ["two bytes", 128],
  ["the greatest whole number", Number.MAX_SAFE_INTEGER],
  ["minus one", -1],
  ["the least whole number", Number.MIN_SAFE_INTEGER],
  ["a fraction", 0.5],
  ["a whole number that is too great for a varint", 2 ** 53],
  ["minus zero", -0],
  ["the least number above zero", Number.MIN_VALUE],
  ["an empty text", ""],
  ["a text", "hello"],
  ["a text beyond ASCII", "grüße, 木 😀"],
  ["a lone surrogate", "\ud800"],
  ["no bytes", new Uint8Array(0)],
  ["bytes", Uint8Array.of(0, 1, 255)],
  ["an empty array", []],
  ["an array", [null, [1], -1]],
  ["an empty object", {}],
  [
    "an object, in the order of its author",
    { text: "hello", at: 1_700_000_000_000, to: ["a", "b"], key: filled(2, 7) },
  ],
];

export const valueVectors: object = {
  valid: VALUES.map(([note, value]) => ({ note, hex: encodeValue(value), value: asJson(value) })),
  refused: [
    { note: "nothing", hex: "", reason: "truncated" },
    { note: "an unknown tag", hex: "0a", reason: "bad-value" },
    { note: "a tag of states", hex: "40", reason: "bad-value" },
    { note: "a whole number that is cut", hex: "0380", reason: "truncated" },
    { note: "a whole number that is longer than needed", hex: "038000", reason: "overlong-varint" },
    { note: "a whole number beyond 2^53 - 1", hex: "038080808080808010", reason: "bad-value" },
    { note: "a negative number below -(2^53 - 1)", hex: "04ffffffffffffff0f", reason: "bad-value" },
    { note: "a float that is a whole number", hex: "053ff0000000000000", reason: "bad-value" },
    { note: "a float that is not a number", hex: "057ff8000000000000", reason: "bad-value" },
    { note: "a float that is infinite", hex: "05fff0000000000000", reason: "bad-value" },
    { note: "a text that is no UTF-8", hex: "0601ff", reason: "bad-utf8" },
    { note: "a text in a longer form than needed", hex: "0602c080", reason: "bad-utf8" },
    { note: "a pair of surrogates in two halves", hex: "0606eda0bdedb880", reason: "bad-utf8" },
    { note: "an array of more than there is", hex: "0802", reason: "truncated" },
    { note: "an object with a key twice", hex: "0902016100016101", reason: "bad-value" },
    { note: "two values", hex: "0000", reason: "trailing-bytes" },
    { note: "65 levels", hex: `${"0801".repeat(65)}00`, reason: "too-deep" },
  ],
};
