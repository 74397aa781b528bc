/**
 * The page as a whole: one session, what is known of its mesh, and the views that show it. Everything that changes ends
 * in one `render`, soon after and at most some times a second, also while the tab is hidden.
 */
import { Chronicle } from "./chronicle.ts";
import { LaboratoryDialog } from "./laboratory/laboratory-dialog.ts";
import { STORIES, type Offence } from "./laboratory/offences.ts";
import { withOutcasts } from "./laboratory/outcasts.ts";
import { VerdictView } from "./laboratory/verdict-view.ts";
import { Announcer } from "./model/announcer.ts";
import type { Join, Joined, PeerId } from "./model/face.ts";
import type { ChatMessage } from "./model/messages.ts";
import { nameOf as nameOfKey, tidyName } from "./model/names.ts";
import { nextStep, type Tried } from "./model/next-step.ts";
import { SeedWatch } from "./model/seed-watch.ts";
import { Session } from "./model/session.ts";
import type { Settings } from "./model/settings.ts";
import { Topology, type Graph } from "./model/topology.ts";
import { ChatView, NameField } from "./view/chat-view.ts";
import { Composer } from "./view/composer.ts";
import { GraphView } from "./view/graph-view.ts";
import { NumbersView, SeedView } from "./view/inside-view.ts";
import { InviteDialog } from "./view/invite-dialog.ts";
import { NextView } from "./view/next-view.ts";
import { NoticeView } from "./view/notice-view.ts";
import { PeersView, keyOf, wayTo, whyOf } from "./view/peers-view.ts";
import { StatusView } from "./view/status-view.ts";
import { TabsView } from "./view/tabs-view.ts";
import { part } from "./view/dom.ts";
import { WallView } from "./wall/wall-view.ts";

/** Between two renders. Guess: what still feels immediate. */
const renderMs = 60;
/** Ages and round trips are shown anew this often. */
const refreshMs = 1_000;

/** Of what a phone on the local network runs into. */
const slowWords = "On plain http a browser withholds its own cryptography, so signatures are checked more slowly here.";

/** What belongs to one stay in the mesh. */
interface Stay {
  readonly mesh: Joined;
  readonly topology: Topology;
  readonly chronicle: Chronicle;
  readonly announcer: Announcer;
  readonly ended: AbortController;
  /** So far. */
  tabsMost: number;
  heard: number;
  said: number;
  /** Messages of the chat by the rumor that they came in: the proof of a fork names it. */
  readonly texts: Map<string, string>;
}

export class Page {
  private readonly session: Session;
  private readonly storage: Storage;
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private stay: Stay | undefined;
  private seedWatch = new SeedWatch();
  private pending: ReturnType<typeof setTimeout> | undefined;

  private readonly graphView = new GraphView(
    part("graph", HTMLCanvasElement),
    part("tip", HTMLDivElement),
    part("seed-dot", HTMLSpanElement),
  );
  private readonly chat = new ChatView();
  private readonly composer = new Composer((text) => this.say(text));
  private readonly nameField = new NameField((text) => this.rename(text));
  private readonly peers = new PeersView((peer) => this.graphView.choose(peer));
  private readonly wall = new WallView();
  private readonly seed = new SeedView();
  private readonly numbers = new NumbersView();
  private readonly tabs = new TabsView();
  private readonly invite = new InviteDialog();
  private readonly laboratory = new LaboratoryDialog((offence) => void this.cheat(offence));
  private readonly verdict = new VerdictView(() => void this.comeBack());
  private readonly next = new NextView(() => location.href);
  private readonly status: StatusView;
  private readonly notice: NoticeView;

  constructor(settings: Settings, join: Join, storage: Storage) {
    this.storage = storage;
    this.session = new Session(settings, join, () => this.turn());
    const deeds = {
      join: () => void this.session.join(),
      leave: () => void this.session.leave(),
      pause: () => this.stay?.mesh.pause(),
      resume: () => void this.stay?.mesh.resume(),
      invite: () => void this.invite.open(),
      address: () => location.href,
    };
    this.status = new StatusView(settings.mesh, deeds);
    this.notice = new NoticeView(settings, deeds);
    this.scheme.addEventListener("change", () => this.soon());
    document.addEventListener("visibilitychange", () => this.soon());
    setInterval(() => this.soon(), refreshMs);
  }

