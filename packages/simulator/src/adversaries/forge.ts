/**
 * Statements in other peers' names, with signatures that do not hold: a rumor for the next place of a log, a rumor with
 * another's genuine signature, a departure, a credential. Against "a claim about an author's log counts only with that
 * author's signature" (rule 1), and against a bad signature convicting anybody (rule 3).
 */
import type { Frame } from "@grapevine/protocol";
import { known, type Kind, type Scene } from "./deviant.ts";

/** One forgery a second, to one neighbor: whoever gets it hangs up. */
export const forge: Kind = (scene) => ({
  onTick: () => {
    const to = scene.random.pick(scene.peer.neighbors);
    const frame = scene.random.pick(FORGERIES)!(scene);
    if (to !== undefined && frame !== undefined)
      scene.send(to.link, frame, frame.kind === "rumor" ? "fresh" : "control");
  },
});

type Forgery = (scene: Scene) => Frame | undefined;

/** The next rumor of a log that it knows, with a body and a signature made up. */
const nextRumor: Forgery = ({ peer, random }) => {
  const { log, held } = someRumor({ peer, random }) ?? {};
  if (log === undefined || held === undefined) return undefined;
  const { header } = held.rumor;
  const seq = (log.ranges.at(-1)?.[1] ?? 0) + 1;
  const rumor = { header: { ...header, seq, prev: held.id }, body: random.bytes(64), signature: random.bytes(64) };
  return { kind: "rumor", hops: 1, repair: false, rumor };
};

/** A genuine rumor with another body, its signature as it was. */
const otherBody: Forgery = ({ peer, random }) => {
  const { held } = someRumor({ peer, random }) ?? {};
  if (held === undefined) return undefined;
  return { kind: "rumor", hops: 1, repair: false, rumor: { ...held.rumor, body: random.bytes(64) } };
};

/** A genuine rumor, with a signature made up: should it come first, it must not keep out the true one. */
const otherSignature: Forgery = ({ peer, random }) => {
  const { held } = someRumor({ peer, random }) ?? {};
  if (held === undefined) return undefined;
  return { kind: "rumor", hops: 1, repair: false, rumor: { ...held.rumor, signature: random.bytes(64) } };
};

const departure: Forgery = (scene) => {
  const member = scene.random.pick(scene.peer.members);
  if (member === undefined) return undefined;
  const { peer, incarnation } = member;
  return { kind: "departure", peer, incarnation, signature: scene.random.bytes(64) };
};

/** Another box key under another's name: envelopes for it would be ours to read. */
const credential: Forgery = (scene) => {
  const peer = scene.random.pick(known(scene));
  const own = scene.peer.rooms.state.credential;
  if (peer === undefined || own === undefined) return undefined;
  return { kind: "credentialsHave", credentials: [{ ...own, peer, boxKey: scene.random.bytes(32) }] };
};

const FORGERIES: readonly Forgery[] = [nextRumor, otherBody, otherSignature, departure, credential];

function someRumor({ peer, random }: Pick<Scene, "peer" | "random">) {
  const logs = [...peer.rooms.rumors.state.logs.logs.values()].filter(({ id }) => id.author !== peer.self);
  const log = random.pick(logs);
  const seq = log === undefined ? undefined : random.pick([...log.held.keys()]);
  return log === undefined || seq === undefined ? undefined : { log, held: log.held.get(seq)! };
}
