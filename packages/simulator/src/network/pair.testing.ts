/** Two or more adapters with nobody behind them: a test plays their peers and relays their signals itself. */
import type { Input, LinkId } from "@grapevine/protocol";
import { streamOf } from "../chance.ts";
import { EventQueue } from "../events.ts";
import type { Adapter } from "./adapter.ts";
import { Network } from "./network.ts";
import type { NetworkOptions } from "./options.ts";

export interface Heard {
  readonly atMs: number;
  readonly input: Input;
}

export class Bench {
  readonly queue = new EventQueue();
  readonly network: Network;
  readonly adapters: Adapter[] = [];
  readonly heard: Heard[][] = [];
  /** What an adapter's owner does with an input. */
  readonly onInput: (((input: Input) => void) | undefined)[] = [];

  constructor(options: Partial<NetworkOptions> = {}, seed = 1) {
    this.network = new Network(this.queue, streamOf(seed, "network"), {
      unreachablePairs: 0,
      dialFailure: 0,
      ...options,
    });
  }

  add(): number {
    const index = this.adapters.length;
    this.heard.push([]);
    this.adapters.push(
      this.network.attach((input) => {
        this.heard[index]!.push({ atMs: this.queue.nowMs, input });
        this.onInput[index]?.(input);
      }),
    );
    return index;
  }

  /** Dial from `a` to `b` under one link id, relaying the signals at once, unless `tamper` changes them. */
  dial(a: number, b: number, link: LinkId, tamper = (signal: Uint8Array): Uint8Array => signal): void {
    const [caller, callee] = [this.adapters[a]!, this.adapters[b]!];
    const before = [this.onInput[a], this.onInput[b]];
    this.onInput[a] = (input) => {
      before[0]?.(input);
      if (input.kind === "localSignal" && input.link === link) callee.connect(link, "answer", tamper(input.signal));
    };
    this.onInput[b] = (input) => {
      before[1]?.(input);
      if (input.kind === "localSignal" && input.link === link) caller.remoteSignal(link, tamper(input.signal));
    };
    caller.connect(link, "offer", undefined);
  }

  of<K extends Input["kind"]>(
    index: number,
    kind: K,
  ): { readonly atMs: number; readonly input: Input & { kind: K } }[] {
    return this.heard[index]!.filter((heard) => heard.input.kind === kind) as never;
  }

  /** The first byte of each frame that came in. */
  received(index: number): number[] {
    return this.of(index, "received").map(({ input }) => input.bytes[0]!);
  }
}

/** Two adapters with a link 1 between them that is up. */
export function linked(options: Partial<NetworkOptions> = {}, seed = 1): Bench {
  const bench = new Bench(options, seed);
  bench.dial(bench.add(), bench.add(), 1);
  bench.queue.runUntil(5_000);
  return bench;
}

export function frame(first: number, bytes = 1): Uint8Array {
  const frame = new Uint8Array(bytes);
  frame[0] = first;
  return frame;
}
