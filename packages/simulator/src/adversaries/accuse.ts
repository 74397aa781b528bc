/**
 * False accusations: evidence that is none (a peer that is framed, as in every reputation system). One statement twice, a
 * genuine one beside one with a made-up signature, two of different slots, and proofs against keys that nobody admitted.
 * Against "evidence certifies itself" (rule 3): nobody is convicted, and who brings it loses the link.
 */
import type { Descriptor, Evidence, Head } from "@grapevine/protocol";
import { type Kind, type Scene } from "./deviant.ts";

/** One accusation a second, at one neighbor. */
export const accuse: Kind = (scene) => ({
  onTick: () => {
    const to = scene.random.pick(scene.peer.neighbors);
    const evidence = scene.random.pick(ACCUSATIONS)!(scene);
    if (to !== undefined && evidence !== undefined) scene.send(to.link, { kind: "evidence", evidence });
  },
});

type Accusation = (scene: Scene) => Evidence | undefined;

const sameRumorTwice: Accusation = (scene) => {
  const a = someHead(scene);
  return a === undefined ? undefined : { kind: "fork", a, b: a };
};

const altered: Accusation = (scene) => {
  const a = someHead(scene);
  return a === undefined ? undefined : { kind: "fork", a, b: { ...a, bodyHash: scene.random.bytes(32) } };
};

/** Both are genuine, and of two places in one log. */
const twoSlots: Accusation = (scene) => {
  const [a, b] = [someHead(scene), someHead(scene)];
  return a === undefined || b === undefined ? undefined : { kind: "fork", a, b };
};

const alteredMint: Accusation = (scene) => {
  const a = someDescriptor(scene);
  return a === undefined ? undefined : { kind: "mint", a, b: { ...a, boxKey: scene.random.bytes(32) } };
};

/** Both are genuine, and of two slots, or of two creators. */
const twoMints: Accusation = (scene) => {
  const [a, b] = [someDescriptor(scene), someDescriptor(scene)];
  return a === undefined || b === undefined ? undefined : { kind: "mint", a, b };
};

const transfer: Accusation = ({ peer, random }) => {
  const owner = random.pick(peer.members)?.peer;
  const hop = () => ({ to: peer.self, signature: random.bytes(64) });
  if (owner === undefined) return undefined;
  return { kind: "transfer", owner, index: 0, digest: random.bytes(32), a: hop(), b: { ...hop(), to: owner } };
};

const ACCUSATIONS: readonly Accusation[] = [sameRumorTwice, altered, twoSlots, alteredMint, twoMints, transfer];

function someHead({ peer, random }: Scene): Head | undefined {
  const logs = [...peer.rooms.rumors.state.logs.logs.values()].filter(({ id }) => id.author !== peer.self);
  const held = random.pick([...(random.pick(logs)?.held.values() ?? [])]);
  if (held === undefined) return undefined;
  const { header, body, signature } = held.rumor;
  return { header, bodyHash: peer.rooms.foundation.hash(body), signature };
}

function someDescriptor({ peer, random }: Scene): Descriptor | undefined {
  const entry = random.pick([...peer.rooms.overlay.state.finding!.table.entries.values()]);
  return entry === undefined ? undefined : { ...entry.descriptor, hops: [] };
}
