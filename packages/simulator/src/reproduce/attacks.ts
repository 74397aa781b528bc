/** Hub attacks on views: plain Cyclon, owned descriptors, Basalt. */
import { streamOf } from "../chance.ts";
import { attack } from "../commands/attack.ts";
import { Basalt, BASALT_DEFAULTS } from "../models/basalt.ts";
import { commanded, type Experiment, type Figure, forComparison, least, most, near } from "./experiment.ts";

interface Attacked {
  readonly ownedShare: number;
  readonly ownedPeak: number;
  readonly viewPeak: number;
  readonly samplePeak: number;
  readonly atLarge: number;
  readonly convicted: { readonly right: number; readonly wrong: number };
  readonly cycles: readonly { readonly cycle: number; readonly viewShare: number }[];
}

function ours(byzantine: number): Experiment {
  return commanded(
    attack,
    1_000,
    { kind: "hub", protocol: "secure-cyclon", byzantine, cycles: 40 },
    {
      title: `Hub attack on owned descriptors (ours), N=1000, ${Math.round(byzantine * 100)}% mint and clone`,
      quick: false,
      runs: 3,
      figures: [
        most("malicious share of samples, at its peak", 1.1 * byzantine),
        most("malicious share of owned descriptors, at the end", 0),
        forComparison("the same, at its peak", Number.NaN),
        forComparison("malicious share of views, at its peak", Number.NaN),
        most("offenders not expelled at the end", 0),
        most("honest peers expelled", 0),
      ],
      pick: ({ samplePeak, ownedShare, ownedPeak, viewPeak, atLarge, convicted }: Attacked) => [
        samplePeak,
        ownedShare,
        ownedPeak,
        viewPeak,
        atLarge,
        convicted.wrong,
      ],
    },
  );
}

function basalt(view: number, cycles: number, figures: Figure[], quick: boolean): Experiment {
  return {
    title: `Basalt, N=1000 f=.3, view of ${view}`,
    quick,
    runs: 2,
    figures,
    run: (seed, progress) => {
      const model = new Basalt(
        { ...BASALT_DEFAULTS, nodes: 1_000, byzantine: 0.3, view, emitted: view / 10 },
        streamOf(seed, "basalt"),
      );
      for (let cycle = 1; cycle <= cycles; cycle++) {
        model.cycle();
        if (cycle === cycles / 2) model.sampleShare();
        progress(`cycle ${cycle} of ${cycles}`);
      }
      return view === 20 ? [model.isolated() / 700] : [model.viewShare(), model.sampleShare() ?? Number.NaN];
    },
  };
}

export const attackExperiments: readonly Experiment[] = [
  commanded(
    attack,
    1_000,
    { kind: "hub", protocol: "cyclon", byzantine: 0.02, view: 20, shuffle: 8, cycles: 150 },
    {
      title: "Hub attack on plain Cyclon, N=1000 c=20 l=8, 2% attack",
      quick: true,
      runs: 20,
      figures: [
        near("malicious share of views, 10 cycles", 0.12, 0.015),
        near("20 cycles", 0.179, 0.015),
        near("50 cycles", 0.25, 0.02),
        near("plateau", 0.25, 0.015),
      ],
      pick: ({ cycles }: Attacked) => {
        const shares = cycles.map(({ viewShare }) => viewShare);
        const plateau = shares.slice(100);
        return [shares[9]!, shares[19]!, shares[49]!, plateau.reduce((sum, share) => sum + share, 0) / plateau.length];
      },
    },
  ),
  ours(0.02),
  ours(0.1),
  ours(0.2),
  ours(0.4),
  basalt(
    100,
    60,
    [near("malicious share of views", 0.32, 0.025), near("malicious share of samples", 0.298, 0.02)],
    false,
  ),
  basalt(20, 100, [least("share of honest peers that hear of colluders only", 0.5)], true),
];
