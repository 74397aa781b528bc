/**
 * Genuine frames once more: of other links, of other times. What it heard and what it said goes out again, five frames a
 * second, handshakes and shuffles among them. Against the promise that a rumor is delivered once, that transcripts bind
 * both nonces (SIGMA, Krawczyk 2003), and that a transfer names its receiver.
 */
import type { Channel, Effect, Input } from "@grapevine/protocol";
import type { Kind } from "./deviant.ts";

const KEPT_MAX = 500;
const AT_ONCE = 5;

export const replay: Kind = (scene) => {
  const kept: { readonly channel: Channel; readonly bytes: Uint8Array }[] = [];
  const keep = (channel: Channel, bytes: Uint8Array): void => {
    kept.push({ channel, bytes });
    // By chance, so that old ones stay among them.
    if (kept.length > KEPT_MAX) kept.splice(scene.random.below(KEPT_MAX), 1);
  };
  return {
    onInput: (input): readonly Input[] => {
      if (input.kind === "received") keep(input.channel, input.bytes);
      return [input];
    },
    onEffect: (effect): readonly Effect[] => {
      if (effect.kind === "send") keep(effect.channel, effect.bytes);
      return [effect];
    },
    onTick: () => {
      for (let i = 0; i < AT_ONCE; i++) {
        const again = scene.random.pick(kept);
        const to = scene.random.pick(scene.peer.neighbors);
        if (again !== undefined && to !== undefined) scene.sendBytes(to.link, again.channel, again.bytes);
      }
    },
  };
};
