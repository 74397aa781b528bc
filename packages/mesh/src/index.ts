/** A gossip mesh for browser tabs and Node processes. */
export {};
