import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import {
  DataTooLargeError,
  decodeState,
  decodeValue,
  encodeState,
  encodeValue,
  UnsupportedDataError,
} from "./values.ts";

function roundTrip(data: unknown): unknown {
  const decoded = decodeValue(encodeValue(data));
  return decoded.ok ? decoded.value : decoded.reason;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** As many arrays within one another. */
function nested(levels: number): unknown {
  let value: unknown = null;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe("application data", () => {
  test.each([
    ["null", null],
    ["booleans", [true, false]],
    ["whole numbers", [0, 1, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -128, Number.MIN_SAFE_INTEGER]],
    ["other numbers", [0.1, -1.5, 1e300, 2 ** 53, -(2 ** 53), Number.MIN_VALUE, Number.MAX_VALUE]],
    ["strings", ["", "hello", "grüße", "木", "😀", "\u0000"]],
    ["bytes at any depth", { a: [{ b: Uint8Array.of(1, 2, 3) }], c: new Uint8Array(0) }],
    ["arrays and objects", { list: [[], {}, [{ deep: [1] }]], "strange key": 1, "": 2 }],
    ["sixty-four levels", nested(limits.valueDepthMax)],
  ])("%s come back equal", (_, data) => {
    expect(roundTrip(data)).toStrictEqual(data);
  });

  test("minus zero keeps its sign", () => {
    expect(roundTrip(-0)).toBe(-0);
  });

  test("a lone surrogate in a text or a key is carried as it is", () => {
    const data = { "\ud800": "\udc00 and \ud83d", pair: "\ud83d\ude00" };
    expect(roundTrip(data)).toStrictEqual(data);
  });

  test("an object keeps the order of its keys", () => {
    expect(Object.keys(roundTrip({ z: 1, a: 2, m: 3 }) as object)).toEqual(["z", "a", "m"]);
  });

  test("an object without prototype comes back as a plain one", () => {
    const data = Object.assign(Object.create(null) as object, { a: 1 });
    expect(roundTrip(data)).toStrictEqual({ a: 1 });
  });

  test("a Buffer comes back as a plain Uint8Array with memory of its own", () => {
    const encoded = encodeValue(Buffer.from([1, 2, 3]));
    const decoded = decodeValue(Buffer.from(encoded));
    const value = decoded.ok ? decoded.value : undefined;
    expect(value).toStrictEqual(Uint8Array.of(1, 2, 3));
    expect((value as Uint8Array).buffer.byteLength).toBe(3);
  });

  test("what is handed in twice side by side is no cycle", () => {
    const shared = [1];
    expect(roundTrip({ a: shared, b: shared })).toStrictEqual({ a: [1], b: [1] });
  });

  test("a key named __proto__ sets a property and no prototype", () => {
    const data: unknown = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "toString": 2}');
    const back = roundTrip(data) as Record<string, unknown>;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(back["admin"]).toBeUndefined();
    expect(Object.keys(back)).toEqual(["__proto__", "constructor", "toString"]);
  });
});

describe("what is no data is refused with its path", () => {
  class Point {
    x = 1;
  }
  class Items extends Array {}
  const cycle: unknown[] = [];
  cycle.push({ self: cycle });
  // oxlint-disable-next-line no-sparse-arrays
  const sparse = [1, , 3];
  const hidden = Object.defineProperty({}, "secret", { value: 1, enumerable: false });

  test.each<[string, unknown, string]>([
    ["undefined", undefined, "data"],
    ["undefined in an object", { a: undefined }, "data.a"],
    ["a function", { items: [1, 2, 3, { when: (): void => {} }] }, "data.items[3].when"],
    ["a symbol", [Symbol("s")], "data[0]"],
    ["a bigint", { n: 1n }, "data.n"],
    ["NaN", { "strange key": Number.NaN }, 'data["strange key"]'],
    ["infinity", [[Number.POSITIVE_INFINITY]], "data[0][0]"],
    ["a Date", { when: new Date(0) }, "data.when"],
    ["a Map", new Map(), "data"],
    ["a Set", new Set(), "data"],
    ["an instance of a class", { p: new Point() }, "data.p"],
    ["an instance of a class of arrays", { p: new Items() }, "data.p"],
    ["another typed array", { p: new Uint16Array(1) }, "data.p"],
    ["words", { p: new Uint32Array(1) }, "data.p"],
    ["a DataView", new DataView(new ArrayBuffer(1)), "data"],
    ["a boxed string", { s: Object("s") as unknown }, "data.s"],
    ["a promise", Promise.resolve(), "data"],
    ["an error", { e: new Error("no") }, "data.e"],
    ["a regular expression", /a/, "data"],
    ["a hole", { a: sparse }, "data.a[1]"],
    [
      "an accessor",
      {
        a: {
          get b(): number {
            return 1;
          },
        },
      },
      "data.a.b",
    ],
    ["a hidden property", { a: hidden }, "data.a.secret"],
    ["a key that is a symbol", { a: { [Symbol.iterator]: 1 } }, "data.a"],
    ["a cycle", { c: cycle }, "data.c[0].self"],
    ["an object made from an instance", Object.create(new Point()), "data"],
    ["an object made from an object", Object.create({ a: 1 }), "data"],
  ])("%s", (_, data, path) => {
    const attempt = (): unknown => encodeValue(data);
    expect(attempt).toThrow(UnsupportedDataError);
    expect(attempt).toThrow(expect.objectContaining({ name: "UnsupportedDataError", path }));
  });

  test("sixty-five levels", () => {
    expect(() => encodeValue(nested(limits.valueDepthMax + 1))).toThrow(/got more than 64 levels of nesting/);
  });

  test("the message says what was expected and what came", () => {
    expect(() => encodeValue({ when: new Date(0) })).toThrow(
      "expected null, a boolean, a finite number, a string, a Uint8Array, an array or a plain object at data.when, got an instance of Date",
    );
  });
});

describe("data beyond its bound is refused", () => {
  test.each([
    ["text", "x".repeat(100)],
    ["text whose bytes are more than its characters", "木".repeat(40)],
    ["bytes", new Uint8Array(100)],
    ["many items", Array.from({ length: 100 }, () => 0)],
    ["long keys", { ["k".repeat(100)]: 0 }],
  ])("%s", (_, data) => {
    expect(() => encodeValue(data, 100)).toThrow(DataTooLargeError);
  });

  test("at the bound it is not", () => {
    expect(encodeValue("x".repeat(98), 100)).toHaveLength(100);
  });

  test("before it costs more than the bound, however often a part is shared", () => {
    let bomb: unknown = [];
    for (let i = 0; i < 60; i++) bomb = [bomb, bomb];
    expect(() => encodeValue(bomb)).toThrow(DataTooLargeError);
  });
});

describe("bytes that are no value are refused", () => {
  test.each([
    ["nothing", "", "truncated"],
    ["an unknown tag", "0a", "bad-value"],
    ["a tag of states", "40", "bad-value"],
    ["a cut whole number", "0380", "truncated"],
    ["an overlong whole number", "038000", "overlong-varint"],
    ["a whole number beyond 2^53", "03ffffffffffffff7f", "bad-value"],
    ["a float that is a whole number", "053ff0000000000000", "bad-value"],
    ["a float that is NaN", "057ff8000000000000", "bad-value"],
    ["a float that is infinite", "057ff0000000000000", "bad-value"],
    ["a cut float", "053ff8", "truncated"],
    ["text that is no UTF-8", "0601ff", "bad-utf8"],
    ["text in a longer form than needed", "0602c080", "bad-utf8"],
    ["a pair of surrogates as two halves", "0606eda0bdedb880", "bad-utf8"],
    ["an array that promises more than there is", "08ff01", "truncated"],
    ["a key twice", "0902016100016101", "bad-value"],
    ["more than one value", "0000", "trailing-bytes"],
    ["sixty-five levels", `${"0801".repeat(65)}00`, "too-deep"],
  ])("%s", (_, encoded, reason) => {
    expect(decodeValue(bytes(encoded))).toEqual({ ok: false, reason });
  });
});

describe("states", () => {
  test("come back equal with what only they may hold", () => {
    const state = {
      map: new Map<unknown, unknown>([
        ["a", new Set([1, "b"])],
        [2, undefined],
        [Number.NaN, new Map()],
      ]),
      words: Uint32Array.of(0, 1, 0xffff_ffff),
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
      big: [0n, 1n, -1n, 255n, 256n, -(2n ** 200n)],
      bytes: Uint8Array.of(1),
      nothing: undefined,
    };
    const decoded = decodeState(encodeState(state));
    expect(decoded).toStrictEqual({ ok: true, value: state });
  });

  test("refuse functions and classes with their path", () => {
    expect(() => encodeState({ rooms: [{ f: (): void => {} }] })).toThrow(/at state\.rooms\[0\]\.f, got a function/);
    expect(() => encodeState({ d: new Date(0) })).toThrow(/at state\.d/);
  });

  test.each([
    ["another NaN", "057ff8000000000001", "bad-value"],
    ["a bigint with a leading zero", "4400020001", "bad-value"],
    ["a bigint that is minus zero", "440100", "bad-value"],
    ["a key of a map twice", "410202000200", "bad-value"],
    ["an item of a set twice", "42020000", "bad-value"],
    ["words that are cut", "4302000000", "truncated"],
  ])("are not decoded from %s", (_, encoded, reason) => {
    expect(decodeState(bytes(encoded))).toEqual({ ok: false, reason });
  });

  test("hold all that data may hold, in the same bytes", () => {
    const data = { a: [1, -1, 0.5, "x", null, true], b: Uint8Array.of(9) };
    expect(hex(encodeState(data))).toBe(hex(encodeValue(data)));
  });
});
