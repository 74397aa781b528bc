/** The sans-IO core of Grapevine: everything a peer decides, nothing that it does. */
export {};
