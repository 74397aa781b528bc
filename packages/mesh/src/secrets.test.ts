import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { createSecret, deriveMesh } from "@grapevine/crypto";
import { expect } from "vitest";
import { Ear, testOver } from "./harness.testing.ts";
import { createIdentity } from "./index.ts";

const test = testOver("memory");

/** What a console, or a report of an error, would show of it. */
function shown(value: unknown): string {
  let json = "";
  try {
    json = JSON.stringify(value);
  } catch {
    // Circular.
  }
  return (
    json +
    inspect(value, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity, breakLength: Infinity })
  );
}

test("nothing that is shown of a mesh shows what seals it, or who it is by", async ({ world }) => {
  const secret = createSecret();
  const identity = createIdentity();
  const key = new Uint8Array(randomBytes(32));
  const mesh = await world.join({ secret, identity });
  const [chat, own] = [mesh.topic("chat"), mesh.topic("own", { access: { key } })];
  const [map, ownMap] = [mesh.map("all"), mesh.map("own", { access: { key } })];
  const ear = new Ear(chat);
  await Promise.all([chat.publish(1), own.publish(2), map.set("a", 1), ownMap.set("b", 2), ear.heard(1)]);

  const keys = deriveMesh({ name: mesh.name, admission: { kind: "secret", secret } });
  const secrets = {
    identity: identity.secretKey,
    key,
    "key of the topic": keys.topicKey("chat"),
    "key of the map": keys.mapKey("all"),
    "key of the map's tags": keys.mapTagKey("all"),
    "key of cards": keys.cardKey,
    "key of tickets": keys.ticketKey,
    "key of the disk": keys.diskKey,
  };
  const text = [mesh, chat, own, map, ownMap, mesh.stats()].map(shown).join("\n");
  expect(text).not.toContain(secret);
  for (const [what, bytes] of Object.entries(secrets)) {
    expect(text.includes([...bytes].join(", ")), what).toBe(false);
    expect(text.includes(Buffer.from(bytes).toString("hex")), what).toBe(false);
    expect(text.includes([...bytes].map((byte, i) => `"${i}":${byte}`).join(",")), what).toBe(false);
  }
});

test("a key is the topic's own from then on, and is not repeated when it is none", async ({ world }) => {
  const key = randomBytes(32);
  const [a, b] = await world.joinAll(2);
  const [theirs, ours] = [
    a!.topic("own", { access: { key: Uint8Array.from(key) } }),
    b!.topic("own", { access: { key } }),
  ];
  key.fill(0);
  const ear = new Ear(theirs);
  await ours.publish("hello");
  await ear.heard(1);
  expect(ear.data).toEqual(["hello"]);
  expect(() => a!.topic("other", { access: { key: "correct horse" as never } })).toThrow(
    /^(?!.*horse)expected access to be/,
  );
});
