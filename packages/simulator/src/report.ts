/** A self-contained page about some runs: the table, and a chart for each curve. No script, no request to anywhere. */
import type { Scenario, Series } from "./scenario.ts";
import { type Result, shown, spelled, summarise } from "./summary.ts";

const WIDTH = 720;
const HEIGHT = 260;
const MARGIN = { left: 64, right: 16, top: 12, bottom: 36 };

export function reportOf(one: Scenario, flags: Readonly<Record<string, unknown>>, results: readonly Result[]): string {
  const held = results.filter(({ failure }) => failure === undefined);
  const failures = results.filter(({ failure }) => failure !== undefined);
  const facts = summarise(results).map(
    ({ fact, mean, min, max }) =>
      `<tr><th scope="row">${escape(spelled(fact))}</th><td>${shown(mean)}</td><td>${shown(min)}</td><td>${shown(max)}</td></tr>`,
  );
  const given = Object.entries(flags).map(([name, value]) => `${escape(name)} ${escape(String(value))}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>grapevine simulate ${escape(one.name)}</title>
<style>
:root { color-scheme: light dark; --line: #2a6fdb; --axis: color-mix(in srgb, currentcolor 45%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: normal } td { text-align: right; padding-left: 2rem } thead th + th { text-align: right }
tbody tr { border-top: 1px solid color-mix(in srgb, currentcolor 15%, transparent) }
svg { width: 100%; height: auto } svg text { font-size: 12px; fill: currentcolor }
.curve { fill: none; stroke: var(--line); stroke-width: 1.5; opacity: .7 } .axis { stroke: var(--axis) }
pre { white-space: pre-wrap }
</style>
<h1>simulate ${escape(one.name)}</h1>
<p>${escape(one.summary)}</p>
<p>${held.length} of ${results.length} runs held, seeds ${results[0]?.seed ?? 0} to ${results.at(-1)?.seed ?? 0}${given.length > 0 ? `; ${given.join(", ")}` : ""}.</p>
<table><thead><tr><th></th><th>mean</th><th>min</th><th>max</th></tr></thead><tbody>
${facts.join("\n")}
</tbody></table>
${chartsOf(held)}
${tablesOf(held)}
${failures.map(({ seed, failure }) => `<h2>Seed ${seed} failed</h2><pre>${escape(failure ?? "")}</pre>`).join("\n")}
</html>
`;
}

/** The tables of the first run; those of the others are in the JSON. */
function tablesOf([first]: readonly Result[]): string {
  return Object.entries(first?.outcome?.tables ?? {})
    .map(([name, rows]) => {
      const columns = Object.keys(rows[0] ?? {});
      const head = columns.map((column) => `<th>${escape(spelled(column))}</th>`).join("");
      const body = rows.map((row) => {
        const cells = columns.map((column) => {
          const value = row[column] ?? "";
          return typeof value === "number" ? `<td>${shown(value)}</td>` : `<th scope="row">${escape(value)}</th>`;
        });
        return `<tr>${cells.join("")}</tr>`;
      });
      return `<h2>${escape(spelled(name))}, seed ${first!.seed}</h2>
<table><thead><tr>${head}</tr></thead><tbody>
${body.join("\n")}
</tbody></table>`;
    })
    .join("\n");
}

/** The curves of one name of all runs in one chart. */
function chartsOf(results: readonly Result[]): string {
  const names = new Set(results.flatMap(({ outcome }) => Object.keys(outcome?.series ?? {})));
  return [...names]
    .map((name) =>
      chart(
        name,
        results.flatMap(({ outcome }) => outcome?.series?.[name] ?? []),
      ),
    )
    .join("\n");
}

function chart(name: string, curves: readonly Series[]): string {
  const points = curves.flatMap((curve) => curve.points);
  if (points.length === 0) return "";
  const xs = axis(points.map(([x]) => x));
  const ys = axis([0, ...points.map(([, y]) => y)]);
  const atX = (x: number): string => (MARGIN.left + xs.place(x) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1);
  const atY = (y: number): string =>
    (HEIGHT - MARGIN.bottom - ys.place(y) * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1);
  const lines = curves.map(
    (curve) => `<polyline class="curve" points="${curve.points.map(([x, y]) => `${atX(x)},${atY(y)}`).join(" ")}"/>`,
  );
  const bottom = HEIGHT - MARGIN.bottom;
  const xTicks = xs.ticks.map((x) => `<text x="${atX(x)}" y="${bottom + 16}" text-anchor="middle">${shown(x)}</text>`);
  const yTicks = ys.ticks.map(
    (y) => `<text x="${MARGIN.left - 6}" y="${atY(y)}" text-anchor="end" dy=".3em">${shown(y)}</text>`,
  );
  return `<h2>${escape(spelled(name))}</h2>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`${spelled(name)} over ${curves[0]!.x}`)}">
<path class="axis" fill="none" d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${WIDTH - MARGIN.right}"/>
${lines.join("\n")}
${xTicks.join("")}${yTicks.join("")}
<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 4}" text-anchor="end">${escape(curves[0]!.x)}</text>
</svg>`;
}

/** A linear axis with ticks at round numbers. */
function axis(values: readonly number[]): { place(value: number): number; readonly ticks: readonly number[] } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const span = max - min || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= rough) ?? rough;
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step); i * step <= max + step * 1e-6; i++) ticks.push(i * step);
  return { place: (value) => (value - min) / span, ticks };
}

function escape(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (letter) => entities[letter]!);
}
