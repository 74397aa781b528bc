/**
 * Floods of questions, each cheap to ask: digests that never match, wants of everything, calls for peers, credentials,
 * grafts and pings. Against "a request may not cost its target more than it cost the asker by more than a stated factor"
 * (rule 7), and classes of traffic with budgets of their own.
 */
import { toHex } from "@grapevine/protocol";
import type { Frame } from "@grapevine/protocol";
import { known, type Kind, type Scene } from "./deviant.ts";

/** Of each question, to each neighbor, each second. */
const AT_ONCE = 20;

export const storm: Kind = (scene) => ({
  onTick: () => {
    for (const { link } of scene.peer.neighbors) {
      for (let i = 0; i < AT_ONCE; i++) for (const question of QUESTIONS) scene.send(link, question(scene), "repair");
    }
  },
});

const QUESTIONS: readonly ((scene: Scene) => Frame)[] = [
  // Who has nothing is told most.
  ({ random }) => ({
    kind: "digest",
    round: random.below(2 ** 16),
    beforeMs: 0,
    logs: 0,
    fingerprint: random.bytes(8),
  }),
  ({ peer }) => {
    const logs = [...peer.rooms.rumors.state.logs.logs.values()].slice(0, 100);
    return {
      kind: "want",
      round: 0,
      wants: logs.map(({ id, low }) => ({ log: id, ranges: [[low, low + 1_000_000]] })),
    };
  },
  () => ({ kind: "peersWant", of: "neighbors", ring: 0, epoch: 0 }),
  ({ random }) => ({ kind: "peersWant", of: "ring", ring: random.below(4), epoch: random.below(1_000) }),
  (scene) => ({ kind: "credentialsWant", peers: known(scene).slice(0, 20) }),
  ({ random }) => ({ kind: "graft", wanted: true, ids: [toHex(random.bytes(8))] }),
  ({ random }) => ({ kind: "ping", nonce: random.below(2 ** 31) }),
];
