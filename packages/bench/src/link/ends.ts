/**
 * One end of a connection: a Link as the mesh's driver uses it, over the platform's engine or over the second one, or a bare data channel of @roamhq/wrtc or of a tab used as well as it
 * can be without packing: one message a frame, watched by `bufferedAmount` against a mark of 1 MiB.
 */
import { createWebRtcEngine, type Link, type LinkEngine } from "@grapevine/links";

export type Kind = "link" | "link-ndc" | "raw";
export type Signal =
  | { readonly bytes: Uint8Array }
  | { readonly sdp: RTCSessionDescriptionInit }
  | { readonly candidate: RTCIceCandidateInit };

export interface End {
  signal(signal: Signal): void;
  readonly ready: Promise<void>;
  /** Send `total` bytes in frames of `size`. */
  send(size: number, total: number): Promise<void>;
  /** Bytes received since the last reset; `onReceived` after each frame. */
  received: number;
  onReceived: () => void;
  close(): Promise<void>;
}

const nothing = (): void => {};
/** A tab has its own; the name is hidden from bundlers. */
const native = globalThis.RTCPeerConnection as typeof RTCPeerConnection | undefined;
const wrtc = "@roamhq/wrtc";
const PeerConnection =
  native ??
  ((await import(wrtc)) as { default: { RTCPeerConnection: typeof RTCPeerConnection } }).default.RTCPeerConnection;
const ndc = "@grapevine/links/node-datachannel";
const nodeDatachannel =
  native === undefined ? ((await import(ndc)) as { nodeDatachannel: () => unknown }).nodeDatachannel : undefined;
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(0);
  });
const SLICE_BYTES = 64 * 1024;

export function openEnd(kind: Kind, role: "offer" | "answer", onSignal: (signal: Signal) => void): End {
  if (kind === "raw") return new RawEnd(role, onSignal);
  const engine = kind === "link" ? {} : { wrtc: nodeDatachannel!() };
  return new LinkEnd(createWebRtcEngine({ iceServers: [], ...engine }), role, onSignal);
}

class LinkEnd implements End {
  received = 0;
  onReceived: () => void = nothing;
  readonly ready: Promise<void>;
  private readonly engine: LinkEngine;
  private link: Link | undefined;
  private writable = true;
  private wake = nothing;
  private open!: (offer?: Uint8Array) => void;

  constructor(engine: LinkEngine, role: "offer" | "answer", onSignal: (signal: Signal) => void) {
    this.engine = engine;
    this.ready = new Promise((resolve, reject) => {
      this.open = (offer) => {
        this.link = this.engine.open(
          role,
          {
            onSignal: (bytes) => onSignal({ bytes }),
            onOpen: () => resolve(),
            onFrame: (_, frame) => {
              this.received += frame.length;
              this.onReceived();
            },
            onWritable: (writable) => {
              this.writable = writable;
              if (writable) this.wake();
            },
            onClose: (reason) => reject(new Error(`a link ended: ${reason}`)),
          },
          offer,
        );
      };
    });
    this.ready.catch(nothing);
    if (role === "offer") this.open();
  }

  signal(signal: Signal): void {
    if (!("bytes" in signal)) return;
    if (this.link === undefined) this.open(signal.bytes);
    else this.link.signal(signal.bytes);
  }

  async send(size: number, total: number): Promise<void> {
    const frame = new Uint8Array(size).fill(7);
    for (let sent = 0; sent < total;) {
      for (let slice = 0; slice < SLICE_BYTES && sent < total; slice += size, sent += size)
        this.link!.send("data", frame);
      await turn();
      if (!this.writable) await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async close(): Promise<void> {
    await this.engine.close();
  }
}

class RawEnd implements End {
  received = 0;
  onReceived: () => void = nothing;
  readonly ready: Promise<void>;
  private readonly connection: RTCPeerConnection;
  private readonly channel: RTCDataChannel;
  private readonly role: "offer" | "answer";
  private readonly onSignal: (signal: Signal) => void;
  private early: RTCIceCandidateInit[] | undefined = [];

  constructor(role: "offer" | "answer", onSignal: (signal: Signal) => void) {
    this.role = role;
    this.onSignal = onSignal;
    this.connection = new PeerConnection();
    this.connection.onicecandidate = ({ candidate }) => {
      if (candidate)
        onSignal({
          candidate: {
            candidate: candidate.candidate,
            sdpMid: candidate.sdpMid,
            sdpMLineIndex: candidate.sdpMLineIndex,
          },
        });
    };
    this.channel = this.connection.createDataChannel("raw", { negotiated: true, id: 0 });
    this.channel.binaryType = "arraybuffer";
    this.ready = new Promise((resolve) => this.channel.addEventListener("open", () => resolve()));
    this.channel.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      this.received += data.byteLength;
      this.onReceived();
    });
    if (role === "offer") void this.describe();
  }

  private async describe(): Promise<void> {
    const { connection, role } = this;
    await connection.setLocalDescription(
      role === "offer" ? await connection.createOffer() : await connection.createAnswer(),
    );
    const { type, sdp } = connection.localDescription!;
    this.onSignal({ sdp: { type, sdp } });
  }

  signal(signal: Signal): void {
    void this.take(signal);
  }

  private async take(signal: Signal): Promise<void> {
    const { connection } = this;
    if ("candidate" in signal) {
      if (this.early === undefined) await connection.addIceCandidate(signal.candidate);
      else this.early.push(signal.candidate);
    } else if ("sdp" in signal) {
      await connection.setRemoteDescription(signal.sdp);
      const early = this.early ?? [];
      this.early = undefined;
      for (const candidate of early) await connection.addIceCandidate(candidate);
      if (this.role === "answer") await this.describe();
    }
  }

  async send(size: number, total: number): Promise<void> {
    const frame = new Uint8Array(size).fill(7);
    for (let sent = 0, slice = 0; sent < total; sent += size) {
      this.channel.send(frame);
      if ((slice += size) < 4 * SLICE_BYTES) continue;
      slice = 0;
      do await turn();
      while (this.channel.bufferedAmount > 1024 * 1024);
    }
  }

  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }
}
