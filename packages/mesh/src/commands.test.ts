import type { Command } from "@grapevine/protocol";
import { expect, test } from "vitest";
import { Commands } from "./commands.ts";
import { rejection } from "./rejection.testing.ts";

function setUp() {
  const given: Command[] = [];
  return { commands: new Commands((command) => given.push(command)), given };
}

const retention = { countMax: 1, bytesMax: 1, ageMs: 0 };
const publish = { topic: "t", keyId: new Uint8Array(8), body: Uint8Array.of(1), retention };

test("each answer goes to the one who asked", async () => {
  const { commands, given } = setUp();
  const [first, second] = [commands.publish(publish), commands.publish(publish)];
  const sent = commands.send("peer", Uint8Array.of(2), 50);
  expect(given).toEqual([
    { kind: "publish", ref: 1, ...publish },
    { kind: "publish", ref: 2, ...publish },
    { kind: "send", ref: 3, to: "peer", data: Uint8Array.of(2), timeoutMs: 50 },
  ]);
  commands.onEvent({ type: "sent", ref: 3 });
  commands.onEvent({ type: "published", ref: 2, id: Uint8Array.of(22), seq: 2 });
  commands.onEvent({ type: "published", ref: 1, id: Uint8Array.of(11), seq: 1 });
  expect(await Promise.all([first, second, sent])).toEqual([Uint8Array.of(11), Uint8Array.of(22), undefined]);
});

test.each(["unreachable", "timeout", "left"] as const)("what was not sent rejects with %s", async (reason) => {
  const { commands } = setUp();
  const sent = rejection(commands.send("peer", Uint8Array.of(2), 50));
  commands.onEvent({ type: "unsent", ref: 1, reason });
  expect(await sent).toMatchObject({ name: "MeshError", code: reason });
});

test("answers that nobody waits for are ignored", () => {
  setUp().commands.onEvent({ type: "sent", ref: 9 });
});

test("the end rejects what waits and what comes", async () => {
  const { commands, given } = setUp();
  const waiting = rejection(commands.publish(publish));
  const left = new Error("left");
  commands.end(left);
  expect(await waiting).toBe(left);
  expect(await rejection(commands.send("peer", Uint8Array.of(2), 50))).toBe(left);
  expect(given).toHaveLength(1);
});
