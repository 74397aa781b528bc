/** Many runs in one table: what is the same in all of them as it is, numbers as mean, least and greatest. */
import { spreadOf } from "./graph.ts";
import type { Outcome } from "./scenario.ts";

export interface Result {
  readonly seed: number;
  readonly seconds: number;
  readonly outcome: Outcome | undefined;
  readonly failure: string | undefined;
}

export interface Line {
  readonly fact: string;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** One line for each fact that is a number. */
export function summarise(results: readonly Result[]): readonly Line[] {
  const values = new Map<string, number[]>();
  for (const { outcome } of results) {
    for (const [fact, value] of Object.entries(outcome?.facts ?? {})) {
      if (typeof value !== "number") continue;
      values.set(fact, [...(values.get(fact) ?? []), value]);
    }
  }
  return [...values].map(([fact, all]) => {
    const { mean, min, max } = spreadOf(all);
    return { fact, mean, min, max };
  });
}

/** Of values of one shape a value of that shape whose numbers are means; null where one has none, or they differ. */
export function meanOf(values: readonly unknown[]): unknown {
  const [first] = values;
  if (values.every((value) => typeof value === "number")) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  if (values.every((value) => Array.isArray(value))) {
    const length = Math.min(...values.map((value) => value.length));
    return Array.from({ length }, (_, i) => meanOf(values.map((value) => value[i] as unknown)));
  }
  if (values.every((value) => typeof value === "object" && value !== null)) {
    const rows = values as Readonly<Record<string, unknown>>[];
    return Object.fromEntries(Object.keys(first as object).map((key) => [key, meanOf(rows.map((row) => row[key]))]));
  }
  return values.every((value) => value === first) ? first : null;
}

/** Columns padded to their widest cell; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** One run shows each fact, several show mean, least and greatest. */
export function tableOf(results: readonly Result[]): string {
  if (results.length === 1) {
    const { facts = {}, tables = {} } = results[0]!.outcome ?? {};
    const rows = Object.entries(facts).map(([fact, value]) => [spelled(fact), cell(value)]);
    return (
      table(rows) +
      Object.entries(tables)
        .map(([name, rows]) => `\n${name}\n${tableOfRows(rows)}`)
        .join("")
    );
  }
  const rows = summarise(results).map(({ fact, mean, min, max }) => [
    spelled(fact),
    shown(mean),
    shown(min),
    shown(max),
  ]);
  return table([["", "mean", "min", "max"], ...rows]);
}

function tableOfRows(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return table([columns.map(spelled), ...rows.map((row) => columns.map((column) => cell(row[column] ?? "")))]);
}

function cell(value: string | number): string {
  return typeof value === "number" ? shown(value) : value;
}

/** `latencyP50Ms` as `latency p50 ms`. */
export function spelled(fact: string): string {
  return fact.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** At most four significant digits after the point. */
export function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
