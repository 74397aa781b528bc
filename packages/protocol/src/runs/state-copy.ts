/**
 * Deep copies of plain-data state: what makes a snapshot of a peer independent of the peer.
 */

/** Copies Maps, Sets, arrays, typed arrays and plain objects; anything else is a value. */
export function copyState<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Uint32Array) return value.slice();
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [copy(key), copy(held)]));
  if (value instanceof Set) return new Set([...value].map(copy));
  if (Array.isArray(value)) return value.map(copy);
  const out: Record<string, unknown> = {};
  for (const [key, held] of Object.entries(value)) out[key] = copy(held);
  return out;
}
