import { expect, test } from "vitest";
import { Harness } from "../harness.testing.ts";
import { limits } from "../limits.ts";
import { at, peerId } from "../room.testing.ts";

test("strangers who call and never finish their handshake keep a peer from no call of its own", () => {
  const world = new Harness({ seed: false });
  const victim = world.add(50);
  const { handshakes, overlay } = victim.peer.rooms;
  /** A call whose connection stands, and over which nothing is said. */
  const callOf = (number: number, ours: boolean): number => {
    const path = { kind: "seed", seed: 0, seat: String(number) } as const;
    const boxKey = new Uint8Array(32);
    const peer = peerId(number);
    const call = overlay.calls.begin(
      { peer, boxKey, ours, purpose: "join", ring: 0, epoch: 0, path, replace: undefined },
      at(world.nowMs),
    );
    const link = 1_000 + number;
    overlay.calls.attach(call, link, "offer");
    world.input(victim, { kind: "linkUp", link, local: new Uint8Array(32), remote: new Uint8Array(32) });
    return link;
  };
  for (let i = 0; i < 2 * limits.strangersMax; i++) callOf(i, false);
  expect(handshakes.size).toBe(limits.strangersMax);
  const own = Array.from({ length: limits.callsMax }, (_, i) => callOf(100 + i, true));
  expect(own.every((link) => handshakes.has(link))).toBe(true);
  world.run(10_000);
  expect(handshakes.size).toBe(0);
});
