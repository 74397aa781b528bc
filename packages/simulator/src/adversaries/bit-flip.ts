/**
 * Flipped bits that still decode: the fault that took Amazon S3 down on 20 July 2008, when servers gossiped a state that was
 * "intelligible, but incorrect". In flight, one frame in twenty loses a bit; at rest, one held rumor a second does.
 * Against "bytes that fail the hash or the signature are never applied, stored or forwarded" (rule 5).
 */
import { type Effect, type Random, decodeFrame } from "@grapevine/protocol";
import type { Kind, Scene } from "./deviant.ts";

/** Frames of the handshake: whoever spoils those has no neighbors to harm. */
const HANDSHAKE_KINDS = 2;
const SHARE = 0.05;
const TRIES = 16;

export const bitFlip: Kind = (scene) => ({
  onEffect: (effect) => [inFlight(scene.random, effect)],
  onTick: () => atRest(scene),
});

function inFlight(random: Random, effect: Effect): Effect {
  if (effect.kind !== "send" || effect.bytes[0]! < HANDSHAKE_KINDS || random.float() >= SHARE) return effect;
  for (let tries = 0; tries < TRIES; tries++) {
    const bytes = flipped(random, effect.bytes);
    if (decodeFrame(bytes).ok) return { ...effect, bytes };
  }
  return effect;
}

/** A rumor of somebody else in its own memory, which it goes on offering. */
function atRest({ peer, random }: Scene): void {
  const logs = [...peer.rooms.rumors.state.logs.logs.values()].filter(({ id }) => id.author !== peer.self);
  const log = random.pick(logs);
  const seq = log === undefined ? undefined : random.pick([...log.held.keys()]);
  if (log === undefined || seq === undefined) return;
  const held = log.held.get(seq)!;
  const { rumor } = held;
  if (rumor.body.length > 0) log.held.set(seq, { ...held, rumor: { ...rumor, body: flipped(random, rumor.body) } });
}

function flipped(random: Random, bytes: Uint8Array): Uint8Array {
  const bit = random.below(8 * bytes.length);
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
