/**
 * Attacks on the overlay's coin (SecureCyclon, Antonov and Voulgaris 2023). `hub` mints more than one descriptor of itself
 * in a slot, to be in every view; `clone` hands one descriptor on to two peers. Against its frequency rule and its cloning
 * rule: both are provable.
 */
import { type Descriptor, descriptorBytes, type LinkId, type PeerId, transferBytes } from "@grapevine/protocol";
import { frameIn, type Kind, type Scene } from "./deviant.ts";

/** Whenever its peer mints, every other neighbor gets a descriptor of its own for the same slot. */
export const hub: Kind = (scene) => ({
  onEffect: (effect) => {
    const frame = frameIn(effect);
    if (frame?.kind !== "shuffle" || effect.kind !== "send") return [effect];
    const own = frame.descriptors.find(({ creator }) => creator === scene.peer.self);
    if (own !== undefined) {
      const { neighbors } = scene.peer;
      for (const { link, peer } of neighbors) {
        if (link !== effect.link || neighbors.length === 1) mintAgain(scene, own, link, peer);
      }
    }
    return [effect];
  },
});

/** The same slot, another box key: another statement. */
function mintAgain(scene: Scene, own: Descriptor, link: LinkId, to: PeerId): void {
  const { config, hash } = scene.peer.rooms.foundation;
  const more: Descriptor = { ...own, boxKey: scene.random.bytes(32), hops: [] };
  scene.sign(descriptorBytes(config.meshId, more, hash), (signature) => give(scene, { ...more, signature }, link, to));
}

/** What its peer hands on in a shuffle is handed to a second neighbor as well. */
export const clone: Kind = (scene) => ({
  onEffect: (effect) => {
    const frame = frameIn(effect);
    if ((frame?.kind !== "shuffle" && frame?.kind !== "shuffleReply") || effect.kind !== "send") return [effect];
    const others = scene.peer.neighbors.filter(({ link }) => link !== effect.link);
    for (const descriptor of frame.descriptors) {
      const other = scene.random.pick(others);
      if (other === undefined) break;
      give(scene, { ...descriptor, hops: descriptor.hops.slice(0, -1) }, other.link, other.peer);
    }
    return [effect];
  },
});

/** Sign a descriptor over to a neighbor, and begin a shuffle with it. */
function give(scene: Scene, descriptor: Descriptor, link: LinkId, to: PeerId): void {
  const { config, hash } = scene.peer.rooms.foundation;
  scene.sign(transferBytes(config.meshId, descriptor, to, hash), (signature) => {
    const given = { ...descriptor, hops: [...descriptor.hops, { to, signature }] };
    scene.send(link, { kind: "shuffle", id: scene.random.below(2 ** 32), descriptors: [given] });
    scene.crew.offend(scene.peer.self, scene.nowMs);
  });
}
