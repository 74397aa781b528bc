/** A WebRTC peer without a Link, for saying what no Link would say. */
import { createRequire } from "node:module";
import { decodeSignal, encodeSignal } from "./signal.ts";

type PlatformWebRtc = Pick<typeof globalThis, "RTCPeerConnection" | "RTCSessionDescription" | "RTCIceCandidate">;

export const wrtc: PlatformWebRtc = createRequire(import.meta.url)("@roamhq/wrtc") as PlatformWebRtc;

export class RawPeer {
  readonly connection: RTCPeerConnection = new wrtc.RTCPeerConnection({ iceServers: [] });
  readonly control: RTCDataChannel = this.connection.createDataChannel("control", { negotiated: true, id: 0 });
  readonly data: RTCDataChannel = this.connection.createDataChannel("data", { negotiated: true, id: 1 });

  /** Answer a Link's offer. */
  async answer(offer: Uint8Array, rewrite: (sdp: string) => string = (sdp) => sdp): Promise<Uint8Array> {
    const sdp = rewrite(new TextDecoder().decode(decodeSignal(offer, "offer")!.body));
    await this.connection.setRemoteDescription({ type: "offer", sdp });
    await this.connection.setLocalDescription(await this.connection.createAnswer());
    const body = new TextEncoder().encode(await this.#gathered());
    return encodeSignal({ role: "answer", messageBytesMax: 16 * 1024, body });
  }

  async opened(): Promise<void> {
    for (const channel of [this.control, this.data]) {
      if (channel.readyState === "open") continue;
      await new Promise((resolve) => channel.addEventListener("open", resolve));
    }
  }

  close(): void {
    this.connection.close();
  }

  #gathered(): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.connection.iceGatheringState === "complete") resolve(this.connection.localDescription!.sdp);
      };
      this.connection.addEventListener("icegatheringstatechange", look);
      look();
    });
  }
}
