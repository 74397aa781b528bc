/** What all that take part in a late join agree on. */
export const MESH = "bench-late";
/** A secret spares the proof of work of an open mesh. */
export const SECRET: Uint8Array = new Uint8Array(32).fill(42);
export const TOPIC = "late";
