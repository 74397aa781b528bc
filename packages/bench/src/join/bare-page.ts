// The least that two pages need: simple-peer, and the same seed to pass its signals. Nothing is checked or kept alive.
import { createSeedClient, type SeedClientEvents } from "@grapevine/links";
// @ts-expect-error -- the browser build has no types of its own
import Untyped from "simple-peer/simplepeer.min.js";
import type { Instance, Options, SignalData } from "simple-peer";

const SimplePeer = Untyped as new (options: Options) => Instance;
const { searchParams } = new URL(location.href);
const room = new Uint8Array(32).fill(Number(searchParams.get("room")));
const nothing = (): void => {};
let peer: Instance | undefined;

function open(seed: number, seat: string, initiator: boolean): Instance {
  const made = new SimplePeer({ initiator, config: { iceServers: [] } });
  made.on("signal", (signal) => client.send(seed, seat, new TextEncoder().encode(JSON.stringify(signal))));
  made.on("connect", () => Object.assign(globalThis, { linkedMs: performance.now() }));
  made.on("error", nothing);
  return made;
}

const events: SeedClientEvents = {
  onUp: nothing,
  onDown: nothing,
  onGone: nothing,
  onIceServers: nothing,
  onProblem: nothing,
  onPeers(seed, _, [first]) {
    if (first !== undefined) peer ??= open(seed, first.seat, true);
    Object.assign(globalThis, { waiting: true });
  },
  onSignal(seed, seat, bytes) {
    peer ??= open(seed, seat, false);
    peer.signal(JSON.parse(new TextDecoder().decode(bytes)) as SignalData);
  },
};
const client = createSeedClient({ seeds: [searchParams.get("seed")!], room, events });
client.announce(new Uint8Array(64));
