import { describe, expect, test } from "vitest";
import { colorsOfHue, hueOf, type Scheme } from "./colors.ts";

const hues = Array.from({ length: 24 }, (_, i) => i * 15);
/** Of names as text: the panels' ground and the page's, from `tokens.css`. */
const grounds: Record<Scheme, readonly string[]> = {
  light: ["#fffdf9", "#f6f2ea"],
  dark: ["#1c1624", "#15101b"],
};

describe.each(["light", "dark"] as const)("in the %s scheme", (scheme) => {
  test.each(hues)("hue %i carries letters and stands as text with 4.5:1", (hue) => {
    const { fill, on, text } = colorsOfHue(hue, scheme);
    expect(contrast(fill, on)).toBeGreaterThanOrEqual(4.5);
    for (const ground of grounds[scheme]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
  });
});

test("a peer has one of the hues", () => {
  expect(hues).toContain(hueOf("8vK4Zt1mXo5yq3N7c2fRjWb6pQhD9sLgTeAuBnCkEiFM"));
});

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(color: string): number {
  const [r, g, b] = color.startsWith("#") ? linearOfHex(color) : linearOfOklch(color);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

type Rgb = readonly [number, number, number];

function linearOfHex(hex: string): Rgb {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** CSS Color 4, section 10.9; channels outside of sRGB are cut off, as a screen does at worst. */
function linearOfOklch(color: string): Rgb {
  const [lightness, chroma, hue] = color.match(/[\d.]+/g)!.map(Number) as [number, number, number];
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const cut = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    cut(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    cut(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    cut(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}
