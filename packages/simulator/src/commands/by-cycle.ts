/** Rows of measures by cycle, as a table that fits a terminal and as curves. */
import type { Series } from "../scenario.ts";

type Rows = readonly ({ readonly cycle: number } & Readonly<Record<string, number>>)[];

/** About twenty rows, evenly spread, the last one and those of `marked` cycles among them. */
export function thinned(rows: Rows, marked: readonly number[] = []): Rows {
  const step = Math.max(1, Math.ceil(rows.length / 20));
  return rows.filter(({ cycle }, i) => (i + 1) % step === 0 || i === rows.length - 1 || marked.includes(cycle));
}

/** One curve for each column. */
export function curves(rows: Rows): Record<string, Series> {
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== "cycle");
  return Object.fromEntries(
    names.map((name) => [name, { x: "cycle", points: rows.map((row) => [row.cycle, row[name]!] as const) }]),
  );
}
