/**
 * Keeps a peer in touch with its seeds: a list, tried in turn. One live connection is enough, and all peers prefer the
 * earliest seed that answers, so that they meet: while a later one serves, the earlier ones are still tried now and
 * then, and taken when they come back. Seeds that fail are tried again after growing, jittered waits (exponential
 * backoff with jitter, AWS Architecture Blog 2015); one that releases us is left alone for the time that it asks for.
 */
import type { SeedMessage, WelcomeMessage } from "@grapevine/protocol/seed";
import { seedLimits } from "@grapevine/protocol/seed";
import { resolveHost } from "#platform";
import type { Clock } from "./clock.ts";
import { platformClock } from "./clock.ts";
import { LinkError } from "./link.ts";
import type { SeedClient, SeedClientEvents, SeedClientOptions, SeedState } from "./seed-client-contract.ts";
import { seedClientLimits } from "./seed-client-limits.ts";
import type { SeedName } from "./seed-client-names.ts";
import { parseSeedName, seedUrls } from "./seed-client-names.ts";
import { SeedSocket } from "./seed-client-socket.ts";

/** Throws a LinkError "invalid-argument" for seeds that are none. */
export function createSeedClient(options: SeedClientOptions): SeedClient {
  return new Client(options);
}

/** One address of a seed, or a name that is not resolved yet. */
interface Place {
  readonly seed: number;
  readonly url: string;
  state: SeedState["state"];
  retryAtMs: number;
  /** Since when it is connecting or up. */
  sinceMs: number;
  failures: number;
  socket: SeedSocket | undefined;
  /** `onUp` was told, and no `onDown` since. */
  told: boolean;
  /** Asks that are not answered yet. */
  asks: number;
  /** When their answer is overdue, or a seed that released us should have closed. */
  dueMs: number;
  /** When it should have led to a link, for it said that others are there. */
  barrenAtMs: number;
  /** It did not, and others are preferred until then. */
  shunnedUntilMs: number;
}

/** One entry of the list. */
interface Source {
  readonly name: SeedName;
  /** Stands for a `dns:` name itself until it is resolved. */
  readonly self: Place;
  places: Place[];
  resolving: boolean;
  resolvedAtMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;

class Client implements SeedClient {
  readonly #events: SeedClientEvents;
  readonly #room: Uint8Array;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #isLinked: () => boolean;
  readonly #sources: Source[];
  #seeds = 0;
  #card: Uint8Array | undefined;
  #paused = false;
  #closed = false;
  #cancelTimer: (() => void) | undefined;
  #stepping = false;
  #stepAgain = false;

