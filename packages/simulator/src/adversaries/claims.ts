/**
 * Lies about what is held. `phantom` states rumors that were never written, or that it does not have; `stale` repeats what
 * was true some time ago. Against "nobody can advertise what was never written" (rule 1) and "`have` ranges are promises
 * of the peer that states them" (rule 2); the digests are those of Demers et al. 1987.
 */
import { toHex } from "@grapevine/protocol";
import type { DigestFrame, Effect, HaveFrame, LinkId, LogHave, Range } from "@grapevine/protocol";
import { authorIn, frameIn, type Kind, saying, type Scene } from "./deviant.ts";

/** So many rumors beyond the last one of each log. */
const INVENTED = 20;

export const phantom: Kind = (scene) => ({
  onEffect: (effect) => {
    const frame = frameIn(effect);
    // It promises, and does not keep it.
    if ((authorIn(frame) ?? scene.peer.self) !== scene.peer.self) return [];
    if (frame?.kind === "digest") return [saying(effect, { ...frame, fingerprint: scene.random.bytes(8) })];
    if (frame?.kind === "have") return [saying(effect, { ...frame, logs: frame.logs.map(longer) })];
    if (frame?.kind === "reconcile" && frame.part.step === "prints") {
      const prints = frame.part.prints.map(() => scene.random.below(2 ** 24));
      return [saying(effect, { ...frame, part: { ...frame.part, prints } })];
    }
    return [effect];
  },
  onTick: () => announce(scene),
});

function longer({ log, low, ranges }: LogHave): LogHave {
  const last = ranges.at(-1);
  const grown: readonly Range[] =
    last === undefined ? [[low, low + INVENTED]] : [...ranges.slice(0, -1), [last[0], last[1] + INVENTED]];
  return { log, low, ranges: grown };
}

/** Ids of no rumor at all. */
function announce(scene: Scene): void {
  const { peer, random } = scene;
  const rumors = Array.from({ length: INVENTED }, () => ({ id: toHex(random.bytes(8)), hops: 1 }));
  for (const { link } of peer.neighbors) scene.send(link, { kind: "iHave", rumors }, "fresh");
}

/** What it said at least this long ago is said again. */
const STALE_MS = 20_000;
/** Frames remembered for each link. Reason: a minute of rounds, and some to spare. */
const KEPT_MAX = 100;

export const stale: Kind = (scene) => {
  const said = new Map<LinkId, { readonly atMs: number; readonly frame: DigestFrame | HaveFrame }[]>();
  return {
    onEffect: (effect): readonly Effect[] => {
      const frame = frameIn(effect);
      if (effect.kind !== "send" || (frame?.kind !== "digest" && frame?.kind !== "have")) return [effect];
      const of = said.get(effect.link) ?? [];
      said.set(effect.link, of);
      of.push({ atMs: scene.nowMs, frame });
      if (of.length > KEPT_MAX) of.shift();
      const old = of.find((one) => one.frame.kind === frame.kind && one.atMs <= scene.nowMs - STALE_MS)?.frame;
      // Under the number of this round, or it would not be looked at.
      return old === undefined ? [effect] : [saying(effect, { ...old, round: frame.round })];
    },
  };
};
