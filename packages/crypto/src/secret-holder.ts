/**
 * Keeps a secret beside an object rather than in it, so that no log, snapshot, structured clone, JSON or developer
 * console that is shown the object can show the secret: only who asks for it by name gets it.
 */
const secrets = new WeakMap<object, Uint8Array>();

export abstract class SecretHolder {
  constructor(secret: Uint8Array) {
    secrets.set(this, secret);
    // Node's console asks for this; a property that is not enumerable stays out of copies and comparisons.
    Object.defineProperty(this, Symbol.for("nodejs.util.inspect.custom"), { value: () => this.toJSON() });
  }

  /** What may be shown. */
  abstract toJSON(): unknown;
}

export function secretOf(holder: SecretHolder): Uint8Array {
  return secrets.get(holder)!;
}
