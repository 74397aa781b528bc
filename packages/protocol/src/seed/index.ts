/** The wire protocol between a peer and a seed, shared by both ends. */
export {};
