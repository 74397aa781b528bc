/**
 * What `join` takes, checked before anything is begun: every wrong option throws `invalid-argument` and says what was
 * expected and what came.
 */
import {
  CryptoError,
  deriveMesh,
  parseInvite,
  type Admission,
  type Identity,
  type Invite,
  type MeshKeys,
  type OpenIdentityOptions,
} from "@grapevine/crypto";
import { limits, type History, type KeyPolicy, type Storage } from "@grapevine/protocol";
import { LinkError, isWebRtc, type IceServer, type LinkEngine, type WebRtc } from "@grapevine/links";
import { MeshError, describe, expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import { profileFields, type ProfileFields } from "./profile.ts";
import { spreadingTuning, type SpreadingOption, type SpreadingTuning } from "./spreading-options.ts";

export interface JoinOptions {
  /**
   * Name of the mesh, 1 to 256 bytes. In an open mesh it is the only key: WHOEVER KNOWS IT CAN JOIN AND READ. An
   * invitation names its mesh, so that beside one it may be left out.
   */
  mesh?: string;
  /** `ws:` or `wss:` addresses of seeds; `[]` starts alone, to be reached by nobody. Default: those in the invitation. */
  seeds?: readonly string[];
  /** Who may join. Default `{ kind: "open" }`. All members must agree: another admission is another mesh. */
  admission?: Admission;
  /** Short for `{ kind: "secret", secret }`: made by `createSecret()`, carried in invitations. */
  secret?: string | Uint8Array;
  /**
   * Short for `{ kind: "certificate", invite }`: an invitation that the mesh's root key, or a member who may, has signed;
   * in one word, or the link that it came in.
   */
  invite?: string | Invite;
  /**
   * The peer's key. By default a tab has one of its own that it keeps over a reload, and a Node process a new one.
   * `{ path }` keeps it in a file (Node); `{ name }` tells several peers of one tab apart; an identity, or its exported
   * form, is used as it is.
   */
  identity?: Identity | string | Pick<OpenIdentityOptions, "path" | "name">;
  /**
   * Where history is kept: `"memory"` (the default), gone with this peer; or what `levelStore` of `@grapevine/store`
   * makes. It does not keep the key: give `identity` a path too, and a restarted Node process is the same peer.
   */
  storage?: "memory" | Storage;
  /**
   * How the keys of topics change: `rotateMs` is how long one is used (at least a minute; 0 for until somebody is removed;
   * default a day), `history` what newcomers may read: `"all"` (the default) that is retained, or `"since-join"`. On in a
   * mesh with certificates, where what an admin says counts for all; in other meshes off unless given, and then all members must
   * give it, and any holder of the secret or name can still join and ask for keys.
   */
  keys?: { readonly rotateMs?: number; readonly history?: History } | false;
  /** STUN and TURN servers. Default: what the seed offers, else none, which connects within one network. */
  iceServers?: readonly IceServer[];
  /**
   * Links that this peer aims to have at most, 4 to 48; for a moment there may be more, while one is replaced. Default 19
   * in Node, 15 in a tab. Fewer than 10 leave a mesh thin.
   */
  neighborsMax?: number;
  /**
   * How fresh messages are spread: `"adaptive"` (the default), `"tree"`, `"flood"` or `"mongering"`; with rules of its own
   * as `{ by: "mongering", direction, memory, removal, k, ... }`. Members may differ. Everything is delivered by any.
   */
  spreading?: SpreadingOption;
  /** WebRTC by other constructors than the platform's (in Node @roamhq/wrtc), or any other engine for links. */
  webrtc?: WebRtc | LinkEngine;
  /** What this peer says of itself to all members, from its start on: up to 1 KiB of plain data. Later: `mesh.profile`. */
  profile?: ProfileFields;
  /** Keep the inputs of this peer for `mesh.trace()`; `true` the newest 50 000. */
  trace?: boolean | { readonly inputsMax: number };
  /** Aborting it before `join` is through rejects with its reason; later, it leaves. */
  signal?: AbortSignal;
}

/** What was asked for, in order. */
export interface JoinPlan {
  readonly mesh: MeshKeys;
  readonly seeds: readonly string[];
  readonly identity: OpenIdentityOptions;
  /** Undefined for memory. */
  readonly storage: Storage | undefined;
  /** Undefined when keys do not change. */
  readonly keys: KeyPolicy | undefined;
  readonly iceServers: readonly IceServer[] | undefined;
  readonly neighborsMax: number | undefined;
  readonly spreading: SpreadingTuning;
  readonly engine: LinkEngine | undefined;
  readonly wrtc: WebRtc | undefined;
  readonly profile: ProfileFields | undefined;
  /** 0 for no trace. */
  readonly traceInputsMax: number;
  readonly signal: AbortSignal | undefined;
}

const known = new Set<string>([
  "mesh",
  "seeds",
  "admission",
  "secret",
  "invite",
  "identity",
  "storage",
  "keys",
  "iceServers",
  "neighborsMax",
  "spreading",
  "profile",
  "webrtc",
  "trace",
  "signal",
] satisfies (keyof JoinOptions)[]);

/** Of what is to come: named, so that nobody searches for a slip of the keyboard. */
const planned = new Set(["zone"]);

export function planJoin(options: JoinOptions): JoinPlan {
  if (typeof options !== "object" || options === null) throw expected("an object of options", options);
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    if (planned.has(name))
      throw new MeshError("invalid-argument", `expected no option "${name}": this version has it not yet`);
    throw new MeshError("invalid-argument", `expected options among ${[...known].join(", ")}, got "${name}"`);
  }
  const { webrtc } = options;
  if (webrtc !== undefined && !isEngine(webrtc) && !isWebRtc(webrtc)) {
    throw expected(
      "webrtc with RTCPeerConnection, RTCSessionDescription and RTCIceCandidate, or a link engine",
      webrtc,
    );
  }
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw expected("signal to be an AbortSignal", signal);
  const keys = meshKeys(options);
  const invited = keys.invite?.seeds ?? [];
  return {
    mesh: keys,
    // None in the invitation is no answer: who means to be alone says so.
    seeds: seedAddresses(options.seeds ?? (invited.length > 0 ? invited : undefined)),
    identity: identityOptions(options.identity),
    storage: storage(options.storage),
    keys: keyPolicy(options.keys, keys.kind),
    iceServers: options.iceServers === undefined ? undefined : iceServers(options.iceServers),
    neighborsMax: neighborsMax(options.neighborsMax),
    spreading: spreadingTuning(options.spreading),
    engine: webrtc !== undefined && isEngine(webrtc) ? webrtc : undefined,
    wrtc: webrtc !== undefined && !isEngine(webrtc) ? webrtc : undefined,
    profile: options.profile === undefined ? undefined : profileFields(options.profile),
    traceInputsMax: traceInputsMax(options.trace),
    signal,
  };
}

