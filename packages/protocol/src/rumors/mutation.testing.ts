/**
 * Rules switched off, for tests only: one method of one room of one peer does something else, as if a line of its source were
 * another one (mutation testing, DeMillo, Lipton and Sayward 1978). So no rule has a switch that a peer in use could lose it by. A
 * method that was renamed is an error here, not a test that has become empty.
 */
type Method = (...args: unknown[]) => unknown;

/** `path`: names of rooms, dots between them, and last that of the method. */
export function mutate(room: object, path: string, instead: (original: Method) => Method): void {
  const names = path.split(".");
  const method = names.pop()!;
  const owner = inside(room, names);
  const original = owner[method];
  if (typeof original !== "function") throw new Error(`expected a method, got ${path}`);
  owner[method] = instead(original.bind(owner) as Method);
}

/** A getter of a room says something else. */
export function mutateGetter(room: object, path: string, value: unknown): void {
  const names = path.split(".");
  const name = names.pop()!;
  const owner = inside(room, names);
  if (!(name in owner)) throw new Error(`expected a getter, got ${path}`);
  Object.defineProperty(owner, name, { value });
}

function inside(room: object, names: readonly string[]): Record<string, unknown> {
  let owner = room as Record<string, unknown>;
  for (const name of names) {
    const next = owner[name];
    if (typeof next !== "object" || next === null) throw new Error(`expected a room, got ${name}`);
    owner = next as Record<string, unknown>;
  }
  return owner;
}
