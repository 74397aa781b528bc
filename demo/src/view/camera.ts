/**
 * How the layout is brought onto the stage: as large as fits between the strips that are kept for words, moved so that
 * all of it is in sight, and followed softly when it changes.
 */
import { Eased } from "./eased.ts";

interface Spot {
  readonly x: number;
  readonly y: number;
}

export interface View {
  /** Where the layout's origin is drawn. */
  readonly originX: number;
  readonly originY: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Peers next to each other shall not look like giants. */
const scaleMax = 1.5;
/** A wide stage is used: the picture may be stretched by this much. */
const stretchMax = 1.6;
/** Stages lower than this have smaller words. */
const lowPx = 340;

/** The view at rest. Pure. */
export function viewOf(spots: Iterable<Spot>, width: number, height: number): View {
  const low = height < lowPx;
  const [top, bottom, side] = low ? [66, 78, 64] : [98, 92, 64];
  const halfWidth = Math.max(40, width / 2 - side);
  const halfHeight = Math.max(30, (height - top - bottom) / 2);
  let [left, right, upper, lower, count] = [0, 0, 0, 0, 0];
  for (const { x, y } of spots) {
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [upper, lower] = [Math.min(upper, y), Math.max(lower, y)];
    count++;
  }
  const reachX = Math.max(1, (right - left) / 2);
  const reachY = Math.max(1, (lower - upper) / 2);
  const scaleY = Math.min(scaleMax, halfWidth / reachX, halfHeight / reachY);
  const scaleX = scaleY * Math.min(stretchMax, Math.max(1, halfWidth / (reachX * scaleY)));
  // Alone, this page makes way for what it has to say.
  const middleY = count > 1 ? top + halfHeight : Math.max(50, height * 0.22);
  return {
    originX: width / 2 - ((left + right) / 2) * scaleX,
    originY: middleY - ((upper + lower) / 2) * scaleY,
    scaleX,
    scaleY,
  };
}

const halfMs = 90;

export class Camera {
  private readonly eased: Record<keyof View, Eased> = {
    originX: new Eased(0, halfMs),
    originY: new Eased(0, halfMs),
    scaleX: new Eased(1, halfMs),
    scaleY: new Eased(1, halfMs),
  };
  private size = "";

  get resting(): boolean {
    return Object.values(this.eased).every(({ resting }) => resting);
  }

  follow(spots: Iterable<Spot>, width: number, height: number, passedMs: number, still: boolean): View {
    const goal = viewOf(spots, width, height);
    // A stage of another size is another picture: nothing to follow.
    const jump = still || this.size !== `${width} ${height}`;
    this.size = `${width} ${height}`;
    const { originX, originY, scaleX, scaleY } = this.eased;
    return {
      originX: originX.follow(goal.originX, passedMs, jump),
      originY: originY.follow(goal.originY, passedMs, jump),
      scaleX: scaleX.follow(goal.scaleX, passedMs, jump),
      scaleY: scaleY.follow(goal.scaleY, passedMs, jump),
    };
  }
}
