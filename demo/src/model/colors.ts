/**
 * A colour for each peer, from its id alone. Lightness and chroma are fixed for each scheme (in OKLCH, where equal
 * numbers look equally strong), so that every hue can carry text and stand as text with enough contrast (WCAG AA).
 */
import { hashOf } from "./names.ts";
import type { PeerId } from "./face.ts";

export type Scheme = "light" | "dark";

export interface PeerColors {
  /** Of a node and an avatar. */
  readonly fill: string;
  /** Of its lit side. */
  readonly glow: string;
  /** Of letters on `fill`. */
  readonly on: string;
  /** Of the name as text on the page. */
  readonly text: string;
}

/** Hues lie 15 degrees apart: nearer ones are told apart by nobody. */
const hueStep = 15;

export function hueOf(peer: PeerId): number {
  return (hashOf(`hue ${peer}`) % (360 / hueStep)) * hueStep;
}

export function colorsOf(peer: PeerId, scheme: Scheme): PeerColors {
  return colorsOfHue(hueOf(peer), scheme);
}

export function colorsOfHue(hue: number, scheme: Scheme): PeerColors {
  return scheme === "light"
    ? {
        fill: oklch(0.5, 0.13, hue),
        glow: oklch(0.66, 0.14, hue),
        on: "#ffffff",
        text: oklch(0.45, 0.12, hue),
      }
    : {
        fill: oklch(0.74, 0.12, hue),
        glow: oklch(0.86, 0.1, hue),
        on: "#17111d",
        text: oklch(0.82, 0.1, hue),
      };
}

function oklch(lightness: number, chroma: number, hue: number): string {
  return `oklch(${lightness} ${chroma} ${hue})`;
}
