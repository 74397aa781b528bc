/** What is published: who wrote it, its number, when; the rest is filling that the receiver checks at its end. */

const HEADER_BYTES = 24;

export interface Stamp {
  readonly phase: number;
  readonly author: number;
  readonly seq: number;
  /** Of the clock that all processes of a machine share. */
  readonly sentMs: number;
}

const filling = new Uint8Array(65_536);
let noise = 1;
for (let i = 0; i < filling.length; i++) filling[i] = (noise = (noise * 48_271) % 2_147_483_647) & 0xff;

export function write({ phase, author, seq, sentMs }: Stamp, size: number): Uint8Array {
  const bytes = filling.slice(0, size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, phase);
  view.setUint32(4, author);
  view.setUint32(8, seq);
  view.setFloat64(16, sentMs);
  return bytes;
}

/** Undefined for what is not as it was written. */
export function read(bytes: Uint8Array): Stamp | undefined {
  if (bytes.length < HEADER_BYTES || bytes.at(-1) !== filling[bytes.length - 1]) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { phase: view.getUint32(0), author: view.getUint32(4), seq: view.getUint32(8), sentMs: view.getFloat64(16) };
}

/** Milliseconds on the monotonic clock of the machine, the same in all of its processes. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
