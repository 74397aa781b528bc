import { type SeedMessage, encodeSeedMessage } from "@grapevine/protocol/seed";
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createSeedClient } from "./seed-client.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

/** As much of a WebSocket as the client uses, whose other end is the test. */
class FakeSocket extends EventTarget {
  static readonly all: FakeSocket[] = [];
  readonly url: string;
  binaryType = "blob";
  bufferedAmount = 0;
  readyState = 0;

  constructor(url: string) {
    super();
    this.url = url;
    FakeSocket.all.push(this);
  }

  send(): void {
    if (this.readyState !== 1) throw new Error("expected an open socket");
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(data: SeedMessage | string): void {
    if (this.readyState !== 1) return;
    const bytes = typeof data === "string" ? data : encodeSeedMessage(data).slice().buffer;
    this.dispatchEvent(Object.assign(new Event("message"), { data: bytes }));
  }

  drop(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(new Event("error"));
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "" }));
  }
}

const names = new Map<string, readonly string[]>();

vi.mock(import("#platform"), async (original) => ({
  ...(await original()),
  openWebSocket: (url: string) => new FakeSocket(url) as unknown as WebSocket,
  resolveHost: async (host: string) => names.get(host) ?? Promise.reject(new Error("no such name")),
}));

const welcome: SeedMessage = { kind: "welcome", seat: "00".repeat(8), iceServers: [], others: 0, peers: [] };
const said: readonly (SeedMessage | string)[] = [
  welcome,
  { kind: "peers", others: 1, peers: [] },
  { kind: "signal", seat: "11".repeat(8), bytes: new Uint8Array(1) },
  { kind: "gone", seat: "11".repeat(8) },
  { kind: "release", retryAfterMs: 45_000 },
  "text",
];

const doing = fc.oneof(
  fc.record({ what: fc.constant("open" as const), which: fc.nat(9) }),
  fc.record({ what: fc.constant("say" as const), which: fc.nat(9), message: fc.constantFrom(...said) }),
  fc.record({ what: fc.constant("say" as const), which: fc.nat(9), message: fc.constant(welcome) }),
  fc.record({ what: fc.constant("drop" as const), which: fc.nat(9), code: fc.constantFrom(1001, 1006, 4000, 4007) }),
  fc.record({ what: fc.constant("ask" as const), which: fc.nat(5) }),
  fc.record({ what: fc.constant("pass" as const), ms: fc.constantFrom(0, 400, 2000, 15_000, 70_000) }),
  fc.record({ what: fc.constantFrom("announce" as const, "pause" as const, "resume" as const) }),
  fc.record({ what: fc.constant("name" as const), addresses: fc.subarray(["192.0.2.1", "192.0.2.2", "::1"]) }),
);

test("whatever seeds and callers do, the client is never stuck, never noisy, and ends at the first seed that answers", async () => {
  const lists = fc.constantFrom(["ws://a"], ["ws://a", "ws://b"], ["ws://a", "dns:c:1", "wss://d"], ["dns:c:1"]);
  await fc.assert(
    fc.asyncProperty(lists, fc.array(doing, { maxLength: 40 }), async (seeds, doings) => {
      FakeSocket.all.length = 0;
      names.clear();
      const clock = new VirtualClock();
      const up = new Set<number>();
      let closed = false;
      const heard = (): void => expect(closed).toBe(false);
      const client = createSeedClient({
        seeds,
        room: new Uint8Array(32),
        clock,
        random: () => 1,
        events: {
          onUp: (seed) => {
            expect(up).not.toContain(seed);
            up.add(seed);
          },
          onDown: (seed) => {
            expect(up).toContain(seed);
            up.delete(seed);
          },
          onPeers: (seed) => expect(up).toContain(seed),
          onSignal: heard,
          onGone: heard,
          onIceServers: heard,
          onProblem: heard,
        },
      });
      const live = (): FakeSocket[] => FakeSocket.all.filter(({ readyState }) => readyState !== 3);
      let [announced, paused] = [false, false];
      const check = (): void => {
        const states = client.states.map(({ state }) => state);
        expect(clock.pending).toBeLessThanOrEqual(1);
        expect(live().length).toBeLessThanOrEqual(states.length);
        expect(states.filter((state) => state === "up").length).toBeLessThanOrEqual(1);
        if (!announced || paused) expect([live(), clock.pending]).toEqual([[], 0]);
        else expect(states.includes("up") || clock.pending === 1, `${states.join(" ")} is not stuck`).toBe(true);
      };
      for (const step of doings) {
        const socket = "which" in step ? live()[step.which % Math.max(1, live().length)] : undefined;
        if (step.what === "open") socket?.open();
        else if (step.what === "say") socket?.say(step.message);
        else if (step.what === "drop") socket?.drop(step.code);
        else if (step.what === "ask") client.ask(step.which, 1);
        else if (step.what === "pass") await clock.pass(step.ms);
        else if (step.what === "name") names.set("c", step.addresses);
        else {
          client[step.what](new Uint8Array(1));
          if (step.what === "announce") announced = true;
          else paused = step.what === "pause";
        }
        // Names are resolved between two steps.
        await clock.pass(0);
        check();
      }
      // All is well from now on.
      names.set("c", ["192.0.2.1"]);
      client.announce(new Uint8Array(1));
      client.resume();
      [announced, paused] = [true, false];
      for (let i = 0; i < 40; i++) {
        for (const socket of live()) {
          if (socket.readyState === 0) {
            socket.open();
            socket.say(welcome);
          }
        }
        await clock.pass(3000);
        check();
      }
      expect(client.states[0]).toMatchObject({ state: "up" });
      expect([...up]).toEqual([client.states[0]!.seed]);
      closed = true;
      client.close();
      expect([live(), clock.pending]).toEqual([[], 0]);
    }),
    { numRuns: 150 },
  );
});
