/** Forgetting in the order of age: what Maps and Sets keep is in the order in which it was put in. */

/** Forget the oldest when there is more than so much. */
export function forgetOldest<K>(of: Map<K, unknown> | Set<K>, sizeMax: number): void {
  if (of.size <= sizeMax) return;
  for (const oldest of of.keys()) {
    of.delete(oldest);
    return;
  }
}
