/** The Grapevine peer for servers and its command line. */
export {};
