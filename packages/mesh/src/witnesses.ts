/**
 * Asking others what stands under a key: peers drawn by chance say which entry they hold, each under its own seal. Only
 * entries that are held here, and so were verified, are asked about, and a later one counts only with its author's signature:
 * an answer is the entry's signed head. So a lie can make an entry look spread that is not, or the other way round, and a
 * quorum bounds how often; nobody can claim an entry that was never written.
 */
import { hash, verify } from "@grapevine/crypto";
import {
  RUMOR_KIND_STATE,
  Reader,
  Writer,
  headOf,
  isAfter,
  nameOf,
  publicKeyOf,
  readHead,
  rumorBytes,
  rumorId,
  writeHead,
  type Head,
  type Header,
  type MapEntry,
  type PeerId,
} from "@grapevine/protocol";
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
  readonly meshId: Uint8Array;
  /** Is its author one whose entry would stand now? */
  mayStand(header: Header): boolean;
  request(to: PeerId, method: string, data: unknown, call: Call): Promise<unknown>;
  respond(method: string, responder: Responder): () => void;
}

/** Nobody else's methods begin so. */
const METHOD = "grapevine:map entry";

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
      const head = read(one.value);
      if (head === undefined) continue;
      const id = rumorId(hash, this.host.meshId, head.header, head.bodyHash);
      if (ours !== undefined && id.every((byte, i) => byte === ours.id[i])) holders++;
      else if (ours !== undefined && !isAfter(head.header, ours.rumor.header)) continue;
      else if (await this.isWritten(head, id, map, key)) newer++;
    }
    const confirmed = ours !== undefined && holders >= needed && newer === 0;
    return { confirmed, asked: peers.length, answered, holders, newer, quorum: needed };
  }

  /** Did somebody who may write it to this key? Whoever only says so cannot sign it. */
  private async isWritten({ header, signature }: Head, id: Uint8Array, map: string, key: string): Promise<boolean> {
    const isMeant = header.kind === RUMOR_KIND_STATE && nameOf(header) === key + map && this.host.mayStand(header);
    return isMeant && (await verify(publicKeyOf(header.author), rumorBytes(id), signature));
  }

  private answer(data: unknown): Uint8Array | null {
    const [map, key] = Array.isArray(data) ? (data as unknown[]) : [];
    const held = typeof map === "string" && typeof key === "string" ? this.host.held(map, key) : undefined;
    if (held === undefined) return null;
    const writer = new Writer();
    writeHead(writer, headOf(held.rumor, hash));
    return writer.finish();
  }
}

/** Undefined for nothing, and for what is no answer. */
function read(data: unknown): Head | undefined {
  if (!(data instanceof Uint8Array)) return undefined;
  const reader = new Reader(data);
  const head = readHead(reader);
  reader.end();
  return reader.failure === undefined ? head : undefined;
}
