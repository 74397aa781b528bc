/** What `npm run fuzz` does to a seed: bytes are read as what several sockets send it, in any order, and when they go. */
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "@grapevine/protocol/seed";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type Guest, Matchmaker } from "./matchmaker.ts";

interface FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly seeds: () => Uint8Array[];
  readonly run: (bytes: Uint8Array) => number | void;
}

const GUESTS = 6;
const LIMITS = { ...DEFAULT_LIMITS, roomsMax: 2, roomSocketsMax: 4, roomSample: 2, settleMs: 100 };

/** A length, then as many bytes, again and again. */
function* words(bytes: Uint8Array): Generator<readonly [how: number, word: Uint8Array]> {
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes[at + 1]!;
    yield [bytes[at]!, bytes.subarray(at + 2, at + 2 + length)];
    at += 2 + length;
  }
}

function run(bytes: Uint8Array): number {
  let [seats, state, nowMs, messages] = [0, 1, 1_000, 0];
  const matchmaker = new Matchmaker({
    limits: LIMITS,
    below: (bound) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % bound,
    newSeat: () => (++seats).toString(16).padStart(16, "0"),
    iceServers: () => [],
  });
  const guests = Array.from({ length: GUESTS }, (_, i): Guest & { sent: number } => ({
    sent: 0,
    send() {
      this.sent++;
    },
    takesSignals: () => i !== 5,
    onReleased: () => {},
    probe: () => {},
    isDoubtful: () => i === 4,
  }));
  for (const [how, word] of words(bytes)) {
    const guest = guests[how % GUESTS]!;
    nowMs += how >> 4;
    const decoded = decodePeerMessage(word);
    if (decoded.ok && matchmaker.handle(guest, decoded.message, nowMs) === undefined) messages++;
    else if (how & 8) matchmaker.leave(guest);
    if (how === 255) matchmaker.sweep(nowMs);
  }
  // To each message one answer, one relayed word or one release at most, and a release now and then.
  const sent = guests.reduce((sum, guest) => sum + guest.sent, 0);
  if (sent > 2 * messages + GUESTS) throw new Error(`expected ${messages} messages to lead to few, got ${sent}`);
  if (matchmaker.seatedCount > GUESTS || matchmaker.roomCount > LIMITS.roomsMax) {
    throw new Error("expected no more seats than sockets, and few rooms");
  }
  for (const guest of guests) matchmaker.leave(guest);
  if (matchmaker.seatedCount + matchmaker.roomCount !== 0) throw new Error("expected nothing to stay of who is gone");
  return Math.max(1, messages);
}

export const targets: readonly FuzzTarget[] = [
  {
    name: "seed-room",
    share: 0.03,
    seeds: () => {
      const said = (how: number, message: PeerMessage): number[] => {
        const word = encodePeerMessage(message);
        return [how, word.length, ...word];
      };
      const room = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
      const hello = (fill: number) =>
        ({ kind: "hello", version: 1, room: room(fill), card: Uint8Array.of(7, 7) }) as const;
      const signal = { kind: "signal", seat: "1".padStart(16, "0"), bytes: Uint8Array.of(9, 9) } as const;
      return [
        Uint8Array.from([0, 1, 2, 3, 4].flatMap((how) => said(how, hello(how % 2)))),
        Uint8Array.from([
          ...said(0, hello(1)),
          ...said(1, hello(1)),
          ...said(0, { kind: "ask", count: 3 }),
          ...said(1, signal),
        ]),
        Uint8Array.from([...said(5, hello(1)), ...said(5, { kind: "card", card: Uint8Array.of(1) })]),
      ];
    },
    run,
  },
];
