/**
 * simple-peer 9.11.1, and the parts of its inside that our cures touch: its own browser build, which bundles with no
 * polyfill, or in pages what `packages/dev/simple-peer.js` makes of it, which leaves out streams and buffers. The version is
 * pinned; `webrtc-connection.test.ts` fails when one of them is gone.
 */
declare module "#simple-peer" {
  interface Options {
    initiator: boolean;
    trickle: boolean;
    config: RTCConfiguration;
    channelName: string;
    channelConfig: RTCDataChannelInit;
    iceCompleteTimeout: number;
    wrtc: object;
  }
  export default class SimplePeer {
    constructor(options: Options);
    destroyed: boolean;
    destroying: boolean;
    /** Undefined when the constructor of RTCPeerConnection threw, null once destroyed. */
    _pc?: RTCPeerConnection | null;
    _channel: RTCDataChannel | null;
    _connecting?: boolean;
    _iceComplete: boolean;
    emit(event: "_iceComplete"): boolean;
    _iceCompleteTimer: ReturnType<typeof setTimeout> | null;
    signal(data: { type: string; sdp: string }): void;
    destroy(): void;
    on(event: "signal", listener: (data: { type: string; sdp?: string }) => void): this;
    on(event: "iceStateChange", listener: (connection: string, gathering: string) => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    on(event: "signalingStateChange" | "close", listener: () => void): this;
  }
}
