/** Identities, signatures, sealing and the link handshake of Grapevine. */
export {};
