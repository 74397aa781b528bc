/** The shipped `Spreading` room as a node of a `SpreadingMesh`. */
import {
  wholeParts,
  DEFAULT_TUNING,
  type Foundation,
  type Frame,
  type Outbox,
  Spreading,
  type SpreadingFrame,
  type Tuning,
} from "@grapevine/protocol";
import type { MakeRoom, Room, Sink } from "./spreading-mesh.ts";

const NO_CONFIG: Omit<Foundation["config"], "tuning"> = {
  meshId: new Uint8Array(32),
  incarnation: 1,
  boxKey: new Uint8Array(32),
  ticket: new Uint8Array(0),
  lastMintSlot: -1,
};

/** One with the given tuning at each node. */
export function shipped(tuning: Partial<Tuning>): MakeRoom {
  const config = { ...NO_CONFIG, tuning: { ...DEFAULT_TUNING, ...tuning } };
  return (id, random, find): Room => {
    const foundation: Foundation = { self: id, config, random, hash: (bytes) => bytes };
    const spreading = new Spreading(foundation, { find, verifying: () => [] }, undefined, wholeParts.later);
    return {
      get deadlineMs() {
        return spreading.deadlineMs;
      },
      onLinkUp: (link, now) => spreading.onLinkUp(link, now),
      onLinkDown: (link, now) => spreading.onLinkDown(link, now),
      onAccepted: (accepted, now, out) => spreading.onAccepted(accepted, now, outbox(out)),
      // A rumor's id stands in its chain's place here.
      onDuplicate: (link, frame, slot, now, out) =>
        spreading.onDuplicate(link, frame, slot, now, outbox(out), frame.rumor.header.prev),
      onFrame: (link, frame, now, out) => {
        if (isSpreading(frame)) spreading.onFrame(link, frame, now, outbox(out));
      },
      onDeadline: (now, out) => spreading.onDeadline(now, outbox(out)),
    };
  };
}

function outbox(out: Sink<never>): Outbox {
  return { frame: (link, frame, traffic) => out.frame(link, frame, traffic), effect: () => undefined, ref: () => 0 };
}

function isSpreading(frame: Frame): frame is SpreadingFrame {
  return ["iHave", "graft", "prune", "tell", "told"].includes(frame.kind);
}
