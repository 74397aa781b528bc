/**
 * Values to bytes. Whatever would not come back as it was is refused, with the path to it: class instances, accessors,
 * holes, cycles, keys that are symbols.
 */
import { limits } from "../limits.ts";
import { Writer } from "./bytes.ts";
import * as tag from "./value-tags.ts";

/** What was handed in is no data. `path` leads to the culprit, as in `data.items[3].when`. */
export class UnsupportedDataError extends TypeError {
  override readonly name = "UnsupportedDataError";
  readonly path: string;

  constructor(path: string, got: string) {
    super(
      `expected null, a boolean, a finite number, a string, a Uint8Array, an array or a plain object at ${path}, got ${got}`,
    );
    this.path = path;
  }
}

/** The bytes of what was handed in would be more than `bytesMax`. */
export class DataTooLargeError extends RangeError {
  override readonly name = "DataTooLargeError";
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    super(`expected data of at most ${bytesMax} bytes when encoded, got more`);
    this.bytesMax = bytesMax;
  }
}

export class ValueWriter {
  private readonly writer = new Writer();
  private readonly root: string;
  private readonly extended: boolean;
  private readonly bytesMax: number;
  /** The objects that the present value lies in, outermost first, and its key in each. */
  private readonly holders: object[] = [];
  private readonly keys: (string | number)[] = [];

  constructor(root: string, extended: boolean, bytesMax: number) {
    this.root = root;
    this.extended = extended;
    this.bytesMax = bytesMax;
  }

  encode(value: unknown): Uint8Array {
    this.write(value);
    this.fit(0);
    return this.writer.finish();
  }

  private write(value: unknown): void {
    const { writer } = this;
    switch (typeof value) {
      case "number":
        return this.writeNumber(value);
      case "string":
        // Before it is written, for it may be huge.
        this.fit(value.length);
        writer.u8(tag.TAG_STRING);
        return writer.wtf8(value);
      case "boolean":
        return writer.u8(value ? tag.TAG_TRUE : tag.TAG_FALSE);
      case "object":
        if (value === null) return writer.u8(tag.TAG_NULL);
        return this.writeObject(value);
      case "undefined":
        if (!this.extended) return this.refuse("undefined");
        return writer.u8(tag.TAG_UNDEFINED);
      case "bigint":
        if (!this.extended) return this.refuse("a bigint");
        return this.writeBigint(value);
      case "function":
        return this.refuse("a function");
      case "symbol":
        return this.refuse("a symbol");
    }
  }

