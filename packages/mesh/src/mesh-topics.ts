/** All topics of one mesh: opened by their names, and told by their tags what the core delivers, misses and forgets. */
import type { MeshKeys } from "@grapevine/crypto";
import type {
  Command,
  Delivered,
  Effect,
  Input,
  Peer,
  PeerEvent,
  PeerId,
  Rumor,
  Store,
  Validation,
} from "@grapevine/protocol";
import type { Commands } from "./commands.ts";
import type { DriverEvents } from "./driver.ts";
import type { MeshEpochs } from "./epoch-keys.ts";
import { MeshError } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { TopicOptions } from "./message.ts";
import type { Pressure } from "./pressure.ts";
import type { Stats } from "./stats.ts";
import { MeshTopic, type TopicHost, tagOf } from "./topic.ts";
import { planTopic, requireSame, topicName } from "./topic-options.ts";

export interface TopicsHost {
  readonly keys: MeshKeys;
  readonly peer: Pick<Peer, "retained">;
  /** Tells this run of the peer from others. */
  readonly incarnation: number;
  readonly store: Store | undefined;
  /** Where keys change. */
  readonly epochs: MeshEpochs | undefined;
  readonly nowMs: () => number;
  readonly commands: Commands;
  readonly pressure: Pressure;
  /** Is it this peer's, under whatever key? */
  isOwn(author: PeerId): boolean;
  /** Throws `forbidden`. */
  requireWriter(): void;
  handle(input: Input): void;
  /** In force when it returns, even from within an event. */
  handleAtOnce(command: Command): void;
}

export class MeshTopics {
  private readonly host: TopicsHost;
  private readonly topics = new Map<string, MeshTopic>();
  private readonly byTag = new Map<string, MeshTopic>();
  /** A neighbor was found to hold what this peer holds. */
  private isComplete = false;

  constructor(host: TopicsHost) {
    this.host = host;
  }

  open(given: string, options: TopicOptions | undefined): MeshTopic {
    const name = topicName(given);
    const standing = this.topics.get(name);
    if (standing !== undefined && options !== undefined) requireSame(name, standing.plan, options);
    return standing ?? this.make(name, planTopic(options ?? {}));
  }

  /** What every topic could not use, by name. */
  get ignored(): Stats["topics"] {
    return Object.fromEntries(Array.from(this.topics.values(), ({ name, ignored }) => [name, { ...ignored }]));
  }

  get events(): Pick<DriverEvents, "onDeliver" | "onValidate" | "onGap" | "onForget" | "onVisible"> {
    return {
      onDeliver: (effect) => this.byTag.get(effect.rumor.header.topic)?.onDeliver(effect),
      onValidate: (effect) => this.onValidate(effect),
      onGap: (effect) => this.byTag.get(effect.topic)?.onGap(effect),
      onForget: (effect) => this.byTag.get(effect.topic)?.onForget(effect, effect.below),
      onVisible: (effect) => this.byTag.get(tagOf(effect))?.onVisible(effect),
    };
  }

  onHistory(event: PeerEvent & { readonly type: "history" }): void {
    this.isComplete = event.complete;
    for (const [tag, topic] of this.byTag) {
      topic.onHistory(
        event.topics.find((one) => one.topic === tag),
        event.complete,
      );
    }
  }

  end(error: MeshError): void {
    for (const topic of this.topics.values()) topic.end(error);
  }

  private onValidate(effect: Effect & { readonly kind: "validate" }): void {
    const { ref } = effect;
    const answer = (verdict: Validation): void => this.host.handle({ kind: "validated", ref, verdict });
    const verdict = this.byTag.get(effect.rumor.header.topic)?.onValidate(effect) ?? "accept";
    if (verdict instanceof Promise) void verdict.then(answer);
    else answer(verdict);
  }

  private make(name: string, plan: MeshTopic["plan"]): MeshTopic {
    if (this.topics.size >= meshLimits.topicsMax) {
      throw new MeshError("invalid-argument", `expected at most ${meshLimits.topicsMax} topics, got one more`);
    }
    const { host } = this;
    const { keys } = host;
    const tag = keys.topicTag(name);
    const { access } = plan;
    const key = access === "public" ? undefined : access === "mesh" ? keys.topicKey(name) : access.key;
    const epochs = access === "mesh" ? host.epochs : undefined;
    const topic = new MeshTopic(this.hostOf(tag, plan, epochs), name, key, plan, epochs?.ofTopic(name));
    this.topics.set(name, topic);
    this.byTag.set(tag, topic);
    // At once, even from within an event: what is there now is the past of the topic, what comes after is delivered.
    host.handleAtOnce({ kind: "subscribe", topic: tag, keyId: topic.keyBeforeEpochs });
    const retained = host.peer.retained(tag);
    topic.recall(retained);
    const bytes = retained.reduce((sum, { rumor }) => sum + rumor.body.length, 0);
    topic.onHistory({ rumors: retained.length, bytes, missing: 0 }, this.isComplete);
    return topic;
  }

  private hostOf(tag: string, { retention }: MeshTopic["plan"], epochs: MeshEpochs | undefined): TopicHost {
    const { host } = this;
    const { incarnation, nowMs, store } = host;
    return {
      isOwn: (author) => host.isOwn(author),
      run: incarnation.toString(36),
      nowMs,
      publish: (keyId, body, bulk) => {
        host.requireWriter();
        return host.commands.publish({ topic: tag, keyId, body, retention, bulk });
      },
      placeOf: (rumor: Rumor): Delivered | undefined => store?.placeOf(rumor),
      place: ({ header }, position) => store?.place(header, header.seq, { incarnation, position }),
      room: () => epochs?.room() ?? host.pressure.room(),
      setValidated: (on) => {
        const command = { kind: "validate", topic: tag, on } as const;
        // Switching off lets go of what waits, each in its turn; switching on has to be in force when the call returns.
        if (on) host.handleAtOnce(command);
        else host.handle(command);
      },
    };
  }
}
