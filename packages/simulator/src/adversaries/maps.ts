/**
 * Lies about what stands in replicated maps, each against one rule of it. `map-phantom` promises entries that were never
 * written and delivers none; `map-restless` has fingerprints that never match, so that comparing with it never ends; `map-stale` serves what
 * was overwritten long ago; `map-undelete` knows of no deletion and offers what was deleted (death certificates, Demers et
 * al. 1987); `map-future` stamps what it writes ahead of time, to pin keys (Kulkarni et al. 2014).
 */
import {
  type Effect,
  type Frame,
  type Header,
  type Input,
  RUMOR_KIND_STATE,
  type Rumor,
  rumorBytes,
  rumorId,
  toHex,
} from "@grapevine/protocol";
import { type Deviation, frameIn, frameOf, type Kind, saying, type Scene } from "./deviant.ts";

/** So many phantoms in each word. */
const INVENTED = 20;

type Span = (Frame & { readonly kind: "mapDigest" })["spans"][number];

export const mapPhantom: Kind = ({ peer, random }) => {
  const invented = (): Uint32Array => Uint32Array.from({ length: 2 * INVENTED }, () => random.uint32());
  const lie = ({ end, says }: Span): Span => {
    if (says.kind === "print") return { end, says };
    const ids = says.kind === "done" ? invented() : Uint32Array.of(...says.ids, ...invented());
    return { end, says: { kind: says.kind === "ids" ? "ids" : "lacks", ids } };
  };
  return {
    onEffect: (effect): readonly Effect[] => {
      const frame = frameIn(effect);
      if (frame?.kind === "mapDigest") return [saying(effect, { ...frame, spans: frame.spans.map(lie) })];
      const entry = entryIn(frame);
      return entry === undefined || entry.header.author === peer.self ? [effect] : [];
    },
  };
};

export const mapRestless: Kind = (scene) => {
  const { random } = scene;
  const print = (end: Span["end"]): Span => ({
    end,
    says: { kind: "print", high: random.uint32(), low: random.uint32() },
  });
  /** It sees another difference in each word of the other end, and never says what it is. */
  const restless = (spans: readonly Span[]): readonly Span[] =>
    spans.length === 0 ? [print(undefined)] : spans.map(({ end }) => print(end));
  return {
    onInput: (input): readonly Input[] => {
      const frame = input.kind === "received" ? frameOf(input.bytes) : undefined;
      if (input.kind !== "received" || frame?.kind !== "mapDigest") return [input];
      scene.send(input.link, { ...frame, spans: restless(frame.spans) }, "repair");
      return [];
    },
    onTick: () => {
      for (const { link } of scene.peer.neighbors) {
        for (let i = 0; i < INVENTED; i++) {
          scene.send(link, { kind: "mapDigest", round: random.uint32(), spans: [print(undefined)] }, "repair");
        }
      }
    },
  };
};

/** Overwritten entries that are remembered. Reason: some for each key. */
const STALE_MAX = 200;

export const mapStale: Kind = (scene) => {
  /** The first entry that came of each name. */
  const first = new Map<string, Rumor>();
  return {
    onInput: (input): readonly Input[] => {
      const entry = input.kind === "received" ? entryIn(frameOf(input.bytes)) : undefined;
      if (entry !== undefined && first.size < STALE_MAX && !first.has(nameOf(entry))) first.set(nameOf(entry), entry);
      return [input];
    },
    onEffect: (effect): readonly Effect[] => {
      const frame = frameIn(effect);
      const entry = entryIn(frame);
      if (frame?.kind !== "rumor" || entry === undefined || entry.header.author === scene.peer.self) return [effect];
      return [saying(effect, { ...frame, rumor: first.get(nameOf(entry)) ?? entry })];
    },
    onTick: () => {
      for (const { link } of scene.peer.neighbors) {
        const rumor = scene.random.pick([...first.values()]);
        if (rumor !== undefined) scene.send(link, { kind: "rumor", hops: 1, repair: true, rumor }, "repair");
      }
    },
  };
};

export const mapUndelete: Kind = ({ peer }): Deviation => {
  const deletes = (frame: Frame | undefined): boolean => {
    const header = entryIn(frame)?.header;
    return header !== undefined && header.expiryMs !== 0 && header.author !== peer.self;
  };
  return {
    onInput: (input) => (input.kind === "received" && deletes(frameOf(input.bytes)) ? [] : [input]),
    onEffect: (effect) => (deletes(frameIn(effect)) ? [] : [effect]),
  };
};

/** Just within what is believed, and far beyond it. Source: `skewMs`. */
const AHEAD_MS = [29_000, 3 * 3_600_000] as const;

export const mapFuture: Kind = (scene) => ({
  onTick: () => {
    const { peer, random } = scene;
    const { maps } = peer.rooms.rumors.state;
    const held = random.pick([...(maps?.entries.entries.values() ?? [])])?.[0];
    if (maps === undefined || held === undefined) return;
    const { topic } = held.rumor.header;
    const seq = (maps.own.seqs.get(topic) ?? 0) + 1;
    maps.own.seqs.set(topic, seq);
    const header: Header = {
      ...held.rumor.header,
      author: peer.self,
      incarnation: peer.rooms.foundation.config.incarnation,
      seq,
      low: seq,
      timeMs: Math.round(peer.meshMs) + random.pick(AHEAD_MS)!,
      counter: 65_535,
      expiryMs: 0,
    };
    const body = random.bytes(16);
    spread(scene, header, body);
  },
});

function spread(scene: Scene, header: Header, body: Uint8Array): void {
  const { config, hash } = scene.peer.rooms.foundation;
  scene.sign(rumorBytes(rumorId(hash, config.meshId, header, hash(body))), (signature) => {
    const rumor = { header, body, signature };
    for (const { link } of scene.peer.neighbors) {
      scene.send(link, { kind: "rumor", hops: 1, repair: false, rumor }, "fresh");
    }
  });
}

function entryIn(frame: Frame | undefined): Rumor | undefined {
  return frame?.kind === "rumor" && frame.rumor.header.kind === RUMOR_KIND_STATE ? frame.rumor : undefined;
}

/** Its key and map. */
function nameOf({ header }: Rumor): string {
  return toHex(header.prev) + header.topic;
}
