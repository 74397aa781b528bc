/**
 * Plumtree (Leitao, Pereira and Rodrigues, "Epidemic broadcast trees", 2007) on an overlay of symmetric links: payloads
 * go along eager links, ids along lazy ones. A duplicate prunes the link that it came by, a missing payload is grafted
 * back, so the eager links become a tree that heals. Every message takes one step; nothing is lost but to the dead.
 */
import type { Views } from "./views.ts";

export interface BroadcastResult {
  /** Share of the living that received the payload. */
  readonly reached: number;
  /** Payloads received, duplicates counted, by all who received any, without the one of the source. */
  readonly payloads: number;
  readonly control: number;
  /** Relative message redundancy: payloads / (receivers - 1) - 1; the source counts as a receiver. */
  readonly rmr: number;
  /** Last delivery hop. */
  readonly ldh: number;
}

type Kind = "payload" | "id" | "graft" | "prune";

interface Letter {
  readonly kind: Kind;
  readonly from: number;
  readonly to: number;
  /** Hops of the payload, or of the one that the id announces. */
  readonly hops: number;
}

/** Steps from the first id to the first graft, and between grafts. Source: the paper's timers are a few round trips. */
const FIRST_GRAFT_STEPS = 6;
const NEXT_GRAFT_STEPS = 3;

export class Plumtree {
  private readonly views: Views;
  /** Directed links that carry ids only, as `from * size + to`; all others are eager. */
  private readonly lazy = new Set<number>();

  constructor(views: Views) {
    this.views = views;
  }

  broadcast(source: number): BroadcastResult {
    const { size, alive } = this.views;
    const hopsOf = new Int32Array(size).fill(-1);
    const announced = new Map<number, number[]>();
    const grafts = new Map<number, number[]>();
    let letters: Letter[] = [];
    let next: Letter[] = [];
    let payloads = 0;
    let control = 0;
    let receivers = 1;
    let ldh = 0;
    hopsOf[source] = 0;
    const send = (kind: Kind, from: number, to: number, hops: number): void => {
      if (alive[to]) next.push({ kind, from, to, hops });
    };
    const relay = (node: number, except: number): void => {
      for (const peer of this.views.of(node)) {
        if (peer !== except) send(this.isLazy(node, peer) ? "id" : "payload", node, peer, hopsOf[node]! + 1);
      }
    };
    const graftAt = (step: number, node: number): void => {
      grafts.set(step, [...(grafts.get(step) ?? []), node]);
    };
    relay(source, -1);
    for (let step = 1; next.length > 0 || grafts.size > 0; step++) {
      [letters, next] = [next, []];
      for (const { kind, from, to, hops } of letters) {
        if (kind === "payload") {
          payloads++;
          if (hopsOf[to] === -1) {
            hopsOf[to] = hops;
            receivers++;
            ldh = Math.max(ldh, hops);
            this.setLazy(to, from, false);
            announced.delete(to);
            relay(to, from);
          } else {
            this.setLazy(to, from, true);
            send("prune", to, from, 0);
          }
          continue;
        }
        control++;
        if (kind === "prune") this.setLazy(to, from, true);
        else if (kind === "graft") {
          this.setLazy(to, from, false);
          send("payload", to, from, hopsOf[to]! + 1);
        } else if (hopsOf[to] === -1) {
          const known = announced.get(to);
          if (known === undefined) graftAt(step + FIRST_GRAFT_STEPS, to);
          announced.set(to, [...(known ?? []), from]);
        }
      }
      for (const node of grafts.get(step) ?? []) {
        const peer = announced.get(node)?.shift();
        if (peer === undefined) continue;
        this.setLazy(node, peer, false);
        send("graft", node, peer, 0);
        graftAt(step + NEXT_GRAFT_STEPS, node);
      }
      grafts.delete(step);
    }
    let living = 0;
    for (const alone of alive) living += alone;
    const rmr = receivers > 1 ? payloads / (receivers - 1) - 1 : 0;
    return { reached: receivers / living, payloads, control, rmr, ldh };
  }

  /** Forget the tree: every link is eager, and a broadcast is a flood. */
  flood(source: number): BroadcastResult {
    this.lazy.clear();
    return this.broadcast(source);
  }

  private isLazy(from: number, to: number): boolean {
    return this.lazy.has(from * this.views.size + to);
  }

  private setLazy(from: number, to: number, lazy: boolean): void {
    const arc = from * this.views.size + to;
    if (lazy) this.lazy.add(arc);
    else this.lazy.delete(arc);
  }
}