/** The errors of the packages below become the one error that users know. */
export function asMeshError(error: unknown): unknown {
  if (error instanceof CryptoError || error instanceof LinkError) {
    return new MeshError(error.code, error.message, { cause: error });
  }
  return error;
}

function meshKeys({ mesh, admission, secret, invite }: JoinOptions): MeshKeys {
  const given = Object.entries({ admission, secret, invite }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(" and ");
    throw new MeshError("invalid-argument", `expected one of admission, secret and invite, got ${names}`);
  }
  if (admission !== undefined && (typeof admission !== "object" || admission === null)) {
    throw expected(
      'admission to be { kind: "open" }, { kind: "secret", secret } or { kind: "certificate", invite }',
      admission,
    );
  }
  const by: Admission =
    secret !== undefined
      ? { kind: "secret", secret }
      : invite !== undefined
        ? { kind: "certificate", invite }
        : (admission ?? { kind: "open" });
  const name = mesh === undefined && by.kind === "certificate" ? read(() => parseInvite(by.invite)).mesh : mesh;
  if (typeof name !== "string" || name.trim() === "") throw expected("mesh to be a name", name);
  return read(() => deriveMesh({ name, admission: by }));
}

function read<T>(what: () => T): T {
  try {
    return what();
  } catch (error) {
    throw asMeshError(error);
  }
}

/** Whether they are addresses is for the seed client to say, which knows their forms. */
function seedAddresses(seeds: unknown): readonly string[] {
  if (!Array.isArray(seeds)) throw expected("seeds to be a list of addresses, [] for none", seeds);
  const page = (globalThis as { location?: { protocol?: unknown } }).location;
  for (const address of seeds as readonly unknown[]) {
    if (typeof address === "string" && /^ws:/i.test(address.trim()) && page?.protocol === "https:") {
      throw new MeshError(
        "invalid-argument",
        `expected a wss: seed on a page from https, got ${describe(address)}, which browsers refuse: put the seed behind ` +
          "TLS, or serve the page from http while you develop",
      );
    }
  }
  return seeds as readonly string[];
}

