/** The one error of this package: a caller's mistake, or an address that cannot be listened on. */

export type SeedErrorCode =
  /** An option is of a wrong shape: "expected ..., got ...". */
  | "invalid-argument"
  /** Another program listens on that port. */
  | "port-taken"
  /** The host is not one of this machine, or the port needs rights that this process lacks. */
  | "listen-failed";

export class SeedError extends Error {
  readonly code: SeedErrorCode;

  constructor(code: SeedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SeedError";
    this.code = code;
  }
}

/** "expected X, got Y" for an option. */
export function expected(what: string, got: unknown): SeedError {
  return new SeedError("invalid-argument", `expected ${what}, got ${shown(got)}`);
}

function shown(got: unknown): string {
  if (typeof got === "string") return JSON.stringify(got.slice(0, 80));
  if (Array.isArray(got)) return "an array";
  if (typeof got === "object" && got !== null) return "an object";
  return typeof got === "function" ? "a function" : String(got);
}
