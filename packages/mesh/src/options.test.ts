import { createIdentity, createSecret, exportIdentity } from "@grapevine/crypto";
import { createMemoryNetwork } from "@grapevine/links";
import { afterEach, expect, test, vi } from "vitest";
import { join } from "./join.ts";
import { meshLimits } from "./limits.ts";
import { planJoin, type JoinOptions } from "./options.ts";

afterEach(() => vi.unstubAllGlobals());

const good: JoinOptions = { mesh: "m", seeds: [] };
const constructors = { RTCPeerConnection: Object, RTCSessionDescription: Object, RTCIceCandidate: Object };

test("the two that are needed suffice", () => {
  expect(planJoin(good)).toMatchObject({
    seeds: [],
    identity: {},
    iceServers: undefined,
    engine: undefined,
    wrtc: undefined,
    neighborsMax: undefined,
    traceInputsMax: 0,
  });
});

test("takes every option that makes sense", () => {
  const identity = createIdentity();
  const engine = createMemoryNetwork().engine();
  const iceServers = [{ urls: ["stun:a", "stuns:b"] }, { urls: "turn:c", username: "u", credential: "p" }];
  expect(
    planJoin({
      ...good,
      seeds: ["ws://a:1", "wss://b"],
      identity,
      iceServers,
      neighborsMax: 10,
      trace: true,
      webrtc: engine,
    }),
  ).toMatchObject({ iceServers, neighborsMax: 10, engine, identity: { identity }, traceInputsMax: 50_000 });
  expect(planJoin({ ...good, identity: exportIdentity(identity) }).identity).toEqual({
    identity: exportIdentity(identity),
  });
  expect(planJoin({ ...good, identity: { path: "/tmp/x" } }).identity).toEqual({ path: "/tmp/x" });
  expect(planJoin({ ...good, identity: { name: "left pane" } }).identity).toEqual({ name: "left pane" });
  expect(planJoin({ ...good, webrtc: constructors as never }).wrtc).toBe(constructors);
  expect(planJoin({ ...good, trace: { inputsMax: 7 } }).traceInputsMax).toBe(7);
});

test("a name, an admission and a secret lead to meshes of their own", () => {
  const secret = createSecret();
  const id = (options: Partial<JoinOptions>) => planJoin({ ...good, ...options }).mesh.meshId;
  expect(id({})).toEqual(id({ admission: { kind: "open" } }));
  expect(id({ secret })).toEqual(id({ admission: { kind: "secret", secret } }));
  expect(id({ secret })).not.toEqual(id({}));
  expect(id({ mesh: "n" })).not.toEqual(id({}));
  expect(id({ secret: createSecret() })).not.toEqual(id({ secret }));
});

const turn = { urls: "turn:c", username: "u", credential: "p" };

