/**
 * Attacks on who is linked to whom. `eclipse` (Singh et al. 2006; Heilman et al. 2015 against Bitcoin): colluders name
 * nobody but each other, pass on no offers of others, and carry no rumors; their victim shall have no other link. `sybil`
 * (Douceur 2002): the same by identities of which each colluder has several. Against links that are assigned, and checked
 * by whoever is called.
 */
import type { Effect, PeersHaveFrame } from "@grapevine/protocol";
import { frameIn, type Kind, saying, together } from "./deviant.ts";
import { withhold } from "./withhold.ts";

const naming: Kind = (scene) => {
  const { crew, peer } = scene;
  /** Its own side, made known to the others as soon as there is something to name. */
  const enlist = (): void => {
    const own = peer.rooms.state.credential;
    crew.members.add(peer.self);
    if (own !== undefined) crew.credentials.set(peer.self, own);
  };
  enlist();
  const ofCrew = ({ kind, samples }: PeersHaveFrame): PeersHaveFrame => ({
    kind,
    credentials: scene.random.sample([...crew.credentials.values()], 6),
    samples: samples.filter(({ descriptor }) => crew.members.has(descriptor.creator)),
  });
  return {
    onEffect: (effect): readonly Effect[] => {
      const frame = frameIn(effect);
      switch (frame?.kind) {
        case "peersHave":
          return [saying(effect, ofCrew(frame))];
        case "route":
          return crew.members.has(frame.to) ? [effect] : [];
        default:
          return [effect];
      }
    },
    onTick: () => {
      enlist();
      const frame: PeersHaveFrame = ofCrew({ kind: "peersHave", credentials: [], samples: [] });
      const victim = peer.neighbors.find((neighbor) => neighbor.peer === crew.victim);
      if (victim !== undefined) scene.send(victim.link, frame);
    },
  };
};

export const eclipse: Kind = together(naming, withhold);
export const sybil: Kind = together(naming, withhold);
