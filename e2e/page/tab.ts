/**
 * A bare page under test: it joins when told to, remembers everything that it hears, and answers questions. The demo
 * has a page of its own and tests of its own; here it is the library that is tried, in a real tab.
 */
import type { JoinOptions, Mesh } from "@grapevine/mesh";
import { join, MeshError } from "@grapevine/mesh";
import { joinDisguised } from "@grapevine/mesh/laboratory";
import { type Deviant, disguised, type KindName, KINDS } from "@grapevine/simulator/adversaries";
import { levelStore } from "@grapevine/store";

export interface Heard {
  readonly author: string;
  readonly own: boolean;
  readonly replayed: boolean;
  readonly data: unknown;
  readonly hops: number;
}

export class Tab {
  mesh: Mesh | undefined;
  readonly heard: Heard[] = [];
  readonly direct: { readonly from: string; readonly data: unknown }[] = [];
  readonly events: string[] = [];

  /** `store`: the name of the database that keeps its history. */
  async start({ store, ...options }: JoinOptions & { readonly store?: string }): Promise<string> {
    const storage = store === undefined ? {} : { storage: levelStore(store) };
    const mesh = await join({ iceServers: [], ...storage, ...options }).catch((error: unknown) => {
      // Errors lose their properties on the way out of a page.
      throw error instanceof MeshError ? new Error(`${error.code}: ${error.message}`) : error;
    });
    this.mesh = mesh;
    mesh.on("neighbor-up", ({ peer }) => void this.events.push(`neighbor-up ${peer}`));
    mesh.on("neighbor-down", ({ peer }) => void this.events.push(`neighbor-down ${peer}`));
    mesh.on("member-down", ({ peer }) => void this.events.push(`member-down ${peer}`));
    mesh.on("revoked", ({ own, role }) => void this.events.push(`revoked own ${own} by ${role}`));
    mesh.on("warning", ({ code, message }) => void this.events.push(`warning ${code}: ${message}`));
    mesh.on("direct", ({ from, data }) => void this.direct.push({ from, data }));
    mesh.respond("add", (data) => {
      const { a, b } = data as { a: number; b: number };
      return a + b;
    });
    void this.listen(mesh);
    return mesh.peerId;
  }

  /** One more peer in this page for each of these kinds, which deviates so once it has joined. Returns their ids. */
  async deviate(options: JoinOptions, kinds: readonly KindName[]): Promise<string[]> {
    return Promise.all(
      kinds.map(async (kind) => {
        let deviant: Deviant | undefined;
        const mesh = await joinDisguised({ iceServers: [], identity: { name: kind }, ...options }, (peer, core) => {
          return (deviant = disguised(peer, core, crypto.getRandomValues(new Uint8Array(16))));
        });
        deviant!.turn(KINDS[kind]);
        return mesh.peerId;
      }),
    );
  }

  async publish(data: unknown): Promise<string> {
    return this.mesh!.topic("chat").publish(data);
  }

  get neighbors(): string[] {
    return (this.mesh?.neighbors ?? []).map(({ peer }) => peer);
  }

  get members(): string[] {
    return (this.mesh?.members ?? []).map(({ peer }) => peer);
  }

  private async listen(mesh: Mesh): Promise<void> {
    for await (const { author, own, replayed, data, hops } of mesh.topic("chat").messages({ from: "start" })) {
      this.heard.push({ author, own, replayed, data, hops });
    }
  }
}

declare global {
  interface Window {
    tab: Tab;
  }
}

window.tab = new Tab();
