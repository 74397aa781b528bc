/** The wall that all tabs paint: which squares there are, and what each of them is called in the shared map. */

export const columns = 12;
export const rows = 6;

export interface Place {
  /** From 0, from the left and from the top. */
  readonly column: number;
  readonly row: number;
}

/** A square's key in the map. */
export function keyOf({ column, row }: Place): string {
  return `${column},${row}`;
}

/** Undefined for what is no square of this wall: pages of other versions may have others. */
export function placeOf(key: string): Place | undefined {
  const [, column, row] = /^(\d{1,2}),(\d{1,2})$/.exec(key) ?? [];
  if (column === undefined || row === undefined) return undefined;
  const place = { column: Number(column), row: Number(row) };
  return place.column < columns && place.row < rows && keyOf(place) === key ? place : undefined;
}

/** All squares, row by row. */
export const places: readonly Place[] = Array.from({ length: columns * rows }, (_, i) => ({
  column: i % columns,
  row: Math.floor(i / columns),
}));

/** The square that an arrow key leads to, which stays on the wall. */
export function step({ column, row }: Place, key: string): Place {
  const [right, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] ?? [0, 0];
  const within = (at: number, count: number): number => Math.min(count - 1, Math.max(0, at));
  return { column: within(column + right!, columns), row: within(row + down!, rows) };
}
