/** A recording of one peer's inputs from a checkpoint on: what a production mystery is replayed from. */
import { encodeState, type Input, type Peer, type Snapshot } from "@grapevine/protocol";
import type { InputRecorder } from "./driver.ts";

interface Recording {
  readonly checkpoint: Snapshot;
  readonly inputs: (readonly [nowMs: number, input: Input])[];
}

export class Tracing implements InputRecorder {
  private readonly peer: Peer;
  private readonly inputsMax: number;
  private current: Recording;

  constructor(peer: Peer, inputsMax: number) {
    this.peer = peer;
    this.inputsMax = inputsMax;
    this.current = { checkpoint: peer.snapshot(), inputs: [] };
  }

  get inputs(): number {
    return this.current.inputs.length;
  }

  record(input: Input, nowMs: number): void {
    if (this.current.inputs.length >= this.inputsMax) this.current = { checkpoint: this.peer.snapshot(), inputs: [] };
    this.current.inputs.push([nowMs, input]);
  }

  bytes(): Uint8Array {
    return encodeState({ version: 1, ...this.current });
  }
}
