import { expect, test } from "vitest";
import { chat, type ChatMessage } from "./chat.ts";

/** A chat in which others say this, and these lines are typed. */
async function run(heard: readonly unknown[], typed: readonly string[], name?: string) {
  const published: unknown[] = [];
  const reported: unknown[] = [];
  const topic = {
    async *messages(): AsyncIterable<ChatMessage> {
      for (const data of heard) yield { author: "5HkQabcdef", own: false, data };
      yield { author: "me", own: true, data: { text: "my own" } };
    },
    publish: async (data: unknown) => published.push(data),
  };
  async function* lines(): AsyncIterable<string> {
    yield* typed;
  }
  await chat(topic, { lines, name }, (event, details) => reported.push([event, details]), new AbortController().signal);
  return { published, reported };
}

test("what is typed is said, under a name if there is one; empty lines are not", async () => {
  expect((await run([], ["hello", "  ", " who is there? "], "Ada")).published).toEqual([
    { text: "hello", name: "Ada" },
    { text: "who is there?", name: "Ada" },
  ]);
  expect((await run([], ["hello"])).published).toEqual([{ text: "hello" }]);
});

test("what others say is told with their name and key, one's own is not", async () => {
  const { reported } = await run([{ text: "hi", name: "Bob" }, { text: "and I" }], []);
  expect(reported).toEqual([
    ["message", { from: "Bob (5HkQab)", text: "hi" }],
    ["message", { from: "5HkQab", text: "and I" }],
  ]);
});

test("nobody moves the cursor of another's terminal", async () => {
  const { reported } = await run([{ text: "a\u001b[2Jb\r\nc\u202Ed", name: "\u001b[31mEve" }], []);
  expect(reported).toEqual([["message", { from: "[31mEve (5HkQab)", text: "a [2Jb c d" }]]);
});

test("what is no message of a chat is passed over, and a line too long is refused", async () => {
  expect((await run([null, 7, { echo: 1 }, { text: 3 }], [])).reported).toEqual([]);
  const { published, reported } = await run([], ["x".repeat(2_001)]);
  expect(published).toEqual([]);
  expect(reported).toEqual([["warning", { message: "expected at most 2000 characters, got 2001" }]]);
});
