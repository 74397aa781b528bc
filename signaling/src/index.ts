/** The Grapevine seed: introduces newcomers over WebSocket, trusted with nothing. */
export {};
