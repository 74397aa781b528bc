/** What the application asks of its peer and waits for: commands by their refs, until the core's answer comes. */
import type { Command, PeerEvent, PeerId, Ref } from "@grapevine/protocol";
import { MeshError } from "./errors.ts";

export type PublishCommand = Command & { readonly kind: "publish" };

export type WriteCommand = Command & { readonly kind: "write" };

interface Waiting {
  readonly resolve: (id: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING = new Uint8Array(0);

export class Commands {
  private readonly handle: (command: Command) => void;
  private readonly waiting = new Map<Ref, Waiting>();
  private ended: Error | undefined;
  // The core names its own effects; these refs are told apart by the command that bears them.
  private nextRef: Ref = 1;

  constructor(handle: (command: Command) => void) {
    this.handle = handle;
  }

  /** Resolves with the rumor's id once it is signed, stored and queued. */
  publish(command: Omit<PublishCommand, "kind" | "ref">): Promise<Uint8Array> {
    return this.ask((ref) => ({ kind: "publish", ref, ...command }));
  }

  /** The same for an entry of a map. */
  write(command: Omit<WriteCommand, "kind" | "ref">): Promise<Uint8Array> {
    return this.ask((ref) => ({ kind: "write", ref, ...command }));
  }

  /** The same for what this peer says of itself. */
  say(command: Omit<Command & { readonly kind: "profile" }, "kind" | "ref">): Promise<Uint8Array> {
    return this.ask((ref) => ({ kind: "profile", ref, ...command }));
  }

  /** Resolves when `to` acknowledged. */
  async send(to: PeerId, data: Uint8Array, timeoutMs: number): Promise<void> {
    await this.ask((ref) => ({ kind: "send", ref, to, data, timeoutMs }));
  }

  onEvent(event: PeerEvent & { readonly type: "published" | "sent" | "unsent" }): void {
    const waiting = this.waiting.get(event.ref);
    this.waiting.delete(event.ref);
    if (event.type === "unsent") waiting?.reject(unsent(event.reason));
    else waiting?.resolve(event.type === "published" ? event.id : NOTHING);
  }

  /** No answer will come any more, neither to what waits nor to what is asked from now on. */
  end(error: Error): void {
    this.ended = error;
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) reject(error);
  }

  private ask(command: (ref: Ref) => Command): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) throw this.ended;
      const ref = this.nextRef++;
      this.waiting.set(ref, { resolve, reject });
      this.handle(command(ref));
    });
  }
}

function unsent(reason: (PeerEvent & { readonly type: "unsent" })["reason"]): MeshError {
  switch (reason) {
    case "unreachable":
      return new MeshError("unreachable", "expected a way to that peer, got none: it is not there, or nobody knows it");
    case "timeout":
      return new MeshError("timeout", "expected an acknowledgement in time, got none");
    case "left":
      return new MeshError("left", "expected a mesh that is still joined, got one that was left");
  }
}
