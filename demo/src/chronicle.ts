/**
 * What happens in the mesh, told in the chat between what is said: who comes and who goes, what becomes of the seed, who
 * is proved a cheat. Each is told once in a stay.
 */
import type { Conviction, Joined, PeerId } from "./model/face.ts";
import * as format from "./model/format.ts";
import { Presence } from "./model/presence.ts";
import type { SeedStory } from "./model/seed-watch.ts";
import { button } from "./view/dom.ts";
import type { ChatView } from "./view/chat-view.ts";

/** What is proved so soon after the first neighbor came, of words not heard here, was proved before. Guess: proofs come first. */
const newcomerMs = 3_000;

export interface Memory {
  nameOf(peer: PeerId): string;
  /** Whether the messages of this rumor were heard here. */
  hasHeard(rumor: string): boolean;
}

export class Chronicle {
  private readonly mesh: Joined;
  private readonly memory: Memory;
  private readonly chat: ChatView;
  private readonly onProof: (peer: PeerId) => void;
  private readonly presence = new Presence();
  private firstMetMs: number | undefined;
  /** Of old, and since this page is here. */
  private readonly convicted = new Map<PeerId, "old" | "new">();
  private readonly blamed = new Set<PeerId>();
  private seed = "";
  private lostSeed = false;

  /** `onProof`: show what proves this one a cheat. */
  constructor(mesh: Joined, memory: Memory, chat: ChatView, onProof: (peer: PeerId) => void) {
    this.mesh = mesh;
    this.memory = memory;
    this.chat = chat;
    this.onProof = onProof;
    mesh.onBlame((peer) => this.tellBlame(peer));
    mesh.onSilence((peer) => this.presence.fellSilent(peer));
  }

  /** The seed has been gone while this page was here. */
  get seedWasLost(): boolean {
    return this.lostSeed;
  }

  /** What was proved since this page is here; the rest is an old story. */
  get witnessed(): readonly Conviction[] {
    return this.mesh.convictions.filter(({ peer, own }) => own || this.convicted.get(peer) === "new");
  }

  /** Tells what is new. */
  update(story: SeedStory, nowMs: number): void {
    if (this.mesh.members.length > 0) this.firstMetMs ??= nowMs;
    this.tellPresence(nowMs);
    this.tellSeed(story.kind);
    this.tellConvictions(nowMs - (this.firstMetMs ?? nowMs) < newcomerMs);
  }

  private tellPresence(nowMs: number): void {
    this.presence.update(this.mesh.members, nowMs);
    const news = this.presence.take(nowMs);
    if (news === undefined) return;
    // Of cheats, and by cheats, other things are told.
    const isShutOut = this.convicted.has(this.mesh.peerId);
    const honest = (peers: readonly PeerId[]): readonly PeerId[] =>
      isShutOut ? [] : peers.filter((peer) => !this.convicted.has(peer));
    this.tellOf(news.came, "is here", "are here");
    this.tellOf(honest(news.left), "left", "left");
    this.tellOf(honest(news.silent), "fell silent, and is given up", "fell silent, and are given up");
  }

  private tellOf(peers: readonly PeerId[], one: string, several: string): void {
    if (peers.length === 0) return;
    this.chat.note(
      `${format.list(peers.map((peer) => this.memory.nameOf(peer)))} ${peers.length === 1 ? one : several}`,
    );
  }

  private tellSeed(kind: SeedStory["kind"]): void {
    if (this.seed === kind) return;
    if (kind === "gone" && this.seed === "up") {
      this.lostSeed = true;
      this.chat.note("The seed is gone. Nothing stops.", "good");
    }
    if (kind === "up" && this.seed === "gone") {
      this.chat.note("The seed is back, and knows nothing. This mesh goes on.");
    }
    this.seed = kind;
  }

  private tellConvictions(isNewcomer: boolean): void {
    for (const { peer, own, statements } of this.mesh.convictions) {
      if (this.convicted.has(peer)) continue;
      const heard = statements.flatMap(({ rumor }) =>
        rumor !== undefined && this.memory.hasHeard(rumor) ? rumor : [],
      );
      const age = isNewcomer && heard.length === 0 ? "old" : "new";
      this.convicted.set(peer, age);
      for (const rumor of heard) this.chat.withdraw(rumor);
      if (own) {
        this.chat.note("This tab is proved a cheat, and shut out.");
        continue;
      }
      const what = age === "new" ? "is proved a cheat, and shut out." : "was proved a cheat before you came.";
      const proof = button("See the proof", () => this.onProof(peer), { class: "link" });
      this.chat.note(`${this.memory.nameOf(peer)} ${what}`, "plain", proof);
      if (age === "new") this.onProof(peer);
    }
  }

  private tellBlame(peer: PeerId): void {
    if (this.blamed.has(peer)) return;
    this.blamed.add(peer);
    const name = this.memory.nameOf(peer);
    this.chat.note(
      this.mesh.laboratory.offence === undefined
        ? `${name} sent what nobody signed. Its link is cut for a minute; nothing is proved, so nobody else is told.`
        : `${name} did not believe a word, and hung up.`,
    );
  }
}
