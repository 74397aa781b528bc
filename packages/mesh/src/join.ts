/** The way into a mesh: everything that a peer is made of, put together, started, and waited for. */
import {
  createVault,
  freshBoxKeyPair,
  hash,
  mintTicket,
  openIdentity,
  readTicket,
  selectBackend,
} from "@grapevine/crypto";
import { createWebRtcEngine, type LinkEngine } from "@grapevine/links";
import { Random, Recorder, type Config, type Standing } from "@grapevine/protocol";
import { Peer } from "@grapevine/protocol/peer";
import { Anchors } from "./anchors.ts";
import { Driver, type Core } from "./driver.ts";
import { MeshEpochs } from "./epoch-keys.ts";
import { MeshError } from "./errors.ts";
import { Later } from "./later.ts";
import { meshLimits } from "./limits.ts";
import type { Mesh } from "./mesh.ts";
import type { Warning } from "./mesh-events.ts";
import { MeshNode } from "./mesh-node.ts";
import { asMeshError, planJoin, type JoinOptions, type JoinPlan } from "./options.ts";
import { INSECURE_PAGE, followPage, isInsecurePage } from "./page.ts";
import { loadLater, loadParts } from "./parts.ts";
import { rekey } from "./rekeying.ts";
import { SeedWatch } from "./seed-watch.ts";
import { openStore, restore, saveIncarnation } from "./storage.ts";
import { tuningFor } from "./tuning.ts";

/**
 * Join a mesh. Resolves at the first link, or when a seed says that nobody else is there, or, as `cut-off`, when a seed
 * answered but no link came to be in 10 s; with `seeds: []` at once. Rejects with a MeshError: `invalid-argument`,
 * `admission-refused` (what admits this peer does not hold, ran out, or was revoked), `seed-unreachable` (no seed and no link in 10 s), `webrtc-unavailable`, `store-failed` (identity or storage); with the reason
 * of an aborted `signal`; or, in a page that cannot load a part of this package for what it asks, with the browser's own error.
 */
export function join(options: JoinOptions): Promise<Mesh> {
  return enter(options);
}

/** Who stands before a peer and is run in its place; `core` is what would have been. See `laboratory.ts`. */
export type Disguise = (peer: Peer, core: Core) => Core;

export async function enter(options: JoinOptions, disguise?: Disguise): Promise<Mesh> {
  const plan = planJoin(options);
  const { signal } = plan;
  signal?.throwIfAborted();
  const releases: Release[] = [];
  try {
    const { node, seeds } = await start(plan, releases, disguise);
    await unlessAborted(signal, arrive(node, seeds));
    signal?.addEventListener("abort", () => void node.leave(), { once: true });
    node.announce();
    return node;
  } catch (error) {
    await releaseAll(releases);
    throw asMeshError(error);
  }
}

/** Gives back one thing that joining took. Called once at most; what it can do at once, it does. */
type Release = () => Promise<void> | void;

/** All begin in this very call, for a page that is closing has no later. */
async function releaseAll(releases: Release[]): Promise<void> {
  await Promise.all(releases.splice(0).map(async (release) => release()));
}