  start(): void {
    void this.session.join();
  }

  /** The session entered another phase. */
  private turn(): void {
    const { phase } = this.session;
    const mesh = phase.kind === "joined" ? phase.mesh : undefined;
    if (this.stay !== undefined && this.stay.mesh !== mesh) {
      this.stay.announcer.stop();
      this.stay.ended.abort();
      this.stay = undefined;
    }
    if (mesh !== undefined && this.stay === undefined) this.settleIn(mesh);
    this.render();
  }

  private settleIn(mesh: Joined): void {
    const ended = new AbortController();
    const announcer = new Announcer((claim) => {
      // Paused or just leaving: then it is said on the next change, or never.
      mesh.topology.publish(claim).catch(() => {});
    });
    const topology = new Topology();
    const texts = new Map<string, string>();
    this.chat.clear();
    const stay: Stay = {
      mesh,
      topology,
      chronicle: new Chronicle(
        mesh,
        { nameOf: (peer) => topology.nameOf(peer), hasHeard: (rumor) => texts.has(rumor) },
        this.chat,
        (peer) => {
          this.verdict.open(peer);
          this.soon();
        },
      ),
      announcer,
      ended,
      tabsMost: 1,
      heard: 0,
      said: 0,
      texts,
    };
    this.stay = stay;
    this.seedWatch = new SeedWatch();
    mesh.onChange(() => this.soon());
    // The seed's story is told elsewhere.
    const warned = new Set(["seed"]);
    mesh.onWarning(({ code, message }) => {
      // The first of each kind says it all.
      if (!warned.has(code)) this.chat.note(code === "insecure-context" ? slowWords : message);
      warned.add(code);
    });
    mesh.wall.onChange(({ author }) => {
      this.graphView.spread(author, { faint: true });
      this.soon();
    });
    void this.readChat(stay);
    void this.readTopology(stay);
  }

  private async readChat(stay: Stay): Promise<void> {
    const { mesh, topology } = stay;
    const { signal } = stay.ended;
    try {
      for await (const message of mesh.chat.messages({ from: "start", signal })) {
        const arrivedMs = Date.now();
        const name = message.data.name ?? topology.nameOf(message.author);
        this.chat.message({ message, name, arrivedMs });
        keepText(stay.texts, message.id, message.data.text);
        if (message.own) stay.said++;
        else stay.heard++;
        if (message.replayed) continue;
        this.seedWatch.message();
        this.graphView.spread(message.author);
        if (!message.own) this.tabs.unread();
        this.soon();
      }
    } catch (error) {
      if (!signal.aborted) this.chat.note(`The chat stopped: ${String(error)}`);
    }
  }

  private async readTopology({ mesh, topology, ended: { signal } }: Stay): Promise<void> {
    try {
      for await (const { author, own, data, timeMs, replayed } of mesh.topology.messages({ from: "start", signal })) {
        topology.claim(author, { name: data.name, neighbors: data.neighbors }, timeMs);
        if (!replayed && !own) this.graphView.spread(author, { faint: true });
        this.soon();
      }
    } catch (error) {
      if (!signal.aborted) reportError(error);
    }
  }

  private async say(text: string): Promise<void> {
    const { stay } = this;
    if (stay === undefined) throw new Error("this page is not in the mesh");
    const message: ChatMessage = { text, name: this.ownName(stay.mesh.peerId) };
    await stay.mesh.chat.publish(message);
  }

  /** For a fork there must be something to tell: one message to some, another to the rest. */
  private async cheat(offence: Offence): Promise<void> {
    const { stay } = this;
    if (stay === undefined) return;
    const { laboratory, chat, peerId } = stay.mesh;
    await laboratory.cheat(offence);
    this.render();
    if (offence !== "fork") return;
    for (const text of STORIES) {
      const id = await chat.publish({ text, name: this.ownName(peerId) });
      keepText(stay.texts, id, text);
    }
  }

  private async comeBack(): Promise<void> {
    this.stay?.mesh.laboratory.renew();
    await this.session.leave();
    await this.session.join();
  }

