/** All maps of one mesh: opened by their names, told what changes in the core, and ready together. */
import { toHex } from "@grapevine/protocol";
import type { MeshKeys } from "@grapevine/crypto";
import type { Effect, Peer, PeerId } from "@grapevine/protocol";
import type { Commands } from "./commands.ts";
import type { DirectMessages } from "./direct.ts";
import type { MeshEpochs } from "./epoch-keys.ts";
import { MeshError, leftError } from "./errors.ts";
import type { Later } from "./later.ts";
import { meshLimits } from "./limits.ts";
import { MapEntries } from "./map-entries.ts";
import { planMap, requireName, requireSameMap } from "./map-options.ts";
import { MeshMap } from "./mesh-map.ts";
import type { MapOptions } from "./replicated-map.ts";
import { Witnesses } from "./witnesses.ts";

export interface MapsHost {
  readonly keys: MeshKeys;
  readonly peer: Peer;
  readonly commands: Commands;
  readonly direct: DirectMessages;
  /** Throws `forbidden`. */
  requireWriter(): void;
  /** The core has its maps when this has come. */
  readonly later: Pick<Later, "load">;
  /** Where keys change. */
  readonly epochs: MeshEpochs | undefined;
  isAlone(): boolean;
  /** Others, in an order by chance. */
  drawn(): readonly PeerId[];
}

export class MeshMaps {
  private readonly host: MapsHost;
  private readonly witnesses: Witnesses;
  private readonly maps = new Map<string, MeshMap>();
  private readonly byTag = new Map<string, MeshMap>();
  /** A neighbor holds the same, or there is nobody else. */
  private readonly compared: Promise<void>;
  private settle!: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: MapsHost) {
    this.host = host;
    const { direct, peer } = host;
    this.compared = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.compared.catch(() => {});
    this.witnesses = new Witnesses({
      drawn: () => host.drawn(),
      held: (map, key) => peer.entryAt(map, key),
      meshId: host.keys.meshId,
      mayStand: (header) => peer.mayStand(header),
      request: (to, method, data, call) => direct.request(to, method, data, call),
      respond: (method, responder) => direct.respond(method, responder),
    });
  }

  private async untilReady(): Promise<void> {
    await Promise.all([this.host.later.load(), this.compared]);
  }

  open(given: string, options: MapOptions | undefined): MeshMap {
    const name = requireName("a map's name", given, meshLimits.nameBytesMax);
    const standing = this.maps.get(name);
    if (standing !== undefined) {
      if (options !== undefined) requireSameMap(name, standing.plan, options);
      return standing;
    }
    const plan = planMap(options ?? {});
    if (this.maps.size >= meshLimits.mapsMax) {
      throw new MeshError("invalid-argument", `expected at most ${meshLimits.mapsMax} maps, got one more`);
    }
    if (this.host.isAlone()) this.settle.resolve();
    else this.timer ??= setTimeout(() => this.settle.resolve(), meshLimits.mapReadyMs);
    const map = this.make(name, new MapEntries(this.host.keys, name, plan, this.host.epochs), plan);
    this.maps.set(name, map);
    return map;
  }

  onEntry(effect: Effect & { readonly kind: "entry" }): void {
    this.byTag.get(effect.map)?.onEntry(effect);
  }

  /** A neighbor holds the same, or there is nobody else. */
  onReady(): void {
    clearTimeout(this.timer);
    this.settle.resolve();
  }

  end(): void {
    clearTimeout(this.timer);
    this.settle.reject(leftError());
    for (const map of this.maps.values()) map.end();
  }

  private make(name: string, codec: MapEntries, plan: MeshMap["plan"]): MeshMap {
    const { host } = this;
    const { tag } = codec;
    const map = new MeshMap(
      {
        peerId: host.peer.self,
        ready: this.untilReady(),
        write: async (command) => {
          const loading = host.later.load();
          if (loading !== undefined) await loading;
          host.requireWriter();
          return host.commands.write({ map: tag, ...command });
        },
        room: () => (plan.access === "mesh" ? host.epochs?.room() : undefined),
        entries: () => host.peer.entriesOf(tag),
        digest: () => toHex(host.peer.mapDigest(tag)),
        witnesses: this.witnesses,
      },
      name,
      codec,
      plan,
    );
    this.byTag.set(tag, map);
    return map;
  }
}
