/**
 * Parts of rooms that models simulate, or measure, alone. Not in `index.ts`: bundlers that split by files would have a page load
 * at once what its index merely names.
 */
export type { CodedSymbols, Difference, ShortIds } from "./repair/reconcile/coded-symbols.ts";
export { decodeSymbols, encodeSymbols, symbolsFor } from "./repair/reconcile/coded-symbols.ts";
export type { Bound, Item } from "./repair/reconcile/item-set.ts";
export { ItemSet } from "./repair/reconcile/item-set.ts";
export type { Salt } from "./repair/reconcile/keyed-hash.ts";
export { KeyedHash } from "./repair/reconcile/keyed-hash.ts";
export type { Answer as RangeAnswer, RangeOptions, Span } from "./repair/reconcile/range-reconciler.ts";
export { RangeReconciler } from "./repair/reconcile/range-reconciler.ts";
export { readSpans, readSymbols, writeSpans, writeSymbols } from "./wire/reconcile-codec.ts";
export {
  afterCycle,
  clear,
  firstCounter,
  noContacts,
  pulls,
  pushes,
  REMOVALS,
  REMOVED,
  SUSCEPTIBLE,
  takes,
  tell,
} from "./spreading/mongering-rules.ts";