  constructor(options: SeedClientOptions) {
    const { seeds, room, events, random = Math.random, clock = platformClock, isLinked = () => true } = options;
    if (seeds.length > seedClientLimits.seedsMax) {
      throw new LinkError(
        "invalid-argument",
        `expected at most ${seedClientLimits.seedsMax} seeds, got ${seeds.length}`,
      );
    }
    if (room.length !== seedLimits.roomBytes) {
      throw new LinkError("invalid-argument", `expected a room of ${seedLimits.roomBytes} bytes, got ${room.length}`);
    }
    this.#events = events;
    this.#room = room;
    this.#random = random;
    this.#clock = clock;
    this.#isLinked = isLinked;
    this.#sources = seeds.map((seed) => {
      const name = parseSeedName(seed, resolveHost !== undefined);
      const self = this.#place(seed);
      return { name, self, places: [self], resolving: false, resolvedAtMs: -NEVER };
    });
  }

  get states(): readonly SeedState[] {
    return this.#places.map(({ seed, url, state, retryAtMs }) => ({ seed, url, state, retryAtMs }));
  }

  announce(card: Uint8Array): void {
    if (card.length > seedLimits.cardBytesMax) {
      throw new LinkError(
        "invalid-argument",
        `expected a card of at most ${seedLimits.cardBytesMax} bytes, got ${card.length}`,
      );
    }
    const first = this.#card === undefined;
    this.#card = card;
    const nowMs = this.#clock.nowMs();
    for (const place of this.#places) {
      // Until now it waited for us.
      if (first && place.state === "connecting") place.sinceMs = nowMs;
      place.socket?.show();
    }
    this.#step();
  }

  prepare(): void {
    const first = this.#sources[0];
    if (first?.name.kind !== "url" || this.#card !== undefined || this.#paused || this.#closed) return;
    if (first.self.state === "waiting") this.#connect(first.self, this.#clock.nowMs());
  }

  ask(seed: number, count: number): void {
    const place = this.#places.find((place) => place.seed === seed);
    const nowMs = this.#clock.nowMs();
    if (place?.state === "up") {
      if (place.asks >= seedClientLimits.asksMax) return;
      place.asks++;
      place.dueMs = Math.min(place.dueMs, nowMs + seedClientLimits.answerMs);
      place.socket?.send({ kind: "ask", count: Math.min(Math.max(1, count), seedLimits.peersMax) });
      this.#step();
    } else if (place?.state === "released") {
      // The welcome of a new connection is the answer. A seed that releases us at once must not be run against.
      this.#letGo(place);
      place.state = "waiting";
      place.retryAtMs = Math.max(nowMs, place.sinceMs + seedClientLimits.retryMsMin);
      this.#step();
    }
    // A seed that is not up yet will be, and its welcome brings others unasked.
  }

  send(seed: number, seat: string, bytes: Uint8Array): void {
    const place = this.#places.find((place) => place.seed === seed);
    if (bytes.length > seedLimits.signalBytesMax) {
      this.#events.onProblem(
        seed,
        `expected a signal of at most ${seedLimits.signalBytesMax} bytes, got ${bytes.length}`,
      );
    } else if (place?.state !== "connecting" && place?.socket?.send({ kind: "signal", seat, bytes }) === false) {
      this.#events.onProblem(seed, "a signal was dropped: the seed does not take what is sent");
    }
  }

  pause(): void {
    if (this.#closed || this.#paused) return;
    this.#paused = true;
    this.#cancelTimer?.();
    for (const place of this.#places) {
      // After a pause we are in need, whatever a seed has asked for before.
      place.failures = 0;
      this.#rest(place);
    }
  }

  resume(): void {
    this.#paused = false;
    this.#step();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const place of this.#places) {
      place.told = false;
      this.#rest(place);
    }
  }

  // --- what to do now ---------------------------------------------------------------------------------------------------

  get #running(): boolean {
    return this.#card !== undefined && !this.#paused && !this.#closed;
  }

  get #places(): Place[] {
    return this.#sources.flatMap(({ places }) => places);
  }

  /** Bring every seed to where it should be now, and set the one timer for what comes next. */
  #step(): void {
    // Events that are told on the way may call back.
    this.#stepAgain = this.#stepping;
    if (this.#stepping || !this.#running) return;
    this.#stepping = true;
    try {
      do {
        this.#stepAgain = false;
        this.#expire();
        this.#choose();
      } while (this.#stepAgain && this.#running);
    } finally {
      this.#stepping = false;
      this.#setTimer();
    }
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs();
    for (const place of this.#places) {
      if (place.state === "connecting" && nowMs >= place.sinceMs + seedClientLimits.connectMs) {
        this.#fail(place, "does not answer");
      } else if (nowMs >= place.dueMs) {
        if (place.state === "up") this.#fail(place, "does not answer any more");
        else this.#letGo(place);
      } else if (nowMs >= place.barrenAtMs) this.#onBarren(place, nowMs);
    }
  }

  /** A seed that lies about who is there must not keep us from the next one. With no other to try it is as good as any. */
  #onBarren(place: Place, nowMs: number): void {
    place.barrenAtMs = NEVER;
    const isChoice = this.#places.some((other) => other !== place && nowMs >= other.shunnedUntilMs);
    if (!isChoice || this.#isLinked()) return;
    place.shunnedUntilMs = nowMs + seedClientLimits.shunMs;
    this.#fail(place, "names others, and leads to nobody", seedClientLimits.shunMs);
  }

  /** Go down the list: everything up to the first seed that is up should be tried, one after the other. */
  #choose(): void {
    let covered = false;
    let busy = false;
    for (const source of this.#sources) {
      for (const place of source.places) {
        const nowMs = this.#clock.nowMs();
        if (!this.#running) return;
        if (covered) this.#retire(place);
        else if (place.state === "up") covered = true;
        else if (place.state === "connecting") busy ||= nowMs < place.sinceMs + seedClientLimits.stallMs;
        else if (nowMs >= place.retryAtMs && !busy) {
          if (source.name.kind === "dns") this.#resolve(source, source.name, nowMs);
          if (source.name.kind === "url" || place !== source.self) this.#connect(place, nowMs);
          busy = source.resolving || place.socket !== undefined;
        }
      }
    }
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    if (!this.#running) return;
    const nowMs = this.#clock.nowMs();
    let nextMs = NEVER;
    let covered = false;
    for (const place of this.#places) {
      covered ||= place.state === "up";
      const times = [place.dueMs, place.barrenAtMs];
      if (place.state === "connecting") {
        times.push(place.sinceMs + seedClientLimits.stallMs, place.sinceMs + seedClientLimits.connectMs);
      } else if (!covered) times.push(place.retryAtMs);
      // What is due already waits for another, which has a time of its own.
      for (const timeMs of times) if (timeMs > nowMs) nextMs = Math.min(nextMs, timeMs);
    }
    if (nextMs < NEVER) this.#cancelTimer = this.#clock.after(nextMs - nowMs, () => this.#step());
  }

  // --- one seed ---------------------------------------------------------------------------------------------------------

  #place(url: string): Place {
    return {
      seed: this.#seeds++,
      url,
      state: "waiting",
      retryAtMs: 0,
      sinceMs: -NEVER,
      failures: 0,
      socket: undefined,
      told: false,
      asks: 0,
      dueMs: NEVER,
      barrenAtMs: NEVER,
      shunnedUntilMs: -NEVER,
    };
  }

  #connect(place: Place, nowMs: number): void {
    // A connection that lingered after a release makes room for the new one.
    this.#letGo(place);
    place.state = "connecting";
    place.sinceMs = nowMs;
    place.retryAtMs = 0;
    try {
      const socket: SeedSocket = new SeedSocket({
        url: place.url,
        room: this.#room,
        card: () => this.#card,
        clock: this.#clock,
        events: {
          onMessage: (message) => this.#onMessage(place, message),
          onEnd: (what) => {
            if (place.socket !== socket) return;
            if (place.state === "released") this.#letGo(place);
            else this.#fail(place, what);
            this.#step();
          },
        },
      });
      place.socket = socket;
    } catch (error) {
      this.#fail(place, `cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #onMessage(place: Place, message: SeedMessage): void {
    const { seed } = place;
    switch (message.kind) {
      case "welcome":
        return this.#onWelcome(place, message);
      case "peers":
        // Unasked ones would make us open cards at the seed's will.
        if (place.asks === 0) return;
        place.asks--;
        place.dueMs = place.asks === 0 ? NEVER : this.#clock.nowMs() + seedClientLimits.answerMs;
        return this.#events.onPeers(seed, message.others, message.peers);
      case "signal":
        return this.#events.onSignal(seed, message.seat, message.bytes);
      case "gone":
        return this.#events.onGone(seed, message.seat);
      case "release":
        return this.#onRelease(place, message.retryAfterMs);
    }
  }

  #onWelcome(place: Place, { iceServers, others, peers }: WelcomeMessage): void {
    place.state = "up";
    place.sinceMs = this.#clock.nowMs();
    place.barrenAtMs = others > 0 ? place.sinceMs + seedClientLimits.barrenMs : NEVER;
    this.#events.onIceServers(iceServers);
    // Whoever is told something may pause or close us.
    if (place.state === "up" && !place.told) {
      place.told = true;
      this.#events.onUp(place.seed);
    }
    if (place.state === "up") this.#events.onPeers(place.seed, others, peers);
    // Only now may a later seed be let go.
    this.#step();
  }

  /** Stay away, but leave the socket to the seed: what is under way may be finished on it. */
  #onRelease(place: Place, retryAfterMs: number): void {
    const nowMs = this.#clock.nowMs();
    place.state = "released";
    place.failures = 0;
    place.retryAtMs = nowMs + Math.max(retryAfterMs, seedClientLimits.releaseMsMin);
    place.asks = 0;
    place.dueMs = nowMs + seedClientLimits.lingerMs;
    place.barrenAtMs = NEVER;
    this.#step();
  }

  #fail(place: Place, what: string, leastMs = 0): void {
    const nowMs = this.#clock.nowMs();
    const { stableMs, retryMsMin, retryMsMax } = seedClientLimits;
    const stable = place.state === "up" && nowMs - place.sinceMs >= stableMs;
    place.failures = stable ? 1 : place.failures + 1;
    const backOffMs = Math.min(retryMsMax, retryMsMin * 2 ** (place.failures - 1)) * (0.5 + 0.5 * this.#random());
    const waitMs = Math.max(leastMs, backOffMs);
    this.#letGo(place);
    place.state = "waiting";
    place.retryAtMs = nowMs + waitMs;
    this.#tellDown(place);
    this.#events.onProblem(
      place.seed,
      `the seed ${place.url} ${what}; trying again in ${(waitMs / 1000).toFixed(1)} s`,
    );
  }

  /** An earlier seed serves. What one that released us has asked for still holds. */
  #retire(place: Place): void {
    if (place.state === "released") this.#tellDown(place);
    else if (place.state !== "waiting") this.#rest(place);
  }

  #rest(place: Place): void {
    this.#letGo(place);
    place.state = "waiting";
    place.retryAtMs = 0;
    this.#tellDown(place);
  }

  #letGo(place: Place): void {
    const { socket } = place;
    place.socket = undefined;
    place.asks = 0;
    place.dueMs = NEVER;
    place.barrenAtMs = NEVER;
    socket?.close();
  }

  #tellDown(place: Place): void {
    if (!place.told) return;
    place.told = false;
    this.#events.onDown(place.seed);
  }

  // --- names ------------------------------------------------------------------------------------------------------------

  /** Find the addresses anew, unless that was done lately. Until they are known the name stands for itself. */
  #resolve(source: Source, { host, port }: SeedName & { kind: "dns" }, nowMs: number): void {
    const { self } = source;
    const unknown = source.places.includes(self);
    if (unknown) {
      self.state = "connecting";
      self.sinceMs = nowMs;
    }
    if (source.resolving || (!unknown && nowMs < source.resolvedAtMs + seedClientLimits.resolveMs)) return;
    source.resolving = true;
    source.resolvedAtMs = nowMs;
    void this.#lookUp(source, host, port);
  }

  async #lookUp(source: Source, host: string, port: number): Promise<void> {
    const { self } = source;
    let urls: string[] = [];
    let fault = "has no address";
    try {
      urls = seedUrls(await resolveHost!(host), port);
    } catch (error) {
      fault = `cannot be resolved: ${error instanceof Error ? error.message : String(error)}`;
    }
    source.resolving = false;
    if (!this.#running) return;
    if (urls.length > 0) this.#setPlaces(source, urls);
    else if (self.state === "connecting") this.#fail(self, fault);
    this.#step();
  }

  /** Those that the name means no more are kept for as long as they are connected. */
  #setPlaces(source: Source, urls: readonly string[]): void {
    const known = new Map(source.places.map((place) => [place.url, place]));
    const meant = urls.map((url) => known.get(url) ?? this.#place(url));
    const dropped = source.places.filter((place) => !meant.includes(place));
    source.places = [...meant, ...dropped.filter(({ socket }) => socket !== undefined)];
    for (const place of dropped) if (place.socket === undefined) this.#tellDown(place);
  }
}
