/**
 * Bytes that no honest peer sends: frames of every kind cut short, grown, with a length that lies, with every byte made
 * up, on whichever channel. Against decoders that are total and bounded: such a frame ends its link, and nothing else.
 */
import type { Channel, Random } from "@grapevine/protocol";
import type { Kind } from "./deviant.ts";

/** Numbers of frames that are in use, and some that are not. */
const NUMBERS = 48;
const BYTES_MAX = 400;
const CHANNELS: readonly Channel[] = ["control", "data", "unreliable"];

export const malformed: Kind = (scene) => {
  const { random } = scene;
  let last: Uint8Array = new Uint8Array([0]);
  return {
    onEffect: (effect) => {
      if (effect.kind === "send") last = effect.bytes;
      return [effect];
    },
    onTick: () => {
      const to = random.pick(scene.peer.neighbors);
      if (to === undefined) return;
      const bytes = random.pick(SPOILS)!(last, random);
      scene.sendBytes(to.link, random.pick(CHANNELS)!, bytes);
    },
  };
};

const SPOILS: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => Uint8Array.from([...bytes.slice(0, BYTES_MAX), ...random.bytes(1 + random.below(64))]),
  (bytes, random) => bytes.with(random.below(bytes.length), 0xff),
  (_, random) => random.bytes(1 + random.below(BYTES_MAX)).with(0, random.below(NUMBERS)),
  // A count that promises more than there is.
  (_, random) => Uint8Array.from([random.below(NUMBERS), 0xff, 0xff, 0xff, 0xff, 0x7f]),
  () => new Uint8Array(0),
];
