/** Between the seed client and the driver: opens the cards that seeds show, and keeps what is known of the seeds. */
import { createIntroducers, openBroadcast, type SeedClient, type SeedState, SIBLINGS } from "@grapevine/links";
import type { Input } from "@grapevine/protocol";
import type { IceServer } from "@grapevine/protocol/seed";

/** Stands for the room, where seeds stand by their numbers. */
const STRANGERS = -1;
const STRANGERS_WORDS =
  "others at the seed use this mesh's name with another secret or admission, or fake it: they are not of this mesh";

export interface SeedWatchEvents {
  handle(input: Input): void;
  /** Undefined for a card that no member of this mesh sealed. */
  openCard(card: Uint8Array): Uint8Array | undefined;
  onSeed(url: string, state: "up" | "down"): void;
  isLinked(): boolean;
  /** Told once for each seed, until it is up again, and once for strangers in the room. */
  onProblem(message: string): void;
}

export class SeedWatch {
  /** Undefined when there are no seeds. */
  readonly client: SeedClient | undefined;
  /** The last that a seed's operator offered. */
  iceServers: readonly IceServer[] = [];
  /** The last thing that went wrong at any seed. */
  problem: string | undefined;
  private events: SeedWatchEvents | undefined;
  private readonly troubled = new Set<number>();

  /** Throws a LinkError for seeds that are none. Nothing is opened before `prepare`, or before a card is announced. */
  constructor(seeds: readonly string[], room: Uint8Array) {
    if (seeds.length === 0) return;
    this.client = createIntroducers({
      openBroadcast,
      isLinked: () => this.events?.isLinked() ?? true,
      seeds,
      room,
      events: {
        onUp: (seed) => {
          this.troubled.delete(seed);
          this.events?.handle({ kind: "seedUp", seed });
          if (seed !== SIBLINGS) this.events?.onSeed(this.urlOf(seed), "up");
        },
        onDown: (seed) => {
          this.events?.handle({ kind: "seedDown", seed });
          if (seed !== SIBLINGS) this.events?.onSeed(this.urlOf(seed), "down");
        },
        onPeers: (seed, others, seated) => {
          const peers: { seat: string; card: Uint8Array }[] = [];
          for (const { seat, card: sealed } of seated) {
            const card = this.events?.openCard(sealed);
            if (card !== undefined) peers.push({ seat, card });
          }
          const strangers = seated.length - peers.length;
          if (strangers > 0) this.trouble(STRANGERS, STRANGERS_WORDS);
          // Another mesh of this name in the same browser; only a seed can say that nobody is there.
          if (seed === SIBLINGS && peers.length === 0) return;
          // Who cannot be read is not of this mesh, and leaves us as alone as before.
          this.events?.handle({ kind: "seedPeers", seed, others: Math.max(0, others - strangers), peers });
        },
        onSignal: (seed, seat, bytes) => this.events?.handle({ kind: "seedReceived", seed, seat, bytes }),
        onGone: (seed, seat) => this.events?.handle({ kind: "seedGone", seed, seat }),
        onIceServers: (servers) => void (this.iceServers = servers),
        onProblem: (seed, what) => {
          this.problem = what;
          this.trouble(seed, what);
        },
      },
    });
  }

  /** Whom to tell, from now on. */
  bind(events: SeedWatchEvents): void {
    this.events = events;
    // What went wrong while nobody listened.
    if (this.problem !== undefined) events.onProblem(this.problem);
  }

  get states(): readonly SeedState[] {
    return this.client?.states ?? [];
  }

  /** Does any seed serve us, or has one served us and let us go for now? */
  get answered(): boolean {
    return this.states.some(({ state }) => state === "up" || state === "released");
  }

  private trouble(about: number, words: string): void {
    if (this.troubled.has(about)) return;
    this.troubled.add(about);
    this.events?.onProblem(words);
  }

  private urlOf(seed: number): string {
    return this.states.find((state) => state.seed === seed)?.url ?? "";
  }
}
