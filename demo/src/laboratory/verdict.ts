/** A conviction in plain words: who, what, and the two statements that cannot both be true. */
import type { Conviction, PeerId } from "../model/face.ts";

export interface Side {
  /** "It signed", "and it signed". */
  readonly lead: string;
  /** What it told us there, where it was a message that came here. */
  readonly quote: string;
  readonly detail: string;
  readonly signature: string;
}

export interface Verdict {
  readonly title: string;
  readonly place: string;
  readonly sides: readonly [Side, Side];
  readonly close: string;
}

/** `textOf`: the message in this rumor, as far as it was shown here. */
export function verdictOf(
  { peer, own, offence, statements }: Conviction,
  nameOf: (peer: PeerId) => string,
  textOf: (rumor: string) => string | undefined,
): Verdict {
  const texts = statements.map(({ rumor }) => (rumor === undefined ? undefined : textOf(rumor)));
  const heard = texts.some((text) => text !== undefined);
  const side = (i: 0 | 1, lead: string): Side => {
    const { says, signature, rumor } = statements[i];
    const unseen = rumor === undefined ? "" : heard ? "Something else, told to others." : "Not told to this tab.";
    return { lead, quote: texts[i] === undefined ? unseen : `“${texts[i]}”`, detail: shortened(says), signature };
  };
  return {
    title: own ? "You are proved a cheat" : `${nameOf(peer)} is proved a cheat`,
    place: (own ? OWN_PLACES : PLACES)[offence] ?? "Two statements for one place.",
    sides: [side(0, own ? "This tab signed" : "It signed"), side(1, "and for the same place")],
    close: own
      ? "Every honest peer holds these two signatures now, and has hung up for good. No vote, no reputation: they prove it alone. The key is burnt, you are not."
      : "Both signatures check out, so it cheated, whoever says so. Everybody comes to the same verdict and shuts it out, for good.",
  };
}

/** For the eye: the time without its day, keys and hashes by their first letters. */
export function shortened(says: string): string {
  return says.replaceAll(/\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\.\d+Z/g, "$1 UTC").replaceAll(/\b(\w{12})\w{20,}/g, "$1…");
}

const PLACES: Readonly<Record<string, string>> = {
  fork: "One place in its log, two messages: some were told this, others that.",
  "double-mint": "One period, two advertisements of itself: one is allowed.",
  "double-transfer": "One advertisement, given away twice: it may be handed on once.",
};

const OWN_PLACES: Readonly<Record<string, string>> = {
  ...PLACES,
  fork: "One place in your log, two messages: some were told this, others that.",
  "double-mint": "One period, two advertisements of yourself: one is allowed.",
};
