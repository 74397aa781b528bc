// The `grapevine` command line.
export {};
