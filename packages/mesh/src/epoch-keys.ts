/**
 * The keys of the mesh's epochs as topics use them: which to seal with, which opens what, and waiting for one that is on its
 * way. The core decides which epoch stands; the vault has the keys; here each topic gets its own.
 */
import { fromHex, toHex } from "@grapevine/protocol";
import type { Keyring } from "@grapevine/crypto";
import type { Peer, StoreEffect } from "@grapevine/protocol";
import { meshLimits } from "./limits.ts";
import type { EpochInfo } from "./mesh-events.ts";
import type { KeyStats } from "./stats.ts";

/** What a topic knows of the keys that change. */
export interface EpochKeys {
  /** The epoch to write under; undefined before the first. */
  writing(): { readonly keyId: Uint8Array; readonly key: Uint8Array } | undefined;
  /** Undefined without the key of that epoch. */
  keyOf(keyId: Uint8Array): Uint8Array | undefined;
  /** Resolves when another key has come. */
  next(): Promise<void>;
}

export class MeshEpochs {
  private readonly core: Pick<Peer["keys"], "epoch" | "isReady" | "counts">;
  private readonly keyring: Keyring;
  /** Wait for any change. */
  private waiting: (() => void)[] = [];

  constructor(core: Pick<Peer["keys"], "epoch" | "isReady" | "counts">, keyring: Keyring) {
    this.core = core;
    this.keyring = keyring;
  }

  ofTopic(name: string): EpochKeys {
    const keys = new Map<string, Uint8Array>();
    const keyOf = (id: string): Uint8Array | undefined => {
      const key = keys.get(id) ?? this.keyring.topicKey(id, name);
      if (key !== undefined) keys.set(id, key);
      return key;
    };
    return {
      writing: () => {
        const id = this.core.epoch?.keyId;
        const key = id === undefined ? undefined : keyOf(id);
        return key === undefined ? undefined : { keyId: fromHex(id!), key };
      },
      keyOf: (keyId) => keyOf(toHex(keyId)),
      next: () => this.next(),
    };
  }

  /**
   * Undefined when what is written now is for members only; else resolves when it is, or after a while: a mesh in which
   * nobody can make an epoch goes on under the one it has.
   */
  room(): Promise<void> | undefined {
    return this.core.isReady ? undefined : this.untilReady();
  }

  stats(): KeyStats {
    const { epoch, counts } = this.core;
    return { epoch: epoch === undefined ? undefined : { ...epochInfo(epoch), history: epoch.history }, ...counts };
  }

  /** Keys are kept sealed. */
  onKeep(effect: StoreEffect): StoreEffect {
    if (effect.kind !== "persistKey") return effect;
    this.onChanged();
    return { ...effect, sealed: this.keyring.wrapped(effect.keyId) };
  }

  /** Another key is held, or another epoch stands. */
  onChanged(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private next(): Promise<void> {
    return new Promise((resolve) => void this.waiting.push(resolve));
  }

  private async untilReady(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late = false;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        resolve();
      }, meshLimits.keyWaitMs);
    });
    while (!late && !this.core.isReady) await Promise.race([this.next(), tooLong]);
    clearTimeout(timer);
  }
}

export function epochInfo({ number, startMs, maker, reason }: EpochInfo): EpochInfo {
  return { number, startMs, maker, reason };
}