  private rename(text: string): void {
    const { stay } = this;
    if (stay === undefined) return;
    const { peerId } = stay.mesh;
    const name = tidyName(text);
    const own = nameOfKey(peerId);
    if (name === undefined || name === own) this.storage.removeItem(nameKey(peerId));
    else this.storage.setItem(nameKey(peerId), name);
    this.nameField.restore(this.ownName(peerId));
    this.render();
  }

  private ownName(peer: PeerId): string {
    return this.storage.getItem(nameKey(peer)) ?? nameOfKey(peer);
  }

  private soon(): void {
    this.pending ??= setTimeout(() => this.render(), renderMs);
  }

  private render(): void {
    clearTimeout(this.pending);
    this.pending = undefined;
    const { phase } = this.session;
    const { stay } = this;
    const nowMs = Date.now();
    const scheme = this.scheme.matches ? "dark" : "light";
    const mesh = stay?.mesh;
    const neighbors = mesh?.neighbors ?? [];
    const linked = neighbors.map(({ peer }) => peer);
    const members = mesh?.members ?? [];

    if (stay !== undefined) {
      const name = this.ownName(stay.mesh.peerId);
      stay.announcer.update(name, linked);
      stay.topology.claim(stay.mesh.peerId, { name, neighbors: [] }, nowMs);
      this.nameField.show(name, stay.mesh.peerId, scheme);
    }
    const graph = stay?.topology.graph(stay.mesh.peerId, linked, members, nowMs);
    const story = mesh === undefined ? undefined : this.seedWatch.story(mesh.seeds, neighbors.length, nowMs);
    if (stay !== undefined && story !== undefined) stay.chronicle.update(story, nowMs);

    this.graphView.describe((node) => {
      const link = neighbors.find(({ peer }) => peer === node.id);
      const way = [wayTo(node, link), whyOf(link)].filter((words) => words !== "").join(", ");
      return `${node.name}\n${way}\n${keyOf(node)}`;
    });
    const convictions = mesh?.convictions ?? [];
    const nameOf = (peer: PeerId): string => stay?.topology.nameOf(peer) ?? nameOfKey(peer);
    const isShutOut = convictions.some(({ own }) => own);
    this.laboratory.show(mesh?.laboratory, isShutOut);
    this.verdict.show(convictions, nameOf, (rumor) => stay?.texts.get(rumor));
    const picture = withOutcasts(graph, stay?.chronicle.witnessed ?? [], nameOf);
    this.graphView.show(picture, story?.kind === "up");
    this.peers.show(picture, neighbors, scheme);
    this.wall.use(mesh?.wall);
    this.wall.show(nameOf, scheme);
    this.seed.show(story);
    this.numbers.show(mesh?.numbers, stay?.heard ?? 0, stay?.said ?? 0);
    this.nameField.hide(mesh === undefined);
    this.composer.enable(mesh !== undefined && mesh.state !== "left");
    this.notice.show(phase, mesh?.state, others(graph), isShutOut);
    this.status.show(phase, mesh, graph, story, isShutOut);
    this.next.show(stay === undefined || isShutOut ? undefined : nextStep(triedIn(stay, graph)));
  }
}

/** Of a conversation's last messages. Guess: nobody forks what is older. */
const textsMax = 200;

function keepText(texts: Map<string, string>, id: string, text: string): void {
  texts.set(id.slice(0, id.lastIndexOf(".")), text);
  if (texts.size > textsMax) texts.delete(texts.keys().next().value!);
}

function nameKey(peer: PeerId): string {
  return `grapevine demo name ${peer}`;
}

function others(graph: Graph | undefined): number {
  return (graph?.nodes.length ?? 1) - 1;
}

function triedIn(stay: Stay, graph: Graph | undefined): Tried {
  const { mesh, heard, said, chronicle } = stay;
  const tabs = (graph?.nodes ?? []).filter(({ kind }) => kind === "self" || kind === "page").length;
  stay.tabsMost = Math.max(stay.tabsMost, tabs);
  return {
    tabs: stay.tabsMost,
    messages: heard + said,
    squares: mesh.wall.size,
    // Whoever serves a built page decides about its seed.
    seedWasLost: chronicle.seedWasLost || !import.meta.env.DEV,
    cheats: chronicle.witnessed.length,
  };
}
