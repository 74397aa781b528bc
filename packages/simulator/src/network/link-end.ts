/**
 * One end of a link, from the dial to its end. Each end has a life of its own: the two go down at different times, and
 * after a crash one of them stands open for a while with nobody behind it.
 */
import type { LinkId } from "@grapevine/protocol";
import type { Timer } from "../events.ts";
import type { Adapter } from "./adapter.ts";
import { type Flight, Lane, type Parcel } from "./lane.ts";

export class LinkEnd {
  state: "queued" | "dialing" | "up" | "closing" | "down" = "queued";
  /** The end that it is connected to, once both signals were exchanged. */
  other: LinkEnd | undefined;
  /** One way, without queues and jitter; known once both ends are. */
  latencyMs = 0;
  downAtMs: number = Number.POSITIVE_INFINITY;
  /** What the other side's signal said of it. */
  otherAttempt = 0;
  otherFingerprint: Uint8Array | undefined;
  readonly adapter: Adapter;
  readonly link: LinkId;
  readonly role: "offer" | "answer";
  readonly attempt: number;
  readonly fingerprint: Uint8Array;
  /** Outgoing. */
  readonly control: Lane = new Lane();
  readonly data: Lane = new Lane();
  /** Of both lanes, what waits for a timer to repeat it. */
  readonly late: Flight[] = [];
  /** Stands though its ends are on different sides of a partition. */
  isBridge = false;
  /** The data queue passed its high-water mark and has not fallen to the low one. */
  full = false;
  /** Arrived before this end had opened. */
  early: { readonly lane: Lane; readonly parcel: Parcel }[] = [];
  /** Ends the dial, later the wait for a peer that is gone. */
  timer: Timer | undefined;

  constructor(adapter: Adapter, link: LinkId, role: "offer" | "answer", attempt: number, fingerprint: Uint8Array) {
    this.adapter = adapter;
    this.link = link;
    this.role = role;
    this.attempt = attempt;
    this.fingerprint = fingerprint;
  }

  lane(channel: "control" | "data"): Lane {
    return channel === "control" ? this.control : this.data;
  }

  get isDialing(): boolean {
    return this.state === "queued" || this.state === "dialing";
  }
}
