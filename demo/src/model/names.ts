/**
 * A name for everyone, from the peer id alone, so that each page calls a peer that has said nothing of itself by the
 * same name. They are told apart by their keys; a name is for people.
 */

const manners = [
  "Amber", "Ancient", "Bold", "Brisk", "Calm", "Candid", "Clever", "Cosmic", "Crisp", "Curious", "Dapper", "Daring",
  "Early", "Gentle", "Golden", "Happy", "Hidden", "Humble", "Jolly", "Late", "Lucky", "Mellow", "Misty", "Noble",
  "Quiet", "Rustic", "Silent", "Sunny", "Swift", "Velvet", "Wild", "Young",
] as const; // prettier-ignore

const grapes = [
  "Aglianico", "Albariño", "Aleatico", "Arinto", "Arneis", "Barbera", "Bonarda", "Cabernet", "Carignan", "Catawba",
  "Chasselas", "Cinsault", "Concord", "Cortese", "Corvina", "Dolcetto", "Dornfelder", "Fiano", "Freisa", "Furmint",
  "Gamay", "Garganega", "Glera", "Godello", "Grenache", "Grillo", "Isabella", "Kerner", "Lagrein", "Macabeo", "Malbec",
  "Marsanne", "Mencía", "Merlot", "Mourvèdre", "Muscat", "Nebbiolo", "Niagara", "Norton", "Palomino", "Picpoul",
  "Pinot", "Primitivo", "Riesling", "Roussanne", "Sangiovese", "Saperavi", "Savagnin", "Semillon", "Silvaner", "Syrah",
  "Tannat", "Tempranillo", "Teroldego", "Touriga", "Trollinger", "Ugni", "Verdejo", "Vermentino", "Vidal", "Viognier",
  "Xarello", "Zinfandel", "Zweigelt",
] as const; // prettier-ignore

/** UTF-16 units of a name that a person gives; longer ones are cut by the field and refused on receipt. */
export const nameLengthMax = 32;

export function nameOf(peer: string): string {
  const hash = hashOf(peer);
  return `${manners[hash % manners.length]!} ${grapes[(hash >>> 8) % grapes.length]!}`;
}

/** One or two capitals to write on a node; of a name without letters its first sign. */
export function initialsOf(name: string): string {
  const letters = name.split(/[\s_-]+/u).flatMap((word) => /[\p{L}\p{N}]/u.exec(word)?.[0].toUpperCase() ?? []);
  if (letters.length === 0) return signsOf(name.trim())[0] ?? "?";
  return letters.length === 1 ? letters[0]! : letters[0]! + letters.at(-1)!;
}

/** A name as it may be sent: no controls, spaces collapsed, cut between signs; undefined for an empty one. */
export function tidyName(text: string): string | undefined {
  let name = "";
  for (const sign of signsOf(text.replaceAll(/[\p{C}\s]+/gu, " ").trim())) {
    if (name.length + sign.length > nameLengthMax) break;
    name += sign;
  }
  name = name.trim();
  return name === "" ? undefined : name;
}

/** What a reader takes for one sign each, be it of one code point or of several. */
function signsOf(text: string): string[] {
  return Array.from(new Intl.Segmenter("en").segment(text), ({ segment }) => segment);
}

/** FNV-1a, 32 bits, mixed once more so that its low bits depend on all of the text (murmur3's finaliser). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
