// Whoever carries a sealed first word of a call, a seed or a relay, may play it again; its sender must not suffer for it.
import { expect, test } from "vitest";
import { Harness, type TestNode } from "../harness.testing.ts";
import type { Input } from "../input.ts";

type Carried = Input & { readonly kind: "seedReceived" };

/** What a node was sent through the seed. */
function carried(node: TestNode): Carried[] {
  const all: Carried[] = [];
  const { peer } = node;
  const handle = peer.handle.bind(peer);
  peer.handle = (input, nowMs) => {
    if (input.kind === "seedReceived") all.push(input);
    return handle(input, nowMs);
  };
  return all;
}

test("a call that is played again is taken once, costs its caller none of its calls, and ends none under way", () => {
  const world = new Harness();
  const callee = world.add(1);
  const words = carried(callee);
  const caller = world.add(2);
  world.run(5_000);
  expect(world.linked(callee, caller)).toBe(true);
  const first = words[0]!;
  world.cut(callee, caller);
  const before = callee.peer.rooms.overlay.calls.state.callers.get(caller.id)?.calls;
  const made = callee.peer.rooms.overlay.budget.state.tokens;
  for (let i = 0; i < 30; i++) world.input(callee, first);
  const { calls, callers } = callee.peer.rooms.overlay.calls.state;
  expect(callers.get(caller.id)?.calls).toBe(before);
  expect([...calls.values()].filter(({ ours }) => !ours)).toEqual([]);
  expect(callee.peer.rooms.overlay.budget.state.tokens).toBe(made);
  world.run(20_000);
  expect(world.linked(callee, caller)).toBe(true);
});
