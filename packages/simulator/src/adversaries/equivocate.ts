/**
 * Equivocation (Bracha 1987): one thing to some, another to others. Every second rumor goes into the slot of the one before
 * it, so that half of the neighbors get one, half the other. Against "two different statements signed by one key for one
 * slot" convict (ARCHITECTURE.md): provable, from the moment in which both have left.
 */
import {
  type Command,
  type Effect,
  encodeFrame,
  type Input,
  type Rumor,
  rumorBytes,
  rumorId,
} from "@grapevine/protocol";
import { frameIn, type Kind, type Scene } from "./deviant.ts";

type Publish = Command & { readonly kind: "publish" };

export const equivocate: Kind = (scene) => {
  const halves = new Halves(scene);
  return {
    onInput: (input) => halves.onInput(input),
    onEffect: (effect) => halves.onEffect(effect),
  };
};

class Halves {
  private readonly scene: Scene;
  /** By topic: the rumor that waits for its double. */
  private readonly first = new Map<string, Rumor | "coming">();
  /** Bodies for the slots of rumors that are not there yet. */
  private readonly early = new Map<string, Publish>();

  constructor(scene: Scene) {
    this.scene = scene;
  }

  onInput(input: Input): readonly Input[] {
    if (input.kind !== "publish") return [input];
    const first = this.first.get(input.topic);
    if (first === undefined) {
      this.first.set(input.topic, "coming");
      return [input];
    }
    if (first === "coming") this.early.set(input.topic, input);
    else this.double(first, input);
    return [];
  }

  onEffect(effect: Effect): readonly Effect[] {
    const frame = frameIn(effect);
    if (frame?.kind !== "rumor" || effect.kind !== "send") return [effect];
    const { rumor } = frame;
    const { header } = rumor;
    if (header.author !== this.scene.peer.self) return [effect];
    const { topic } = header;
    if (this.first.get(topic) === "coming") {
      this.first.set(topic, rumor);
      const waiting = this.early.get(topic);
      this.early.delete(topic);
      if (waiting !== undefined) this.double(rumor, waiting);
    }
    return this.isSecondHalf(effect.link) ? [] : [effect];
  }

  /** Another rumor for the slot of the first, signed as well, for the other half. */
  private double(first: Rumor, { ref, topic, body, keyId }: Publish): void {
    const { scene } = this;
    const { config, hash } = scene.peer.rooms.foundation;
    const header = { ...first.header, keyId, counter: first.header.counter + 1 };
    const id = rumorId(hash, config.meshId, header, hash(body));
    this.first.delete(topic);
    scene.sign(rumorBytes(id), (signature) => {
      const bytes = encodeFrame({ kind: "rumor", hops: 1, repair: false, rumor: { header, body, signature } });
      const { neighbors } = scene.peer;
      // To a single neighbor it tells both.
      const others = neighbors.length === 1 ? neighbors : neighbors.filter(({ link }) => this.isSecondHalf(link));
      for (const { link } of others) scene.lay({ kind: "send", link, channel: "data", traffic: "fresh", bytes });
      scene.lay({ kind: "emit", event: { type: "published", ref, id, seq: header.seq } });
      if (others.length > 0) scene.crew.offend(scene.peer.self, scene.nowMs);
    });
  }

  /** Neighbors in the order of their ids, in turn to either half. */
  private isSecondHalf(link: number): boolean {
    const inOrder = this.scene.peer.neighbors.toSorted((a, b) => (a.peer < b.peer ? -1 : 1));
    return inOrder.findIndex((neighbor) => neighbor.link === link) % 2 === 1;
  }
}
