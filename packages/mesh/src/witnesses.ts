/**
 * Asking others what stands under a key: peers drawn by chance say which entry they hold, each under its own seal. Who
 * lies can deny an entry or claim one, but only entries that are held here, and so were verified, are asked about; so what
 * a lie can do is to make one look spread that is not, or the other way round, and a quorum bounds how often.
 */
import { isAfter, type Header, type MapEntry, type PeerId } from "@grapevine/protocol";
import { checked } from "./call.ts";
import { expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { Call } from "./message.ts";
import type { Confirmation } from "./replicated-map.ts";
import type { Responder } from "./direct.ts";

export interface WitnessesHost {
  /** Others, in an order by chance. */
  drawn(): readonly PeerId[];
  held(map: string, key: string): MapEntry | undefined;
  request(to: PeerId, method: string, data: unknown, call: Call): Promise<unknown>;
  respond(method: string, responder: Responder): () => void;
}

/** Nobody else's methods begin so. */
const METHOD = "grapevine:map entry";

/** The id of an entry, and its place in the order of writes: time, counter, author, incarnation, number. */
type Answer = readonly [
  id: Uint8Array,
  timeMs: number,
  counter: number,
  author: PeerId,
  incarnation: number,
  seq: number,
];

export class Witnesses {
  private readonly host: WitnessesHost;

  constructor(host: WitnessesHost) {
    this.host = host;
    host.respond(METHOD, (data) => this.answer(data));
  }

  async ask(
    map: string,
    key: string,
    { quorum, ...call }: Call & { quorum?: number },
  ): Promise<Omit<Confirmation<unknown>, "value">> {
    const { signal, timeoutMs = meshLimits.mapWitnessMs } = checked(call);
    signal?.throwIfAborted();
    if (quorum !== undefined && (!Number.isInteger(quorum) || quorum < 1 || quorum > meshLimits.mapWitnessesMax)) {
      throw expected(`quorum to be a whole number from 1 to ${meshLimits.mapWitnessesMax}`, quorum);
    }
    const ours = this.host.held(map, key);
    const peers = this.host.drawn().slice(0, meshLimits.mapWitnessesMax);
    const needed = quorum ?? Math.floor(peers.length / 2) + 1;
    const bounds = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
    const settled = await Promise.allSettled(peers.map((peer) => this.host.request(peer, METHOD, [map, key], bounds)));
    signal?.throwIfAborted();
    let [answered, holders, newer] = [0, 0, 0];
    for (const one of settled) {
      if (one.status === "rejected") continue;
      answered++;
      const theirs = read(one.value);
      if (theirs === undefined) continue;
      if (ours !== undefined && theirs.id.every((byte, i) => byte === ours.id[i])) holders++;
      else if (ours === undefined || isAfter(theirs.header, ours.rumor.header)) newer++;
    }
    const confirmed = ours !== undefined && holders >= needed && newer === 0;
    return { confirmed, asked: peers.length, answered, holders, newer, quorum: needed };
  }

  private answer(data: unknown): Answer | null {
    const [map, key] = Array.isArray(data) ? (data as unknown[]) : [];
    const held = typeof map === "string" && typeof key === "string" ? this.host.held(map, key) : undefined;
    if (held === undefined) return null;
    const { timeMs, counter, author, incarnation, seq } = held.rumor.header;
    return [held.id, timeMs, counter, author, incarnation, seq];
  }
}

/** Undefined for nothing, and for what is no answer. */
function read(data: unknown): { readonly id: Uint8Array; readonly header: Header } | undefined {
  if (!Array.isArray(data)) return undefined;
  const [id, timeMs, counter, author, incarnation, seq] = data as unknown[];
  if (!(id instanceof Uint8Array) || id.length !== 32 || typeof author !== "string") return undefined;
  if (![timeMs, counter, incarnation, seq].every((part) => typeof part === "number")) return undefined;
  return { id, header: { timeMs, counter, author, incarnation, seq } as Header };
}
