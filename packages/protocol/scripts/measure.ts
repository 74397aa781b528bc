/**
 * How fast the codec is, in operations a second of processor time: a rumor of 256 B is what a busy mesh moves most.
 *
 *   npx tsx --conditions=@grapevine/source packages/protocol/scripts/measure.ts
 */
import {
  decodeFrame,
  decodeValue,
  encodeBase58,
  encodeFrame,
  encodeValue,
  type Frame,
  peerIdOf,
  Random,
} from "@grapevine/protocol";

const random = new Random(new Uint8Array(16).fill(1));
const topic = "0123456789abcdef".repeat(2);
const keys = Array.from({ length: 200 }, () => random.bytes(32));

const frames = keys.map((key, i): Frame => {
  const stamp = { timeMs: 1_700_000_000_123, counter: 0, expiryMs: 0, keyId: random.bytes(8), low: 1 };
  const author = { version: 1, kind: 0, author: peerIdOf(key), incarnation: 1_700_000_000_000, topic };
  const header = { ...author, seq: 1000 + i, prev: random.bytes(32), ...stamp };
  return {
    kind: "rumor",
    hops: 2,
    repair: false,
    rumor: { header, body: random.bytes(256), signature: random.bytes(64) },
  };
});
const encoded = frames.map((frame) => encodeFrame(frame));
const data = { text: "hello, everybody", at: 1_700_000_000_123, to: ["a", "b"], load: 0.25 };
const value = encodeValue(data);

const OPERATIONS: readonly (readonly [string, (i: number) => unknown])[] = [
  [`encode a rumor frame of ${encoded[0]!.length} B`, (i) => encodeFrame(frames[i % 200]!)],
  ["decode it", (i) => decodeFrame(encoded[i % 200]!)],
  [`encode data of ${value.length} B`, () => encodeValue(data)],
  ["decode it", () => decodeValue(value)],
  ["a peer's id from its key, remembered", (i) => peerIdOf(keys[i % 200]!)],
  ["base58 of 32 B", (i) => encodeBase58(keys[i % 200]!)],
];

const TIMES = 200_000;
const lines: string[] = [];
for (const [name, operation] of OPERATIONS) {
  let best = 0;
  // The first runs compile.
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    for (let i = 0; i < TIMES; i++) operation(i);
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, TIMES / ((user + system) / 1e6));
  }
  lines.push(
    `${Math.round(best / 1000)
      .toString()
      .padStart(7)} k/s  ${name}`,
  );
}
process.stdout.write(`${lines.join("\n")}\n`);