  private writeNumber(value: number): void {
    const { writer } = this;
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      writer.u8(value < 0 ? tag.TAG_NEGATIVE : tag.TAG_WHOLE);
      writer.varint(value < 0 ? -1 - value : value);
      return;
    }
    if (!Number.isFinite(value) && !this.extended) this.refuse(String(value));
    writer.u8(tag.TAG_FLOAT);
    writer.f64(value);
  }

  private writeBigint(value: bigint): void {
    const digits = (value < 0n ? -value : value).toString(16);
    const hex = value === 0n ? "" : digits.length % 2 === 0 ? digits : `0${digits}`;
    this.writer.u8(tag.TAG_BIGINT);
    this.writer.u8(value < 0n ? 1 : 0);
    this.writer.varint(hex.length / 2);
    this.writer.hex(hex);
  }

  private writeObject(value: object): void {
    const { writer, holders } = this;
    const shape = shapeOf(value);
    if (shape === undefined || (!this.extended && IN_STATE_ONLY.has(shape))) return this.refuse(nameOf(value));
    if (shape === "bytes") {
      const bytes = value as Uint8Array;
      this.fit(bytes.length);
      writer.u8(tag.TAG_BYTES);
      return writer.bytes(bytes);
    }
    if (shape === "words") {
      const words = value as Uint32Array;
      writer.u8(tag.TAG_UINT32_ARRAY);
      writer.varint(words.length);
      for (const word of words) writer.u32(word);
      return;
    }
    if (holders.includes(value)) this.refuse("an object that it lies in");
    if (holders.length >= limits.valueDepthMax) this.refuse(`more than ${limits.valueDepthMax} levels of nesting`);
    holders.push(value);
    if (shape === "array") this.writeArray(value as readonly unknown[]);
    else if (shape === "plain") this.writePlain(value as Readonly<Record<string, unknown>>);
    else if (shape === "map") this.writeMap(value as ReadonlyMap<unknown, unknown>);
    else this.writeSet(value as ReadonlySet<unknown>);
    holders.pop();
  }

  private writeArray(array: readonly unknown[]): void {
    const count = array.length;
    this.writer.u8(tag.TAG_ARRAY);
    this.writer.varint(count);
    for (let i = 0; i < count; i++) {
      const item = array[i];
      if (item === undefined && !Object.hasOwn(array, i)) {
        this.keys.push(i);
        this.refuse("a hole");
      }
      this.writeAt(i, item);
    }
  }

  private writePlain(object: Readonly<Record<string, unknown>>): void {
    const { writer, keys } = this;
    const names = Reflect.ownKeys(object);
    writer.u8(tag.TAG_OBJECT);
    writer.varint(names.length);
    for (const name of names) {
      if (typeof name === "symbol") {
        this.refuse(`a key that is ${String(name)}`);
        continue;
      }
      const property = Object.getOwnPropertyDescriptor(object, name);
      if (property === undefined || !("value" in property) || property.enumerable !== true) {
        keys.push(name);
        this.refuse(property === undefined || "value" in property ? "a hidden property" : "an accessor");
        continue;
      }
      this.fit(name.length);
      writer.wtf8(name);
      this.writeAt(name, property.value);
    }
  }

  private writeMap(map: ReadonlyMap<unknown, unknown>): void {
    this.writer.u8(tag.TAG_MAP);
    this.writer.varint(map.size);
    let at = 0;
    for (const [key, value] of map) {
      this.writeAt(at, key);
      this.writeAt(at, value);
      at++;
    }
  }

  private writeSet(set: ReadonlySet<unknown>): void {
    this.writer.u8(tag.TAG_SET);
    this.writer.varint(set.size);
    let at = 0;
    for (const item of set) this.writeAt(at++, item);
  }

  private writeAt(key: string | number, value: unknown): void {
    this.keys.push(key);
    this.write(value);
    this.fit(0);
    this.keys.pop();
  }

  /** Asserts that what is written, and `more` bytes, stay within bounds; so that no input costs more than they allow. */
  private fit(more: number): void {
    if (this.writer.length + more > this.bytesMax) throw new DataTooLargeError(this.bytesMax);
  }

  private refuse(got: string): never {
    let path = this.root;
    for (const key of this.keys) {
      if (typeof key === "number") path += `[${key}]`;
      else path += IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    }
    throw new UnsupportedDataError(path, got);
  }
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

type Shape = "bytes" | "words" | "array" | "plain" | "map" | "set";
const IN_STATE_ONLY: ReadonlySet<Shape> = new Set(["words", "map", "set"]);

/** Undefined for what has a class of its own. Recognises what comes from another realm, such as a frame of the page. */
function shapeOf(value: object): Shape | undefined {
  if (ArrayBuffer.isView(value)) {
    const kind = (value as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag];
    return kind === "Uint8Array" ? "bytes" : kind === "Uint32Array" ? "words" : undefined;
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype) return "plain";
  if (Array.isArray(value)) return prototype === Array.prototype || prototypes(value) === 2 ? "array" : undefined;
  if (value instanceof Map) return "map";
  if (value instanceof Set) return "set";
  return prototypes(value) === 1 && Object.hasOwn(prototype, "isPrototypeOf") ? "plain" : undefined;
}

/** Length of the chain of prototypes: 1 for a plain object, 2 for an array, more for instances of classes. */
function prototypes(value: object): number {
  let count = 0;
  let at = Object.getPrototypeOf(value) as object | null;
  for (; at !== null; at = Object.getPrototypeOf(at) as object | null) count++;
  return count;
}

function nameOf(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" ? `an instance of ${name}` : "an object of a class";
}