const wrong: [string, unknown, string][] = [
  ["no options", undefined, "expected an object of options, got undefined"],
  ["null", null, "expected an object of options, got null"],
  ["text", "lobby", 'expected an object of options, got "lobby"'],
  ["an unknown option", { ...good, seed: "ws://a" }, 'got "seed"'],
  ["an option of a later version", { ...good, zone: "eu" }, '"zone": this version'],
  ["a storage that is none", { ...good, storage: {} }, 'storage to be "memory", or made by levelStore()'],
  ["a zone", { ...good, zone: "eu" }, '"zone": this version'],
  ["a profile that is no object", { ...good, profile: ["Ann"] }, "a profile to be an object of fields"],
  ["no name", { seeds: [] }, "expected mesh to be a name, got undefined"],
  ["an empty name", { ...good, mesh: "" }, 'expected mesh to be a name, got ""'],
  ["a blank name", { ...good, mesh: "  " }, "expected mesh to be a name"],
  ["a name that is none", { ...good, mesh: 7 }, "expected mesh to be a name, got 7"],
  ["a name too long", { ...good, mesh: "x".repeat(257) }, "1 to 256 bytes, got 257"],
  ["a name of broken Unicode", { ...good, mesh: "\ud800" }, "well-formed Unicode"],
  ["no seeds", { mesh: "m" }, "expected seeds to be a list of addresses, [] for none, got undefined"],
  ["one seed, no list", { ...good, seeds: "ws://a" }, "expected seeds to be a list"],
  ["a seed that is no text", { ...good, seeds: [7] }, "expected a seed like"],
  ["a seed that is no address", { ...good, seeds: ["localhost"] }, "expected a seed like"],
  ["a seed with another protocol", { ...good, seeds: ["http://a"] }, "expected a seed like"],
  ["a seed with a password", { ...good, seeds: ["ws://u:p@a"] }, "expected a seed like"],
  ["too many seeds", { ...good, seeds: Array.from({ length: 17 }, (_, i) => `ws://a:${i + 1}`) }, "at most 16 seeds"],
  ["an unknown admission", { ...good, admission: { kind: "vote" } }, "got vote"],
  ["an admission that is none", { ...good, admission: "open" }, "expected admission to be"],
  ["more work than anyone does", { ...good, admission: { kind: "open", bits: 99 } }, "0 to 30 bits"],
  ["a passphrase", { ...good, secret: "correct horse battery staple" }, "a passphrase will not do"],
  ["a secret too short", { ...good, secret: new Uint8Array(16) }, "32 bytes, got 16"],
  ["a garbled secret", { ...good, secret: `${createSecret().slice(0, -1)}!` }, "garbled"],
  [
    "secret and admission together",
    { ...good, secret: createSecret(), admission: { kind: "open" } },
    "got admission and secret",
  ],
  ["an invitation that is none", { ...good, invite: "x" }, "expected an invitation"],
  ["an identity that is none", { ...good, identity: 7 }, "expected identity to be"],
  ["an identity of nothing", { ...good, identity: {} }, "expected identity to be"],
  ["an identity of two places", { ...good, identity: { path: "a", name: "b" } }, "expected identity to be"],
  ["an identity's empty path", { ...good, identity: { path: "" } }, "expected identity to be"],
  [
    "an identity that is garbled",
    { ...good, identity: "grapevine_identity_xyz" },
    "an identity made by exportIdentity()",
  ],
  ["ice servers that are no list", { ...good, iceServers: { urls: "stun:a" } }, "expected iceServers to be a list"],
  ["an ice server that is text", { ...good, iceServers: ["stun:a"] }, "expected an ice server { urls }"],
  ["an ice server of no address", { ...good, iceServers: [{ urls: [] }] }, "expected an ice server with urls"],
  ["an ice server of another kind", { ...good, iceServers: [{ urls: "http://a" }] }, "expected an ice server's url"],
  ["TURN without a user", { ...good, iceServers: [{ urls: "turn:a" }] }, "expected username and credential"],
  ["too many ice servers", { ...good, iceServers: Array.from({ length: 17 }, () => turn) }, "at most 16 iceServers"],
  ["too few neighbors", { ...good, neighborsMax: 3 }, "neighborsMax to be a whole number from 4 to 48, got 3"],
  ["too many neighbors", { ...good, neighborsMax: 49 }, "neighborsMax to be a whole number"],
  ["half a neighbor", { ...good, neighborsMax: 10.5 }, "neighborsMax to be a whole number"],
  ["neighbors in words", { ...good, neighborsMax: "10" }, "neighborsMax to be a whole number"],
  ["WebRTC that is none", { ...good, webrtc: {} }, "expected webrtc with RTCPeerConnection"],
  ["WebRTC of nothing", { ...good, webrtc: null }, "expected webrtc with RTCPeerConnection"],
  ["half a WebRTC", { ...good, webrtc: { RTCPeerConnection: Object } }, "expected webrtc with RTCPeerConnection"],
  ["a trace that is none", { ...good, trace: "yes" }, "expected trace to be"],
  ["a trace of no input", { ...good, trace: { inputsMax: 0 } }, "expected trace to be"],
  ["a signal that is none", { ...good, signal: {} }, "expected signal to be an AbortSignal"],
];

test.each(wrong)("%s is refused, and nothing is begun", async (_, options, message) => {
  await expect(join(options as JoinOptions)).rejects.toMatchObject({
    name: "MeshError",
    code: "invalid-argument",
    message: expect.stringContaining(message),
  });
});

test("a secret is never repeated in a message", async () => {
  const secret = `${createSecret()}x`;
  await expect(join({ ...good, secret })).rejects.toSatisfy(
    ({ message }: Error) => !message.includes(secret.slice(20, 40)),
  );
});

test("a ws: seed is refused on a page from https, with advice", async () => {
  vi.stubGlobal("location", { protocol: "https:" });
  await expect(join({ ...good, seeds: ["ws://seed.example"] })).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringMatching(/expected a wss: seed on a page from https.*TLS/),
  });
  expect(planJoin({ ...good, seeds: ["wss://seed.example"] }).seeds).toEqual(["wss://seed.example"]);
  vi.stubGlobal("location", { protocol: "http:" });
  expect(planJoin({ ...good, seeds: ["ws://seed.example"] }).seeds).toEqual(["ws://seed.example"]);
});

test("an abort before it rejects with its reason", async () => {
  const reason = new Error("changed my mind");
  await expect(join({ ...good, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("the documented bounds are those in force", () => {
  expect([meshLimits.neighborsMin, meshLimits.neighborsMax, meshLimits.traceInputsMax]).toEqual([4, 48, 50_000]);
});
