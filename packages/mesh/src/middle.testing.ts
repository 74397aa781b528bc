/**
 * Somebody in the middle: rewrites the SDP of both sides so that each ends up connected to the attacker, who passes every
 * frame on. Signals travel sealed for their receiver, so no seed can do this; here the victim's own doorway does, as if
 * the seals were broken or the keys stolen. What is left to catch it is the handshake.
 */
import type { Link, LinkEngine, LinkEvents } from "@grapevine/links";

export interface Middle {
  /** The victim's engine: its links lead to the attacker. */
  readonly engine: LinkEngine;
  /** From now on; until then the victim's links are its own. */
  engage(): void;
  /** Frames that the attacker passed on and could read, in both directions. */
  readonly overheard: Uint8Array[];
}

/** `own` makes the victim's true links, `attacker` the attacker's. */
export function putBetween(own: LinkEngine, attacker: LinkEngine): Middle {
  const overheard: Uint8Array[] = [];
  let engaged = false;
  return {
    overheard,
    engage: () => void (engaged = true),
    engine: {
      name: `somebody between ${own.name}`,
      get budget() {
        return own.budget;
      },
      close: async () => {
        await Promise.all([own.close(), attacker.close()]);
      },
      open: (role, events, offer) => {
        if (!engaged) return own.open(role, events, offer);
        // Towards the other peer the attacker plays the victim, towards the victim the other peer.
        let toVictim: Link | undefined;
        const passOn = (to: () => Link | undefined, onSignal: (signal: Uint8Array) => void): LinkEvents => ({
          onSignal,
          onOpen: () => {},
          onFrame: (channel, bytes) => {
            overheard.push(bytes);
            to()?.send(channel, bytes);
          },
          onWritable: () => {},
          onClose: (reason) => to()?.close(reason),
        });
        const asOther = (victimsOffer?: Uint8Array): Link =>
          attacker.open(
            victimsOffer === undefined ? "offer" : "answer",
            passOn(
              () => toOther,
              (signal) => (victimsOffer === undefined ? startVictim(signal) : victim?.signal(signal)),
            ),
            victimsOffer,
          );
        const startVictim = (attackersOffer?: Uint8Array): void => {
          victim = own.open(
            role,
            {
              ...events,
              // The victim's signal stays with the attacker; the other side gets the attacker's.
              onSignal: (signal) => {
                if (role === "offer") toVictim = asOther(signal);
                else toVictim?.signal(signal);
              },
              onOpen: events.onOpen.bind(events),
              onFrame: events.onFrame.bind(events),
              onWritable: events.onWritable.bind(events),
              onClose: events.onClose.bind(events),
            },
            attackersOffer,
          );
        };
        let victim: Link | undefined;
        const toOther: Link = attacker.open(
          role,
          passOn(
            () => toVictim,
            (signal) => events.onSignal(signal),
          ),
          offer,
        );
        if (role === "offer") startVictim();
        else toVictim = asOther();
        return {
          send: (channel, frame) => victim?.send(channel, frame),
          flush: () => victim?.flush(),
          signal: (answer) => toOther.signal(answer),
          close: (reason) => {
            victim?.close(reason);
            if (victim === undefined) events.onClose(reason);
          },
          get bufferedBytes() {
            return victim?.bufferedBytes ?? 0;
          },
          get stats() {
            return (victim ?? toOther).stats;
          },
        };
      },
    },
  };
}
