/**
 * Frames for rooms whose code has not come yet (`parts.ts`): they wait, some for each link, and are read once it has. Of more
 * than that the newest are let go by: what they say is said again by rounds, or asked for by ours.
 */
import { limits } from "../limits.ts";
import type { LinkId } from "../types.ts";

export interface EarlyFrame {
  readonly link: LinkId;
  readonly bytes: Uint8Array;
}

export interface EarlyState {
  readonly frames: EarlyFrame[];
}

export class EarlyFrames {
  readonly state: EarlyState;

  constructor(state: EarlyState = { frames: [] }) {
    this.state = state;
  }

  hold(link: LinkId, bytes: Uint8Array): void {
    const { frames } = this.state;
    let [count, held] = [1, bytes.length];
    for (const one of frames) {
      if (one.link !== link) continue;
      count++;
      held += one.bytes.length;
    }
    if (count <= limits.earlyFramesMax && held <= limits.earlyBytesMax) frames.push({ link, bytes });
  }

  onLinkDown(link: LinkId): void {
    const { frames } = this.state;
    for (let i = frames.length - 1; i >= 0; i--) if (frames[i]!.link === link) frames.splice(i, 1);
  }
}
