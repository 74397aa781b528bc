/** A browser's BroadcastChannels: what one posts, all others of that name hear, copied, in a later microtask. */
import type { Broadcast, OpenBroadcast } from "./siblings.ts";

export class Broadcasts {
  private readonly channels = new Map<object, { readonly name: string; readonly hear: (message: unknown) => void }>();

  readonly open: OpenBroadcast = (name, onMessage): Broadcast => {
    const key = {};
    this.channels.set(key, { name, hear: onMessage });
    return {
      post: (message) => this.post(name, message, key),
      close: () => void this.channels.delete(key),
    };
  };

  /** As somebody who is not a sibling would. */
  post(name: string, message: unknown, from?: object): void {
    const copy: unknown = structuredClone(message);
    for (const [key, channel] of this.channels) {
      if (key !== from && channel.name === name) {
        queueMicrotask(() => {
          if (this.channels.has(key)) channel.hear(copy);
        });
      }
    }
  }
}
