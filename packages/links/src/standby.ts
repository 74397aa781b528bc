/**
 * A link begun before anybody is there to call: its connection is made and its candidates are gathered while a peer still
 * makes its key and waits for a seed's welcome. The first call takes it, and its offer leaves at once. Measured, in a tab
 * that joins: 25 ms sooner (and in Node 40), for all of that would stand between the welcome and the offer.
 */
import type { Clock } from "./clock.ts";
import type { FramedLink } from "./framed-link.ts";
import { linkLimits } from "./limits.ts";
import type { Link, LinkEvents } from "./link.ts";

export class Standby {
  /** What its connection was made for: only a call for the same may take it. */
  readonly made: string;
  readonly #link: FramedLink;
  readonly #cancelTimer: () => void;
  #signal: Uint8Array | undefined;
  /** Whose it is, once it is taken. */
  #events: LinkEvents | undefined;
  #over = false;

  constructor(open: (events: LinkEvents) => FramedLink, made: string, clock: Clock) {
    this.made = made;
    this.#cancelTimer = clock.after(linkLimits.standbyMs, () => this.drop());
    this.#link = open({
      onSignal: (signal) => {
        this.#signal = signal;
        this.#events?.onSignal(signal);
      },
      onOpen: (binding) => this.#events?.onOpen(binding),
      onFrame: (channel, bytes) => this.#events?.onFrame(channel, bytes),
      onWritable: (writable) => this.#events?.onWritable(writable),
      onClose: (reason) => {
        this.drop();
        this.#events?.onClose(reason);
      },
    });
  }

  /** The link, from now on under these events; undefined when it has ended, or waited for too long. */
  take(events: LinkEvents): Link | undefined {
    if (this.#over) return undefined;
    this.#over = true;
    this.#cancelTimer();
    this.#events = events;
    const signal = this.#signal;
    // In a microtask of its own, as all events; and not if the link is closed meanwhile.
    if (signal !== undefined) queueMicrotask(() => this.#link.signaled(signal));
    return this.#link;
  }

  /** Nobody took it. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer();
    this.#link.close("unused");
  }
}
