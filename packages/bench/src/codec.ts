/** How fast the codec is, in operations a second of processor time: a rumor of 256 B is what a busy mesh moves most. */
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
import type { Part } from "./part.ts";
import { format } from "./report.ts";
import { median } from "./statistics.ts";

const TIMES = 50_000;

export const codec: Part = {
  name: "codec",
  title: "Codec",
  run({ quick }) {
    const rates = operations().map(({ name, run }) => ({ name, perSecond: rateOf(run, quick ? 3 : 9) }));
    return Promise.resolve({
      tables: [
        {
          title: "Operations a second of one core",
          method: `Median of ${quick ? 3 : 9} runs of ${TIMES.toLocaleString("en")}, the first two thrown away.`,
          columns: ["", "thousands a second"],
          rows: rates.map(({ name, perSecond }) => [name, format(perSecond / 1000)]),
        },
      ],
      ratios: [],
      data: { perSecond: Object.fromEntries(rates.map(({ name, perSecond }) => [name, perSecond])) },
    });
  },
};

function operations(): { readonly name: string; readonly run: (i: number) => unknown }[] {
  const random = new Random(new Uint8Array(16).fill(1));
  const topic = "0123456789abcdef".repeat(2);
  const keys = Array.from({ length: 200 }, () => random.bytes(32));
  const frames = keys.map((key, i): Frame => {
    const stamp = { timeMs: 1_700_000_000_123, counter: 0, expiryMs: 0, keyId: random.bytes(8), low: 1 };
    const author = { version: 1, kind: 0, author: peerIdOf(key), incarnation: 1_700_000_000_000, topic };
    const header = { ...author, seq: 1000 + i, prev: random.bytes(32), ...stamp };
    const rumor = { header, body: random.bytes(256), signature: random.bytes(64) };
    return { kind: "rumor", hops: 2, repair: false, rumor } as Frame;
  });
  const encoded = frames.map((frame) => encodeFrame(frame));
  const data = { text: "hello, everybody", at: 1_700_000_000_123, to: ["a", "b"], load: 0.25 };
  const value = encodeValue(data);
  return [
    { name: `encode a rumor frame of ${encoded[0]!.length} B`, run: (i) => encodeFrame(frames[i % 200]!) },
    { name: "decode it", run: (i) => decodeFrame(encoded[i % 200]!) },
    { name: `encode data of ${value.length} B`, run: () => encodeValue(data) },
    { name: "decode that", run: () => decodeValue(value) },
    { name: "a peer's id from its key, remembered", run: (i) => peerIdOf(keys[i % 200]!) },
    { name: "base58 of 32 B", run: (i) => encodeBase58(keys[i % 200]!) },
  ];
}

function rateOf(run: (i: number) => unknown, runs: number): number {
  const rates: number[] = [];
  for (let i = -2; i < runs; i++) {
    const before = process.cpuUsage();
    for (let j = 0; j < TIMES; j++) run(j);
    const { user, system } = process.cpuUsage(before);
    if (i >= 0) rates.push(TIMES / ((user + system) / 1e6));
  }
  return median(rates);
}
