/**
 * Who holds an attack on whole peers against what is promised. It looks on from outside, knows who is honest and what was
 * really written, and fails the run when an honest peer keeps or passes on what its author did not sign, convicts or
 * blames another honest one, or stays linked to whom it has convicted.
 */
import { decodeFrame, type Effect, type PeerId, type Rumor, rumorBytes, rumorId } from "@grapevine/protocol";
import type { Node, Watch } from "../node.ts";
import type { World } from "../world.ts";

export class Judge implements Partial<Watch> {
  /** When each honest node convicted each offender, by its key: ms of the world's clock. */
  readonly convictions: Map<PeerId, Map<Node, number>> = new Map();
  /** Links that honest nodes ended because of what came over them. */
  blamed = 0;
  private readonly world: World;
  private readonly honest: ReadonlyMap<PeerId, Node>;
  /** Frames that were looked at: one is sent over many links. */
  private readonly seen = new WeakSet<Uint8Array>();

  constructor(world: World, honest: readonly Node[]) {
    this.world = world;
    this.honest = new Map(honest.map((node) => [node.id, node]));
  }

  onSend(node: Node, { bytes }: Effect & { readonly kind: "send" }): void {
    if (!this.honest.has(node.id) || this.seen.has(bytes)) return;
    this.seen.add(bytes);
    const decoded = decodeFrame(bytes);
    if (decoded.ok && decoded.frame?.kind === "rumor") this.onRumor(node, decoded.frame.rumor, "passed on");
  }

  onEffect(node: Node, effect: Effect): void {
    if (!this.honest.has(node.id)) return;
    if (effect.kind === "persist" || effect.kind === "persistEntry") this.onRumor(node, effect.rumor, "kept");
    if (effect.kind !== "emit") return;
    const { event } = effect;
    if (event.type === "convicted") this.onConvicted(node, event.peer);
    if (event.type !== "misbehavior") return;
    this.blamed++;
    if (event.peer !== undefined && this.honest.has(event.peer)) {
      this.world.fail(`honest node ${node.index} blames honest node ${this.nameOf(event.peer)}: ${event.what}`);
    }
  }

  /** Convicted by some honest node: so many who were not honest, and so many who were. */
  get convicted(): { readonly right: number; readonly wrong: number } {
    const wrong = [...this.convictions.keys()].filter((peer) => this.honest.has(peer)).length;
    return { right: this.convictions.size - wrong, wrong };
  }

  /** Nobody of `nodes` is linked to whom it has convicted. */
  expectExpelled(nodes: readonly Node[]): void {
    for (const node of nodes) {
      for (const peer of node.neighbors.values()) {
        if (this.convictions.get(peer)?.has(node) === true) {
          this.world.fail(`honest node ${node.index} is linked to ${peer.slice(0, 6)}, whom it has convicted`);
        }
      }
    }
  }

  private onConvicted(node: Node, peer: PeerId): void {
    if (this.honest.has(peer)) this.world.fail(`node ${node.index} convicts honest node ${this.nameOf(peer)}`);
    const by = this.convictions.get(peer) ?? new Map<Node, number>();
    this.convictions.set(peer, by);
    if (!by.has(node)) by.set(node, this.world.nowMs);
  }

  /** What an honest peer keeps or passes on is what its author signed, to the last bit. */
  private onRumor(node: Node, rumor: Rumor, what: string): void {
    const { header, body, signature } = rumor;
    const { hash, config } = node.peer.rooms.foundation;
    const id = rumorId(hash, config.meshId, header, hash(body));
    if (!node.verify(header.author, rumorBytes(id), signature)) {
      this.world.fail(`honest node ${node.index} ${what} a rumor that ${this.nameOf(header.author)} did not sign`);
    }
  }

  private nameOf(peer: PeerId): string {
    const node = this.honest.get(peer);
    return node === undefined ? peer.slice(0, 6) : `${node.index} (${peer.slice(0, 6)})`;
  }
}
