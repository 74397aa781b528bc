/** One end of a link under test: it writes down every event, and lets a test wait for what should come. */
import type { Channel } from "@grapevine/protocol";
import type { Link, LinkBinding, LinkEngine, LinkEvents, LinkRole } from "./link.ts";

export interface Received {
  readonly channel: Channel;
  readonly bytes: Uint8Array;
}

export class Recorder implements LinkEvents {
  readonly signals: Uint8Array[] = [];
  readonly bindings: LinkBinding[] = [];
  readonly frames: Received[] = [];
  readonly writable: boolean[] = [];
  readonly closes: string[] = [];
  link!: Link;
  #waiting: { done: () => boolean; resolve: () => void }[] = [];

  static open(engine: LinkEngine, role: LinkRole, offer?: Uint8Array): Recorder {
    const recorder = new Recorder();
    recorder.link = engine.open(role, recorder, offer);
    return recorder;
  }

  onSignal(signal: Uint8Array): void {
    this.signals.push(signal);
    this.#changed();
  }
  onOpen(binding: LinkBinding): void {
    this.bindings.push(binding);
    this.#changed();
  }
  onFrame(channel: Channel, bytes: Uint8Array): void {
    this.frames.push({ channel, bytes });
    this.#changed();
  }
  onWritable(writable: boolean): void {
    this.writable.push(writable);
    this.#changed();
  }
  onClose(reason: string): void {
    this.closes.push(reason);
    this.#changed();
  }

  async signal(): Promise<Uint8Array> {
    await this.until(() => this.signals.length > 0);
    return this.signals[0]!;
  }
  async opened(): Promise<LinkBinding> {
    await this.until(() => this.bindings.length > 0 || this.closes.length > 0);
    if (this.bindings[0] === undefined) throw new Error(`expected an open link, got one that ended: ${this.closes[0]}`);
    return this.bindings[0];
  }
  async received(count: number): Promise<readonly Received[]> {
    await this.until(() => this.frames.length >= count);
    return this.frames;
  }
  async closed(): Promise<string> {
    await this.until(() => this.closes.length > 0);
    return this.closes[0]!;
  }

  /** Looked at again after every event. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ done, resolve }));
  }

  on(channel: Channel): readonly Uint8Array[] {
    return this.frames.filter((frame) => frame.channel === channel).map(({ bytes }) => bytes);
  }

  #changed(): void {
    this.#waiting = this.#waiting.filter(({ done, resolve }) => {
      if (!done()) return true;
      resolve();
      return false;
    });
  }
}

/** Two open ends; the first made the offer. More than one try is for engines that are known to fail at times. */
export async function connect(a: LinkEngine, b: LinkEngine, tries = 1): Promise<[Recorder, Recorder]> {
  const caller = Recorder.open(a, "offer");
  const callee = Recorder.open(b, "answer", await caller.signal());
  caller.link.signal(await callee.signal());
  if (tries > 1) {
    await caller.until(() => caller.bindings.length > 0 || caller.closes.length > 0);
    if (caller.closes[0] === "failed") {
      callee.link.close("failed");
      await callee.closed();
      return connect(a, b, tries - 1);
    }
  }
  await Promise.all([caller.opened(), callee.opened()]);
  return [caller, callee];
}

/** Bytes that tell frames apart: reproducible, different for every `seed`, and not compressible to a pattern. */
export function bytesFor(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 0x0019_660d) + 0x3c6e_f35f;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
