/**
 * Slow on purpose: what it should send trickles out, one frame a second for each neighbor, while it answers pings at once so
 * that nobody takes it for dead (the slow-receiver and tarpit attacks; gray failures, Huang et al. 2017). Against trees
 * that follow whoever is quick, and pulls that are asked of the next after a stated time.
 */
import type { Effect, LinkId } from "@grapevine/protocol";
import { frameIn, type Kind } from "./deviant.ts";

/** What keeps a link alive, or makes one. */
const PROMPT = new Set(["hello", "auth", "bye", "ping", "pong", "departure"]);
/** Beyond it the newest are dropped, for this is no attack on its own memory. */
const HELD_MAX = 200;

export const drip: Kind = (scene) => {
  const held = new Map<LinkId, Effect[]>();
  return {
    onEffect: (effect) => {
      const kind = frameIn(effect)?.kind;
      if (effect.kind !== "send" || kind === undefined || PROMPT.has(kind)) return [effect];
      const waiting = held.get(effect.link) ?? [];
      held.set(effect.link, waiting);
      if (waiting.length < HELD_MAX) waiting.push(effect);
      return [];
    },
    onTick: () => {
      const links = new Set(scene.peer.neighbors.map(({ link }) => link));
      for (const [link, waiting] of held) {
        const next = waiting.shift();
        if (links.has(link) && next !== undefined) scene.lay(next);
        else held.delete(link);
      }
    },
  };
};
