/**
 * Whole meshes in one process for tests: a real seed on loopback, and links in memory or over real WebRTC. Whatever is
 * joined here is left when the test is over, pass or fail. Waiting is for events, never for time.
 */
import { createMemoryNetwork, type LinkEngine, type MemoryNetwork } from "@grapevine/links";
import { startSeed, type Seed } from "@grapevine/signaling";
import { test as base } from "vitest";
import { join, type JoinOptions, type Mesh, type MeshEvents, type Message, type Topic } from "./index.ts";

export type Transport = "memory" | "webrtc";

export interface World {
  readonly transport: Transport;
  readonly seed: Seed;
  readonly network: MemoryNetwork;
  /** The engine that a mesh joined with; in memory only. */
  engineOf(mesh: Mesh): LinkEngine;
  /** Joins the world's mesh by its seed, with no work for a ticket; `options` come before. */
  join(options?: Partial<JoinOptions>): Promise<Mesh>;
  /** Several, one after the other. */
  joinAll(count: number, options?: Partial<JoinOptions>): Promise<Mesh[]>;
}

/** `test` with a world whose links are made as `transport` says. */
export function testOver(transport: Transport) {
  return base.extend<{ world: World }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture depends on
    world: async ({}, use) => {
      const seed = await startSeed({ port: 0, host: "127.0.0.1" });
      const network = createMemoryNetwork();
      const engines = new Map<Mesh, LinkEngine>();
      const joined: Mesh[] = [];
      const world: World = {
        transport,
        seed,
        network,
        engineOf: (mesh) => engines.get(mesh)!,
        join: async (options = {}) => {
          const engine = network.engine();
          const mesh = await join({
            mesh: "lobby",
            seeds: [seed.url],
            ...(options.secret === undefined &&
              options.invite === undefined && { admission: { kind: "open", bits: 0 } }),
            ...(transport === "memory" && { webrtc: engine }),
            iceServers: [],
            ...options,
          });
          engines.set(mesh, engine);
          joined.push(mesh);
          return mesh;
        },
        joinAll: async (count, options) => {
          const meshes: Mesh[] = [];
          for (let i = 0; i < count; i++) meshes.push(await world.join(options));
          return meshes;
        },
      };
      await use(world);
      await Promise.all(joined.map((mesh) => mesh.leave()));
      await seed.close();
    },
  });
}

/** The first event of its kind that `wanted` accepts, from now on. */
export function event<K extends keyof MeshEvents>(
  mesh: Mesh,
  name: K,
  wanted: (event: MeshEvents[K]) => boolean = () => true,
): Promise<MeshEvents[K]> {
  return new Promise((resolve) => {
    const off = mesh.on(name, (event) => {
      if (!wanted(event)) return;
      off();
      resolve(event);
    });
  });
}

/** Until what is true of a mesh is; looked at again whenever anything about its neighbors or members changes. */
export function until(mesh: Mesh, is: (mesh: Mesh) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const look = (): void => {
      if (!is(mesh)) return;
      stop.abort();
      resolve();
    };
    for (const name of [
      "neighbor-up",
      "neighbor-down",
      "member-up",
      "member-changed",
      "member-down",
      "state",
    ] as const) {
      mesh.on(name, look, { signal: stop.signal });
    }
    look();
  });
}

/** What a topic's subscribers heard, live, and a promise of the `count`th. */
export class Ear<T> {
  readonly messages: Message<T>[] = [];
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(topic: Topic<T>) {
    topic.on("message", (message) => {
      this.messages.push(message);
      for (const { count, resolve } of this.waiting) if (this.messages.length >= count) resolve();
    });
  }

  get data(): T[] {
    return this.messages.map(({ data }) => data);
  }

  heard(count: number): Promise<void> {
    if (this.messages.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }

  from(author: string): T[] {
    return this.messages.filter((message) => message.author === author).map(({ data }) => data);
  }
}

/** The next `count` of a reader. */
export async function take<T>(messages: AsyncIterableIterator<Message<T>>, count: number): Promise<Message<T>[]> {
  const taken: Message<T>[] = [];
  while (taken.length < count) {
    const result = await messages.next();
    if (result.done === true) break;
    taken.push(result.value);
  }
  return taken;
}
