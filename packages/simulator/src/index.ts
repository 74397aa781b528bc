/** The Grapevine core under a virtual clock and a faulty network. */
export {};
