/**
 * A machine that is set back to an earlier moment and goes on from there with the same key (rollback, as of restored
 * backups; the cold boot of a cloned machine). What it signed since, it signs again, otherwise. It
 * remembers the moment in which it turns, and falls back to it some seconds later, once it has written something that it
 * can forget. Provable when it writes again: two rumors for one slot.
 */
import { type Peer, restore, type Snapshot } from "@grapevine/protocol";
import type { Kind, Scene } from "./deviant.ts";

const BACK_MS = 12_000;
/** So far ahead that no answer to what was asked before is taken for one to what is asked now. */
const REFS = 1_000_000;

export const coldBoot: Kind = (scene) => {
  const saved: Snapshot = scene.peer.snapshot();
  const before = nextSeqs(scene.peer);
  const backMs = scene.nowMs + BACK_MS;
  /** What it had written by the time at which it fell back, by topic. */
  let written: ReadonlyMap<string, number> | undefined;
  return {
    onTick: () => {
      if (written !== undefined || scene.nowMs < backMs) return;
      const next = nextSeqs(scene.peer);
      // What it forgets is what it contradicts: whoever wrote nothing since may write on, and nothing is proved.
      if (![...next].some(([topic, seq]) => seq > (before.get(topic) ?? 1))) return;
      written = next;
      goBack(scene, saved);
    },
    onEffect: (effect) => {
      if (written !== undefined && effect.kind === "emit" && effect.event.type === "published") {
        const { seq } = effect.event;
        if ([...written.values()].some((next) => seq < next)) scene.crew.offend(scene.peer.self, scene.nowMs);
      }
      return [effect];
    },
  };
};

function nextSeqs(peer: Peer): ReadonlyMap<string, number> {
  return new Map([...peer.rooms.rumors.state.own.logs].map(([topic, { nextSeq }]) => [topic, nextSeq]));
}

function goBack(scene: Scene, saved: Snapshot): void {
  const { rooms, neighbors } = scene.peer;
  const old = restore(saved, rooms.foundation.hash);
  old.rooms.state.nextRef = rooms.state.nextRef + REFS;
  old.rooms.overlay.state.nextLink = rooms.overlay.state.nextLink;
  scene.become(old);
  for (const { link, peer } of neighbors) {
    scene.lay({ kind: "hangUp", link, reason: "lost" });
    scene.lay({ kind: "emit", event: { type: "neighbor-down", peer, link, reason: "lost" } });
  }
  // The links that it remembers are no more.
  for (const { link } of old.neighbors) {
    for (const effect of old.handle({ kind: "linkDown", link, reason: "lost" }, scene.nowMs)) scene.lay(effect);
  }
}
