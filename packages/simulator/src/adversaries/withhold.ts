/**
 * Peers that do not pass on what they should (free riders; the droppers of Castro et al. 2002). They announce and offer as
 * before. Nothing of it can be proved: against the rounds, which repair what any spreading leaves out (Demers et al. 1987),
 * and "withholding by all neighbors is found" (DESIGN of state digests, rule 6).
 */
import { authorIn, frameIn, frameOf, type Kind } from "./deviant.ts";

/** Passes on no rumor but its own. */
export const withhold: Kind = (scene) => ({
  onEffect: (effect) => ((authorIn(frameIn(effect)) ?? scene.peer.self) === scene.peer.self ? [effect] : []),
});

/** Passes rumors on to every second neighbor, and of the rest every second rumor. */
export const selective: Kind = (scene) => ({
  onEffect: (effect) => {
    const frame = frameIn(effect);
    if (authorIn(frame) === undefined || effect.kind !== "send" || effect.link % 2 === 0) return [effect];
    return scene.random.float() < 0.5 ? [effect] : [];
  },
});

/** Neither takes nor gives a rumor of one author: the victim, or whoever speaks first. */
export const censor: Kind = (scene) => {
  const isVictims = (bytes: Uint8Array): boolean => {
    const author = authorIn(frameOf(bytes));
    if (author === undefined || author === scene.peer.self) return false;
    scene.crew.victim ??= author;
    return author === scene.crew.victim;
  };
  return {
    onInput: (input) => (input.kind === "received" && isVictims(input.bytes) ? [] : [input]),
    onEffect: (effect) => (effect.kind === "send" && isVictims(effect.bytes) ? [] : [effect]),
  };
};