function identityOptions(identity: unknown): OpenIdentityOptions {
  if (identity === undefined) return {};
  if (typeof identity === "string") return { identity };
  if (typeof identity !== "object" || identity === null || Array.isArray(identity)) {
    throw expected("identity to be an identity, its exported form, { path } or { name }", identity);
  }
  if ("secretKey" in identity) return { identity: identity as Identity };
  const names = Object.keys(identity);
  const [name] = names;
  const text = (identity as Record<string, unknown>)[name ?? ""];
  if (names.length !== 1 || (name !== "path" && name !== "name") || typeof text !== "string" || text === "") {
    throw expected("identity to be an identity, its exported form, { path } or { name }", identity);
  }
  return { [name]: text };
}

function storage(given: unknown): Storage | undefined {
  if (given === undefined || given === "memory") return undefined;
  const storage = given as Storage | null;
  if (typeof storage?.open === "function") return storage;
  throw expected('storage to be "memory", or made by levelStore() of @grapevine/store', given);
}

/** A day: as long as topics are retained by default. Guess; Matrix's megolm sessions last a week by default. */
const ROTATE_MS_DEFAULT = 24 * 60 * 60 * 1000;

function keyPolicy(given: JoinOptions["keys"], kind: MeshKeys["kind"]): KeyPolicy | undefined {
  if (given === false || (given === undefined && kind !== "certificate")) return undefined;
  if (given !== undefined && (typeof given !== "object" || given === null)) {
    throw expected("keys to be false, or { rotateMs, history }", given);
  }
  const { rotateMs = ROTATE_MS_DEFAULT, history = "all", ...others } = given ?? {};
  for (const name of Object.keys(others)) throw expected("keys of rotateMs and history", name);
  if (rotateMs !== 0 && !(Number.isSafeInteger(rotateMs) && rotateMs >= limits.rotateMsMin)) {
    throw expected(`keys.rotateMs to be 0 or a whole number of at least ${limits.rotateMsMin}`, rotateMs);
  }
  if (history !== "all" && history !== "since-join")
    throw expected('keys.history to be "all" or "since-join"', history);
  return { rotateMs, history };
}

function iceServers(servers: unknown): readonly IceServer[] {
  if (!Array.isArray(servers)) throw expected("iceServers to be a list, [] for none", servers);
  if (servers.length > meshLimits.iceServersMax)
    throw expected(`at most ${meshLimits.iceServersMax} iceServers`, servers);
  return servers.map((server: unknown) => {
    if (typeof server !== "object" || server === null) throw expected("an ice server { urls }", server);
    const { urls, username, credential } = server as Record<string, unknown>;
    const list = Array.isArray(urls) ? (urls as readonly unknown[]) : [urls];
    if (list.length === 0) throw expected("an ice server with urls", urls);
    for (const url of list) {
      if (typeof url !== "string" || !/^(?:stuns?|turns?):\S+$/.test(url)) {
        throw expected("an ice server's url with stun:, stuns:, turn: or turns:", url);
      }
      if (url.startsWith("turn") && (typeof username !== "string" || typeof credential !== "string")) {
        throw new MeshError("invalid-argument", `expected username and credential for ${describe(url)}, got none`);
      }
    }
    return server as IceServer;
  });
}

function neighborsMax(count: unknown): number | undefined {
  if (count === undefined) return undefined;
  const { neighborsMin: least, neighborsMax: most } = meshLimits;
  if (typeof count !== "number" || !Number.isInteger(count) || count < least || count > most) {
    throw expected(`neighborsMax to be a whole number from ${least} to ${most}`, count);
  }
  return count;
}

function traceInputsMax(trace: unknown): number {
  if (trace === undefined || trace === false) return 0;
  if (trace === true) return meshLimits.traceInputsMax;
  const { inputsMax } = (trace ?? {}) as Record<string, unknown>;
  if (typeof inputsMax !== "number" || !Number.isInteger(inputsMax) || inputsMax < 1) {
    throw expected("trace to be true, false or { inputsMax } of at least 1", trace);
  }
  return inputsMax;
}

function isEngine(value: unknown): value is LinkEngine {
  return typeof (value as Partial<LinkEngine> | null)?.open === "function";
}
