/**
 * Seeds first, and the other tabs of this origin while none of them answers: one client to whoever drives a peer. A
 * second without any seed, and siblings are asked; a seed is up, and they are left alone again.
 */
import { type Clock, platformClock } from "./clock.ts";
import { createSeedClient } from "./seed-client.ts";
import type { SeedClient, SeedClientOptions, SeedState } from "./seed-client-contract.ts";
import { seedClientLimits } from "./seed-client-limits.ts";
import { type OpenBroadcast, SIBLINGS, Siblings } from "./siblings.ts";

export interface IntroducersOptions extends SeedClientOptions {
  /** Undefined where there are no siblings. */
  readonly openBroadcast: OpenBroadcast | undefined;
}

/** As `createSeedClient`. What siblings tell comes under the number `SIBLINGS`; `states` are of seeds alone. */
export function createIntroducers({ openBroadcast, ...options }: IntroducersOptions): SeedClient {
  return openBroadcast === undefined ? createSeedClient(options) : new Introducers(options, openBroadcast);
}

class Introducers implements SeedClient {
  readonly #seeds: SeedClient;
  readonly #siblings: Siblings;
  readonly #clock: Clock;
  readonly #up = new Set<number>();
  #cancelTimer: (() => void) | undefined;
  #running = false;

  constructor(options: SeedClientOptions, open: OpenBroadcast) {
    const { events, room, clock = platformClock } = options;
    this.#clock = clock;
    this.#siblings = new Siblings({ room, events, open, clock });
    this.#seeds = createSeedClient({
      ...options,
      events: {
        onPeers: (seed, others, peers) => events.onPeers(seed, others, peers),
        onSignal: (seed, seat, bytes) => events.onSignal(seed, seat, bytes),
        onGone: (seed, seat) => events.onGone(seed, seat),
        onIceServers: (servers) => events.onIceServers(servers),
        onProblem: (seed, what) => events.onProblem(seed, what),
        onUp: (seed) => {
          this.#up.add(seed);
          this.#watch();
          events.onUp(seed);
        },
        onDown: (seed) => {
          this.#up.delete(seed);
          this.#watch();
          events.onDown(seed);
        },
      },
    });
  }

  get states(): readonly SeedState[] {
    return this.#seeds.states;
  }

  prepare(): void {
    this.#seeds.prepare();
  }

  announce(card: Uint8Array): void {
    this.#running = true;
    this.#siblings.announce(card);
    this.#seeds.announce(card);
    this.#watch();
  }

  ask(seed: number, count: number): void {
    if (seed === SIBLINGS) this.#siblings.ask();
    else this.#seeds.ask(seed, count);
  }

  send(seed: number, seat: string, bytes: Uint8Array): void {
    (seed === SIBLINGS ? this.#siblings : this.#seeds).send(seed, seat, bytes);
  }

  pause(): void {
    this.#running = false;
    this.#watch();
    this.#siblings.pause();
    this.#seeds.pause();
  }

  resume(): void {
    this.#running = true;
    this.#siblings.resume();
    this.#seeds.resume();
    this.#watch();
  }

  close(): void {
    this.#running = false;
    this.#watch();
    this.#siblings.close();
    this.#seeds.close();
  }

  #watch(): void {
    const seedless = this.#running && this.#up.size === 0;
    if (!seedless) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      if (this.#running) this.#siblings.need(false);
    } else {
      this.#cancelTimer ??= this.#clock.after(seedClientLimits.seedlessMs, () => this.#siblings.need(true));
    }
  }
}