async function start(
  plan: JoinPlan,
  releases: Release[],
  disguise: Disguise | undefined,
): Promise<{ node: MeshNode; seeds: SeedWatch }> {
  const { mesh: keys, signal } = plan;
  // First what can be refused at once, then what takes time or has to be given back.
  const seeds = new SeedWatch(plan.seeds, keys.room);
  const engine = plan.engine ?? ownEngine(plan, seeds);
  if (seeds.client !== undefined) {
    // What takes time elsewhere begins first, and goes on while keys are made: the way to the seed, and the offer to whom
    // it will introduce.
    const { client } = seeds;
    releases.push(() => client.close());
    client.prepare();
    engine.prepare?.();
  }
  if (plan.engine === undefined) releases.push(() => engine.close());
  const warnings: string[] = [];
  // In a tab on threads of the platform's own, all at once: its signatures are tested, and keys are made.
  void selectBackend();
  const making = freshBoxKeyPair();
  const kept = await openIdentity({ ...plan.identity, onWarning: (message) => warnings.push(message) });
  releases.push(() => kept.close());
  const ticket = await mintTicket(keys, kept.identity.publicKey, { signal });
  const standing = await readTicket(keys, kept.identity.publicKey, ticket);
  signal?.throwIfAborted();
  requireStanding(standing, Date.now());

  const nowMs = (): number => Date.now();
  const { peerId } = kept.identity;
  const storeWarnings: Warning[] = [];
  let warn = (warning: Warning): void => void storeWarnings.push(warning);
  const onWarning = (message: string, cause?: unknown): void => warn({ code: "store-failed", message, cause });
  const store =
    plan.storage === undefined
      ? undefined
      : await openStore(plan.storage, { meshId: keys.meshId, self: peerId, nowMs, onWarning });
  if (store !== undefined) releases.push(() => store.close());
  const box = await making;
  const lastIncarnation = Math.max(kept.lastIncarnation, store?.facts.lastIncarnation ?? 0);
  const incarnation = Math.max(nowMs(), lastIncarnation + 1);
  await kept.saveIncarnation(incarnation);
  if (store !== undefined) await saveIncarnation(store, incarnation);
  const anchors = store === undefined ? undefined : new Anchors(store);
  const vault = createVault({ identity: kept.identity, box, mesh: keys });
  const config: Config = {
    meshId: keys.meshId,
    incarnation,
    boxKey: box.publicKey,
    ticket,
    ...(keys.kind === "certificate" && { standing }),
    keys: plan.keys,
    lastMintSlot: Math.max(kept.lastMintSlot, store?.facts.lastMintSlot ?? -1),
    anchors: anchors?.peers ?? [],
    tuning: { ...tuningFor(plan.neighborsMax), ...plan.spreading },
  };
  const random = new Random(crypto.getRandomValues(new Uint8Array(16)));
  const parts = await loadParts(plan);
  const peer = new Peer(peerId, config, random, hash, parts);
  if (store !== undefined) await restore(store, peer, { keys, keyring: vault.keyring, nowMs, signal });
  const recorder = plan.traceInputsMax === 0 ? undefined : record(peer, plan.traceInputsMax);
  const later = new Later(async () => {
    await loadLater(parts);
    driver.handle({ kind: "later" });
  });
  const node = new MeshNode({
    keys,
    peer,
    incarnation,
    seeds,
    recorder,
    store,
    anchors,
    profile: plan.profile,
    epochs: plan.keys === undefined ? undefined : new MeshEpochs(peer.keys, vault.keyring),
    nowMs,
    saveSlot: (slot) => kept.saveSlot(slot),
    // Who cheats on purpose stays convicted.
    rekey: async () =>
      disguise === undefined
        ? rekey({ keys, vault, kept, nowMs, handle: (input) => driver.handle(input) })
        : Promise.resolve(undefined),
    later,
    release: () => releaseAll(releases),
  });
  const core = behind(recorder, peer);
  const driver = new Driver({ peer: disguise?.(peer, core) ?? core, vault, engine, events: node.driverEvents, nowMs });
  node.drivenBy(driver);
  releases.unshift(() => driver.leave(), followPage(node));

  for (const message of warnings) node.warn({ code: "identity", message });
  for (const warning of storeWarnings) node.warn(warning);
  warn = (warning) => node.warn(warning);
  if (isInsecurePage()) node.warn(INSECURE_PAGE);
  seeds.bind({
    handle: (input) => driver.handle(input),
    openCard: (card) => vault.openCard(card),
    onSeed: (url, state) => node.onSeed(url, state),
    isLinked: () => node.neighbors.length > 0,
    onProblem: (message) => node.warn({ code: "seed", message }),
  });
  if (seeds.client !== undefined) driver.useSeeds(seeds.client);
  driver.handle({ kind: "start" });
  // While the seed is asked and links are made.
  later.insist((warning) => node.warn(warning));
  return { node, seeds };
}

/** What nobody would take is refused here, with a reason. */
function requireStanding(standing: Standing | undefined, nowMs: number): void {
  if (standing === undefined) {
    throw new MeshError(
      "admission-refused",
      "expected an invitation signed from the mesh's root key on, got one with a link that does not hold",
    );
  }
  const { expiryMs } = standing;
  if (expiryMs === 0 || nowMs < expiryMs) return;
  const end = new Date(expiryMs).toISOString();
  throw new MeshError("admission-refused", `expected an invitation that still counts, got one that ended at ${end}`);
}

/** The recorder keeps two reels, and throws away one at a time. */
function record(peer: Peer, inputsMax: number): Recorder {
  return new Recorder(peer, { entriesMax: Math.ceil(inputsMax / 2) });
}

/** What the driver runs: the peer itself, or what stands before it and writes down what it is told. */
function behind(recorder: Recorder | undefined, peer: Peer): Core {
  if (recorder === undefined) return peer;
  return {
    handle: (input, nowMs) => recorder.handle(input, nowMs),
    get deadlineMs() {
      return peer.deadlineMs;
    },
  };
}

function ownEngine({ iceServers, wrtc }: JoinPlan, seeds: SeedWatch): LinkEngine {
  return createWebRtcEngine({ iceServers: () => iceServers ?? seeds.iceServers, wrtc });
}

/** Wait until there is a link, or nobody to link to. Rejects with `seed-unreachable`. */
async function arrive(node: MeshNode, seeds: SeedWatch): Promise<void> {
  const settled = await node.settled(meshLimits.joinMs);
  if (node.refusal !== undefined) throw node.refusal;
  if (settled) return;
  if (seeds.answered) {
    // Others are there, and calling them goes on. An application is better off with a mesh that says so.
    node.warn({
      code: "link",
      message: "a seed answers and others are there, but no link came to be: is TURN needed?",
    });
    return;
  }
  const addresses = seeds.states.map(({ url }) => url).join(", ");
  const why = seeds.problem === undefined ? "" : ` (${seeds.problem})`;
  throw new MeshError(
    "seed-unreachable",
    `expected an answer of a seed within ${meshLimits.joinMs / 1000} s, got none from ${addresses}${why}`,
  );
}

async function unlessAborted<T>(signal: AbortSignal | undefined, wanted: Promise<T>): Promise<T> {
  if (signal === undefined) return wanted;
  let onAbort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    // eslint-disable-next-line typescript/prefer-promise-reject-errors -- an abort's reason is whatever its caller chose
    onAbort = () => reject(signal.reason);
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
