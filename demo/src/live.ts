/** The real mesh, as this page sees it. This file is all that the page knows of `@grapevine/mesh`. */
import { createIdentity, type Identity, type Mesh, type MeshEvents } from "@grapevine/mesh";
import { joinDisguised } from "@grapevine/mesh/laboratory";
import { Cheat } from "./laboratory/cheat.ts";
import { keepOwn, withOwn } from "./laboratory/own-verdict.ts";
import { retentionMs } from "./model/announcer.ts";
import type { Join, Joined, Wall } from "./model/face.ts";
import { ChatMessage, Paint, TopologyClaim } from "./model/messages.ts";

declare global {
  interface Window {
    /** For whoever opens the console. */
    grapevine?: { mesh: Mesh };
  }
}

const changes = [
  "neighbor-up",
  "neighbor-changed",
  "neighbor-down",
  "member-up",
  "member-down",
  "state",
  "seed",
  "convicted",
] as const satisfies readonly (keyof MeshEvents)[];

/** In place of the tab's own, once that was proved a cheat. */
let identity: Identity | undefined;

export const joinLive: Join = async ({ mesh: name, seeds, iceServers }, signal) => {
  const cheat = new Cheat();
  const optional = { ...(iceServers !== undefined && { iceServers }), ...(identity !== undefined && { identity }) };
  const mesh = await joinDisguised({ mesh: name, seeds, signal, ...optional }, cheat.disguise);
  window.grapevine = { mesh };
  mesh.on("convicted", (conviction) => keepOwn(sessionStorage, conviction));
  return live(mesh, cheat);
};

function live(mesh: Mesh, cheat: Cheat): Joined {
  return {
    name: mesh.name,
    peerId: mesh.peerId,
    get state() {
      return mesh.state;
    },
    get neighbors() {
      return mesh.neighbors;
    },
    get members() {
      return mesh.members.map(({ peer }) => peer);
    },
    get seeds() {
      // A seed that released this peer is there; it only does not keep a socket for everyone.
      return mesh.stats().seeds.map(({ url, state }) => ({ url, connected: state === "up" || state === "released" }));
    },
    get numbers() {
      const { links, peer, signatures } = mesh.stats();
      return {
        bytesIn: links.bytesIn,
        bytesOut: links.bytesOut,
        framesIn: links.framesIn,
        framesOut: links.framesOut,
        verification: signatures.backend,
        clockOffsetMs: peer.clockOffsetMs,
      };
    },
    get convictions() {
      return withOwn(sessionStorage, mesh.peerId, mesh.evidence);
    },
    laboratory: {
      get offence() {
        return cheat.offence;
      },
      cheat: (offence) => cheat.turn(offence),
      behave: () => cheat.behave(),
      renew: () => void (identity = createIdentity()),
    },
    chat: mesh.topic("chat", { schema: ChatMessage }),
    // Only the last claim of each page is of use, and not for long.
    topology: mesh.topic("topology", { schema: TopologyClaim, retention: { countMax: 1, ageMs: retentionMs } }),
    wall: wallOf(mesh),
    onChange(listener) {
      for (const event of changes) mesh.on(event, listener);
    },
    onWarning(listener) {
      mesh.on("warning", listener);
    },
    onBlame(listener) {
      mesh.on("neighbor-down", ({ peer, reason }) => {
        if (reason === "misbehaved") listener(peer);
      });
    },
    onSilence(listener) {
      mesh.on("member-down", ({ peer, reason }) => {
        if (reason === "expired") listener(peer);
      });
    },
    pause: () => mesh.pause(),
    resume: () => mesh.resume(),
    leave: () => mesh.leave(),
  };
}

/** Who painted a square is its author; the value says no more than that it is painted. */
function wallOf(mesh: Mesh): Wall {
  const map = mesh.map("wall", { schema: Paint });
  return {
    at: (key) => map.entry(key),
    paint: (key) => map.set(key, 1),
    wipe: (key) => map.delete(key),
    get size() {
      return map.size;
    },
    get fingerprint() {
      return map.digest();
    },
    onChange(listener) {
      map.on("change", ({ key, author, own, value }) => listener({ key, author, own, painted: value !== undefined }));
    },
  };
}
