/**
 * One error class for everything that a caller can run into, with a closed union of codes to branch on. Messages say
 * what was expected and what came instead; what another library threw is kept as `cause`.
 */

export type MeshErrorCode =
  | "invalid-argument"
  | "unsupported-data"
  | "invalid-data"
  | "too-large"
  | "seed-unreachable"
  | "admission-refused"
  | "webrtc-unavailable"
  | "link-limit"
  | "unreachable"
  | "timeout"
  | "no-responder"
  | "responder-failed"
  | "subscriber-too-slow"
  | "store-failed"
  | "forbidden"
  | "left";

/** A caller's mistake, or a reason outside this process why something could not be done. `code` is stable. */
export class MeshError extends Error {
  readonly code: MeshErrorCode;

  constructor(code: MeshErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MeshError";
    this.code = code;
  }
}

/** "expected X, got Y" for a value that a caller passed. */
export function expected(what: string, got: unknown): MeshError {
  return new MeshError("invalid-argument", `expected ${what}, got ${describe(got)}`);
}

/** A value in a few words: enough to recognise it, never a dump of somebody's data. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
      if (value instanceof Uint8Array) return `${value.length} bytes`;
      return describeObject(value);
  }
}

function describeObject(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
}

export function leftError(): MeshError {
  return new MeshError("left", "expected a mesh that is still joined, got one that was left");
}

/** Ends of links that say something of this place, not of the other peer. */
export const LINK_PROBLEMS: Readonly<Record<string, string>> = {
  failed: "a connection could not be made: this platform refused it",
  "link-limit": "a connection could not be made: this process has as many as it may",
  "bad-fingerprint": "a connection was refused: it stated no certificate, or several",
};
