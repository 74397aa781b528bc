/**
 * What a profile is: a rumor of a kind of its own in which a peer says of itself what it likes, sealed for the mesh. Its author
 * alone can write it, and numbers it: of two the one of the later run, or of the greater number in one run, stands. That is
 * the version of Scuttlebutt (van Renesse et al., LADIS 2008), with all of an author's fields in one value.
 */
import { limits } from "../limits.ts";
import type { Header, Rumor } from "../types.ts";
import { COUNTER_MAX } from "../repair/hybrid-clock.ts";

export type Version = Pick<Header, "incarnation" | "seq">;

/** Above zero when `a` is the later one, zero when they are one. */
export function compareVersions(a: Version, b: Version): number {
  return a.incarnation - b.incarnation || a.seq - b.seq;
}

export type ProfileFlaw = "a profile that is none";

/** What no honest peer passes on, told from the rumor alone. `topic`: the mesh's tag for profiles. */
export function flawInProfile({ header, body }: Rumor, topic: string): ProfileFlaw | undefined {
  const { seq, low, prev, timeMs, counter, expiryMs } = header;
  const isSound =
    header.topic === topic &&
    low === seq &&
    prev.every((byte) => byte === 0) &&
    counter <= COUNTER_MAX &&
    expiryMs > timeMs &&
    expiryMs <= timeMs + limits.profileLifeMs &&
    body.length <= limits.profileBytesMax;
  return isSound ? undefined : "a profile that is none";
}
