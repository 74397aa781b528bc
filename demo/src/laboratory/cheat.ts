/**
 * Stands between this page's driver and its peer, and lets everything pass until it is told to cheat. Then an adversary of
 * the simulator takes its place; that code is fetched only then.
 */
import type { Disguise } from "@grapevine/mesh/laboratory";
import type { Offence } from "./offences.ts";

type Core = ReturnType<Disguise>;
type Own = Parameters<Disguise>[0];

interface Deviant extends Core {
  turn(kind: unknown): void;
}

export class Cheat {
  /** Undefined while this tab is honest. */
  offence: Offence | undefined;
  private own: { readonly peer: Own; readonly core: Core } | undefined;
  private deviant: Deviant | undefined;

  readonly disguise: Disguise = (peer, core) => {
    this.own = { peer, core };
    const now = (): Core => this.deviant ?? core;
    return {
      handle: (input, nowMs) => now().handle(input, nowMs),
      get deadlineMs() {
        return now().deadlineMs;
      },
    };
  };

  async turn(offence: Offence): Promise<void> {
    const { disguised, KINDS, together } = await import("@grapevine/simulator/adversaries");
    const { own } = this;
    if (own === undefined) return;
    const kinds = { fork: KINDS.equivocate, mint: KINDS.hub, forge: together(KINDS.forge, KINDS["bit-flip"]) };
    const deviant = disguised(own.peer, own.core, crypto.getRandomValues(new Uint8Array(16)));
    deviant.turn(kinds[offence]);
    this.deviant = deviant;
    this.offence = offence;
  }

  behave(): void {
    this.deviant = undefined;
    this.offence = undefined;
  }
}
