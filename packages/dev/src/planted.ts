/** A fault that chance alone does not find: each letter must be right before the next one is looked at. */
export function planted(bytes: Uint8Array): void {
  if (bytes[0] !== 0x66) return;
  if (bytes[1] !== 0x75) return;
  if (bytes[2] !== 0x7a) return;
  if (bytes[3] !== 0x7a) return;
  throw new Error("planted");
}
