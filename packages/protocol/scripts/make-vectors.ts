/**
 * Writes vectors/base58.json, frames.json, statements.json and values.json: what an implementation in another language
 * is checked against. Signatures are real ones, made by keys whose seeds stand in the files; the same bytes at every run.
 *
 *   npx tsx --conditions=@grapevine/source packages/protocol/scripts/make-vectors.ts && npx oxfmt packages/protocol/vectors
 */
import { writeFileSync } from "node:fs";
import { encodeBase58 } from "@grapevine/protocol";
import { frameVectors } from "./frame-vectors.ts";
import { alice, ascii, bob, bytes, filled, hex } from "./signers.ts";
import { statementVectors } from "./statement-vectors.ts";
import { valueVectors } from "./value-vectors.ts";

function write(name: string, vectors: object): void {
  const plain = (_: string, value: unknown): unknown => {
    if (value instanceof Uint8Array) return hex(value);
    if (value instanceof Int32Array) return { signed: [...value] };
    return value instanceof Uint32Array ? { words: [...value] } : value;
  };
  const text = JSON.stringify(vectors, plain, 2);
  writeFileSync(new URL(`../vectors/${name}.json`, import.meta.url), `${text}\n`);
}

write("base58", {
  valid: [
    ["nothing", ""],
    ["a zero byte", "00"],
    ["three zero bytes", "000000"],
    ["one", "01"],
    ["the greatest digit", "39"],
    ["two digits", "3a"],
    ["zero bytes in front", "0000287fb4cd"],
    ["text", hex(ascii("Hello World!"))],
    ["an odd number of bytes", "516b6fcd0f"],
    ["32 zero bytes", "00".repeat(32)],
    ["32 bytes of ones", "ff".repeat(32)],
    ["Alice's key", hex(alice.publicKey)],
    ["Bob's key", hex(bob.publicKey)],
  ].map(([note, hex]) => ({ note, hex, text: encodeBase58(bytes(hex!)) })),
  invalid: [
    { note: "a zero", text: "10" },
    { note: "a capital o", text: "O" },
    { note: "a capital i", text: "I" },
    { note: "a small l", text: "l" },
    { note: "a space", text: "2 " },
    { note: "beyond ASCII", text: "é" },
  ],
  peers: [
    { note: "32 zero bytes", text: encodeBase58(filled(32, 0)), valid: true },
    { note: "32 bytes of ones", text: encodeBase58(filled(32, 255)), valid: true },
    { note: "31 bytes", text: encodeBase58(filled(31, 255)), valid: false },
    { note: "33 bytes", text: encodeBase58(filled(33, 1)), valid: false },
    { note: "nothing", text: "", valid: false },
  ],
});

write("frames", frameVectors);
write("statements", statementVectors);
write("values", valueVectors);
