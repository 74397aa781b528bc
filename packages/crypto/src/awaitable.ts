/**
 * A value that is there at once on one platform and later on another: node:crypto answers in line, WebCrypto by a
 * promise. Drivers hand results back in line where they can, for a promise costs a turn of the event loop.
 */
export type Awaitable<T> = T | Promise<T>;

/** Go on with `step` now if the value is there, else when it comes. */
export function chain<T, U>(value: Awaitable<T>, step: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(step) : step(value);
}
