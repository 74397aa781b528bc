/**
 * Numbers as words for people. Everything here is pure, and says no more than is known: a delay is taken between two
 * clocks that agree only roughly, so it carries a tilde.
 */

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** From the author's stamp to the arrival here. Skew can make it negative; nothing arrives before it was sent. */
export function delay(sentMs: number, arrivedMs: number): string {
  return `~${duration(Math.max(0, arrivedMs - sentMs))}`;
}

/** `7 ms`, `1.2 s`, `48 s`, `3 min`, `2 h`, `5 d`. */
export function duration(ms: number): string {
  if (ms < 1) return "0 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 59.5) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  if (hours < 23.5) return `${Math.round(hours)} h`;
  return `${Math.round(hours / 24)} d`;
}

/** A round-trip time; below a millisecond a browser's clock is too coarse to tell. */
export function rtt(ms: number | undefined): string {
  if (ms === undefined) return "–";
  return ms < 1 ? "< 1 ms" : duration(ms);
}

/** `812 B`, `3.4 kB`, `12 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]!}`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `14:05`, in the reader's own zone. */
export function clock(timeMs: number): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(timeMs);
}

/** Enough of an id to tell peers apart by eye. */
export function shortId(peer: string): string {
  return peer.length <= 12 ? peer : `${peer.slice(0, 6)}…${peer.slice(-4)}`;
}

/** `a`, `a and b`, `a, b and c`, `a, b and 3 more`. */
export function list(names: readonly string[], namesMax = 3): string {
  if (names.length <= 1) return names.join("");
  const shown = names.length > namesMax ? names.slice(0, namesMax - 1) : names.slice(0, -1);
  const rest = names.length - shown.length;
  return `${shown.join(", ")} and ${rest === 1 ? names.at(-1)! : `${rest} more`}`;
}
