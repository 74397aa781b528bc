/** Links between Grapevine peers: WebRTC, in-memory, and the seed client. */
export {};
