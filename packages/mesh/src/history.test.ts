import { describe, expect } from "vitest";
import { testOver } from "./harness.testing.ts";
import type { Topic, TopicHistory } from "./index.ts";

const test = testOver("memory");

/** Resolves with all that was told until it was complete. */
function told(topic: Topic): Promise<TopicHistory[]> {
  const all: TopicHistory[] = [];
  return new Promise((resolve) => {
    topic.on("history", (history) => {
      all.push(history);
      if (history.complete) resolve(all);
    });
  });
}

describe("the history of a topic", () => {
  test("is told as it comes, and when it is complete", async ({ world }) => {
    const elder = await world.join();
    const chat = elder.topic<number>("chat");
    // Awaited one by one: each is a rumor of its own.
    for (let i = 0; i < 40; i++) await chat.publish(i);
    expect(chat.history.complete).toBe(false);

    const late = await world.join();
    const topic = late.topic("chat");
    expect(topic.history).toEqual({ rumors: 0, bytes: 0, missing: 0, complete: false });
    const all = await told(topic);
    expect(all[0]).toEqual({ rumors: 0, bytes: 0, missing: 40, complete: false });
    const last = all.at(-1)!;
    expect(last).toMatchObject({ rumors: 40, missing: 0, complete: true });
    expect(last.bytes).toBeGreaterThan(40);
    expect(topic.history).toBe(last);
    for (const [i, { rumors }] of all.entries()) expect(rumors).toBeGreaterThanOrEqual(all[i - 1]?.rumors ?? 0);

    // Opened when all is here already; of another one there is nothing.
    const nothing = late.topic("silence");
    expect(nothing.history).toEqual({ rumors: 0, bytes: 0, missing: 0, complete: true });

    // Nobody is left to say whether something is missing.
    const alone = new Promise((resolve) => topic.on("history", resolve));
    await elder.leave();
    expect(await alone).toMatchObject({ rumors: 40, complete: false });
  });
});
