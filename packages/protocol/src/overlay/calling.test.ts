import { describe, expect, test } from "vitest";
import type { Effect } from "../effect.ts";
import type { Host } from "./host.ts";
import { Directory } from "../membership/directory.ts";
import { Overlay } from "./overlay.ts";
import { at, makeFoundation, peerId, Tray } from "../room.testing.ts";
import type { Path } from "../sampling/calls.ts";
import { Admission } from "../trust/admission.ts";
import type { Credential, PeerId } from "../types.ts";
import type { EnvelopeBody } from "../wire/frames.ts";

const [LOW, HIGH] = [peerId(1), peerId(2)].toSorted() as [PeerId, PeerId];
const SEED: Path = { kind: "seed", seed: 0, seat: "0011223344556677" };
const SIGNAL = Uint8Array.of(1, 2, 3);

function credential(peer: PeerId): Credential {
  const signature = new Uint8Array(64);
  return { peer, incarnation: 1, boxKey: new Uint8Array(32), ticket: new Uint8Array([1]), signature };
}

/** One of two peers that know each other, and what it says and does. */
class Side {
  readonly overlay: Overlay;
  readonly said: EnvelopeBody[] = [];
  readonly tray = new Tray();
  private readonly other: PeerId;

  constructor(self: PeerId, other: PeerId) {
    this.other = other;
    const admission = new Admission();
    admission.admit(credential(other));
    const host: Partial<Host> = {
      admission,
      directory: new Directory(),
      isShutOut: () => false,
      isGraylisted: () => false,
      isQuiet: () => false,
      post: (_path, _peer, _boxKey, body) => void this.said.push(body),
      hangUp: () => {},
      paused: false,
    };
    this.overlay = new Overlay(makeFoundation(self, {}, self === LOW ? 1 : 2), host as Host);
  }

  call(path: Path): void {
    this.overlay.calling.call(this.other, "join", 0, 0, path, at(0), this.tray);
  }

  /** The offer or answer of the link that was begun last is made. */
  signal(): void {
    this.overlay.calling.onLocalSignal(this.connects.at(-1)!.link, SIGNAL, at(1));
  }

  hear(body: EnvelopeBody): void {
    const from = credential(this.other);
    this.overlay.calling.onSignal(SEED, from, body, at(2), this.tray);
  }

  get connects(): readonly (Effect & { kind: "connect" })[] {
    return this.tray.effects.filter((effect) => effect.kind === "connect");
  }

  get calls(): number {
    return this.overlay.calls.state.calls.size;
  }
}

const pair = (): [Side, Side] => [new Side(LOW, HIGH), new Side(HIGH, LOW)];

describe("a call", () => {
  test.each([0, 1])("over a seed begins with the offer, whichever id is lower (%i)", (caller) => {
    const sides = pair();
    const [from, to] = [sides[caller]!, sides[1 - caller]!];
    from.call(SEED);
    expect(from.connects.map(({ role }) => role)).toEqual(["offer"]);
    from.signal();
    expect(from.said.map(({ type }) => type)).toEqual(["offer"]);
    to.hear(from.said[0]!);
    expect(to.connects).toMatchObject([{ role: "answer", signal: SIGNAL }]);
    to.signal();
    expect(to.said.map(({ type }) => type)).toEqual(["answer"]);
    from.hear(to.said[0]!);
    expect(from.tray.effects.at(-1)).toMatchObject({ kind: "remoteSignal", signal: SIGNAL });
  });

  test("along a route that nobody vouches for begins with a request of the higher id, so that nothing is made in vain", () => {
    const [low, high] = pair();
    low.call({ kind: "route" });
    high.call({ kind: "route" });
    expect(low.connects).toHaveLength(1);
    expect(high.connects).toEqual([]);
    expect(high.said.map(({ type }) => type)).toEqual(["request"]);
  });

  test("of both at once becomes one link, by the offer of the lower id", () => {
    const [low, high] = pair();
    for (const side of [low, high]) {
      side.call(SEED);
      side.signal();
    }
    low.hear(high.said[0]!);
    high.hear(low.said[0]!);
    expect(low.connects.map(({ role }) => role)).toEqual(["offer"]);
    expect(high.connects.map(({ role }) => role)).toEqual(["offer", "answer"]);
    expect([low.calls, high.calls]).toEqual([1, 1]);
    high.signal();
    low.hear(high.said.at(-1)!);
    expect(low.tray.effects.at(-1)).toMatchObject({ kind: "remoteSignal", signal: SIGNAL });
  });

  test("is answered by the callee alone: an answer of its own caller does nothing", () => {
    const [low, high] = pair();
    low.call(SEED);
    low.signal();
    high.hear(low.said[0]!);
    high.signal();
    const offer = low.said[0] as EnvelopeBody & { type: "offer" };
    const before = high.tray.effects.length;
    high.hear({ type: "answer", call: offer.call, signal: SIGNAL });
    expect(high.tray.effects).toHaveLength(before);
  });
});
