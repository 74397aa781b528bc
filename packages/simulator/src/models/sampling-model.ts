/** Peer sampling protocols by name, each with the sizes of its paper. */
import type { Random } from "@grapevine/protocol";
import { Cyclon } from "./cyclon.ts";
import { Framework } from "./framework.ts";
import { HYPARVIEW_DEFAULTS, HyParView } from "./hyparview.ts";
import { SECURE_CYCLON_DEFAULTS, SecureCyclon } from "./secure-cyclon.ts";
import type { Start, Views } from "./views.ts";

export const SAMPLING_PROTOCOLS = [
  "cyclon",
  "cyclon-basic",
  "secure-cyclon",
  "healer",
  "swapper",
  "hyparview",
] as const;
export type SamplingProtocol = (typeof SAMPLING_PROTOCOLS)[number];

export interface SamplingModel {
  /** What is measured: views, owned descriptors, or active views. */
  readonly views: Views;
  cycle(): void;
}

export interface SamplingSizes {
  /** c: entries of a view; descriptors' life in slots; places of an active view. */
  readonly view: number;
  /** l: entries that a shuffle sends; descriptors swapped; entries of an exchange; passive entries in a shuffle. */
  readonly shuffle: number;
}

/** Sources: Voulgaris 2005 and the reference simulation; SecureCyclon 2023; Jelasity 2007; Leitao 2007. */
export const SAMPLING_SIZES: Readonly<Record<SamplingProtocol, SamplingSizes>> = {
  cyclon: { view: 20, shuffle: 8 },
  "cyclon-basic": { view: 20, shuffle: 8 },
  "secure-cyclon": { view: 20, shuffle: 3 },
  healer: { view: 30, shuffle: 15 },
  swapper: { view: 30, shuffle: 15 },
  hyparview: { view: 5, shuffle: 4 },
};

/** HyParView starts by joins: on a ring each through the one before it, in a star all through the first. */
export function samplingModel(
  protocol: SamplingProtocol,
  nodes: number,
  { view, shuffle }: SamplingSizes,
  start: Start,
  random: Random,
): SamplingModel {
  switch (protocol) {
    case "cyclon":
    case "cyclon-basic": {
      const model = new Cyclon({ nodes, view, shuffle, enhanced: protocol === "cyclon" }, random);
      model.views.fill(start, random);
      return model;
    }
    case "secure-cyclon":
      return new SecureCyclon({ ...SECURE_CYCLON_DEFAULTS, nodes, life: view, swap: shuffle, start }, random);
    case "healer":
    case "swapper": {
      const half = Math.floor(view / 2);
      const [heal, swap] = protocol === "healer" ? [half, 0] : [0, half];
      const model = new Framework({ nodes, view, exchange: shuffle, heal, swap, partner: "oldest" }, random);
      model.views.fill(start, random);
      return model;
    }
    case "hyparview": {
      const passive = 6 * view;
      const contact = ({ ring: "last", random: "random", star: "first" } as const)[start];
      const model = new HyParView(
        { ...HYPARVIEW_DEFAULTS, nodes, active: view, passive, shufflePassive: shuffle, contact },
        random,
      );
      model.joinAll();
      return model;
    }
  }
}
