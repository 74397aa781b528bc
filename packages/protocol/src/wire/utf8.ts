/**
 * UTF-8 (RFC 3629) without TextEncoder, which the core's library does not have. Strict by default. With `lone` it is
 * WTF-8 (Sapin, "The WTF-8 encoding"): a lone surrogate, which a string of JavaScript may hold, travels as the three
 * bytes that UTF-8 would give its code point, so that every string comes back as it was.
 */

/** What to do with a surrogate that has no partner: write U+FFFD and refuse to read it, or carry it. */
export type LoneSurrogates = "replace" | "keep";

/** Arguments of one call of fromCharCode. Guess: far below any engine's limit. */
const UNITS_PER_CALL = 4096;

/** Bytes that `text` takes, the same for both treatments of lone surrogates. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else {
      length += 2;
      // A pair is two units and four bytes.
      if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) i++;
    }
  }
  return length;
}

/** Writes `text` into `out` from `at` on, where there is room for it; returns where it ends. */
export function writeUtf8(text: string, out: Uint8Array, at: number, lone: LoneSurrogates = "replace"): number {
  let to = at;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      out[to++] = code;
      continue;
    }
    if (code < 0x800) {
      out[to++] = 0xc0 | (code >> 6);
      out[to++] = 0x80 | (code & 0x3f);
      continue;
    }
    if (isHigh(code) || isLow(code)) {
      const low = text.charCodeAt(i + 1);
      if (isHigh(code) && isLow(low)) {
        code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i++;
        out[to++] = 0xf0 | (code >> 18);
        out[to++] = 0x80 | ((code >> 12) & 0x3f);
        out[to++] = 0x80 | ((code >> 6) & 0x3f);
        out[to++] = 0x80 | (code & 0x3f);
        continue;
      }
      if (lone === "replace") code = 0xfffd;
    }
    out[to++] = 0xe0 | (code >> 12);
    out[to++] = 0x80 | ((code >> 6) & 0x3f);
    out[to++] = 0x80 | (code & 0x3f);
  }
  return to;
}

/** Lone surrogates become U+FFFD, as TextEncoder has it. */
export function encodeUtf8(text: string): Uint8Array {
  const out = new Uint8Array(utf8Length(text));
  writeUtf8(text, out, 0);
  return out;
}

/** Undefined for anything that is not well-formed and in its shortest form. */
export function decodeUtf8(bytes: Uint8Array, lone: LoneSurrogates = "replace"): string | undefined {
  let text = "";
  let units: number[] = [];
  let unit = 0;
  for (let i = 0; i < bytes.length;) {
    if (units.length >= UNITS_PER_CALL) {
      text += String.fromCharCode.apply(undefined, units);
      units = [];
    }
    const first = bytes[i++]!;
    if (first < 0x80) {
      units.push((unit = first));
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || i + more > bytes.length) return undefined;
    let code = first & (0x3f >> more);
    for (let k = 0; k < more; k++) {
      const next = bytes[i++]!;
      if ((next & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (next & 0x3f);
    }
    const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x1_0000;
    if (code < least || code > 0x10_ffff) return undefined;
    if (code >= 0x1_0000) {
      units.push(0xd800 + ((code - 0x1_0000) >> 10), (unit = 0xdc00 + (code & 0x3ff)));
      continue;
    }
    // Two halves that make a pair have one form, that of four bytes.
    if (isHigh(code) || isLow(code)) {
      if (lone === "replace" || (isHigh(unit) && isLow(code))) return undefined;
    }
    units.push((unit = code));
  }
  return text + String.fromCharCode.apply(undefined, units);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
