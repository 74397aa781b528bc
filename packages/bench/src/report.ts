/**
 * What every part hands back: tables of text for people, and numbers for machines. A target beside a ratio is printed
 * and never asserted, for a benchmark measures and a test judges.
 */

export interface Table {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Ours over theirs, or theirs over ours where less is better: more than 1 is always in our favor, unless `atMost` says. */
export interface Ratio {
  readonly what: string;
  readonly value: number;
  /** "at least 30", "at most 1.3". */
  readonly target?: { readonly kind: "at least" | "at most"; readonly value: number };
}

export interface Report {
  readonly tables: readonly Table[];
  readonly ratios: readonly Ratio[];
  /** Everything that was measured. */
  readonly data: unknown;
}

export function format(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}

export function markdown({ tables, ratios }: Report): string {
  const parts = tables.map(({ title, method, columns, rows }) => `**${title}.** ${method}\n\n${grid(columns, rows)}`);
  if (ratios.length > 0) {
    const rows = ratios.map(({ what, value, target }) => [
      what,
      format(value),
      target === undefined ? "" : `${target.kind} ${target.value}`,
      target === undefined ? "" : isMet(value, target) ? "met" : "not met",
    ]);
    parts.push(grid(["ratio", "measured", "target", ""], rows));
  }
  return parts.join("\n\n");
}

function isMet(value: number, target: NonNullable<Ratio["target"]>): boolean {
  return target.kind === "at least" ? value >= target.value : value <= target.value;
}

function grid(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? "").length), 3));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(columns), rule, ...rows.map(line)].join("\n");
}
