import * as v from "valibot";
import { expect, test } from "vitest";
import type { TopicOptions } from "./message.ts";
import { planTopic, requireSame, topicName } from "./topic-options.ts";

const key = new Uint8Array(32).fill(1);

test("has defaults", () => {
  expect(planTopic({})).toEqual({
    access: "mesh",
    schema: undefined,
    retention: { countMax: 1000, bytesMax: 4_194_304, ageMs: 86_400_000 },
  });
});

test("a key is copied, for its owner may wipe it", () => {
  const own = key.slice();
  const { access } = planTopic({ access: { key: own } });
  own.fill(0);
  expect((access as { readonly key: Uint8Array }).key).toEqual(key);
  const buffer = Buffer.from(key);
  const other = planTopic({ access: { key: buffer } }).access as { readonly key: Uint8Array };
  buffer.fill(0);
  expect(other.key).toEqual(key);
});

test.each([
  [null, "an object of options"],
  [{ acess: "mesh" }, "topic options among"],
  [{ access: "private" }, "access to be"],
  [{ access: { key: new Uint8Array(16) } }, "access to be"],
  [{ access: {} }, "access to be"],
  [{ access: { key: "secret" } }, "access to be"],
  [{ schema: {} }, "a schema that implements Standard Schema"],
  [{ retention: null }, "retention {"],
  [{ retention: { count: 5 } }, "retention of countMax"],
  [{ retention: { countMax: 0 } }, "retention.countMax to be a whole number"],
  [{ retention: { countMax: 1.5 } }, "retention.countMax to be a whole number"],
  [{ retention: { countMax: 1e9 } }, "retention.countMax to be a whole number"],
  [{ retention: { bytesMax: -1 } }, "retention.bytesMax to be a whole number"],
  [{ retention: { ageMs: -1 } }, "retention.ageMs to be a whole number"],
  [{ retention: { ageMs: Number.POSITIVE_INFINITY } }, "retention.ageMs to be a whole number"],
])("%o is refused", (options, message) => {
  expect(() => planTopic(options as TopicOptions)).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(message) }),
  );
});

test.each([undefined, "", 7, "x".repeat(257), "ü".repeat(129)])("%o is no topic's name", (name) => {
  expect(() => topicName(name)).toThrow("expected a topic's name");
});

test("options that agree with what stands are taken", () => {
  const schema = v.string();
  const standing = planTopic({ access: { key }, schema, retention: { countMax: 5 } });
  requireSame("t", standing, {});
  requireSame("t", standing, { schema });
  requireSame("t", standing, { access: { key: key.slice() }, schema, retention: { countMax: 5, ageMs: 86_400_000 } });
  requireSame("t", planTopic({}), { access: "mesh" });
});

test.each([
  [{}, { access: "public" }, "access"],
  [{ access: { key } }, { access: "mesh" }, "access"],
  [{ access: { key } }, { access: { key: new Uint8Array(32) } }, "access"],
  [{}, { schema: v.string() }, "schema"],
  [{}, { retention: { countMax: 5 } }, "retention.countMax"],
] as [TopicOptions, TopicOptions, string][])("%o conflicts with %o", (standing, asked, what) => {
  expect(() => requireSame("t", planTopic(standing), asked)).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(`another ${what}`) }),
  );
});
