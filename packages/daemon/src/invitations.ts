// Keys and invitations on the command line: a root key in a file of its owner's alone, invitations that it signs, and
// the identity of a peer. What is secret is printed only where it is what was asked for.
import { link, open, readFile, rm, stat } from "node:fs/promises";
import type { InviteOptions, RoleName, Root } from "@grapevine/mesh/issuing";

export interface InviteFlags {
  root: string;
  role: RoleName;
  name?: string;
  days?: number;
  to?: string;
  mayInvite?: true;
  seed: readonly string[];
  page?: string;
}

const DAY_MS = 86_400_000;
const ROOT_BYTES_MAX = 4_096;

/** Makes a root key for a mesh. Never over a file that is there: the key in it could not be made again. */
export async function makeRoot(file: string, mesh: string): Promise<Root> {
  const { createRoot, exportRoot } = await import("@grapevine/mesh/issuing");
  const root = createRoot(mesh);
  const text = `${JSON.stringify({ version: 1, mesh: root.mesh, root: exportRoot(root) })}\n`;
  const beside = `${file}.new-${process.pid}`;
  try {
    const handle = await open(beside, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link, for unlike a rename it fails where there is a file already.
    await link(beside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`expected no file at ${file}, got one: a root key is never written over`, { cause: error });
  } finally {
    await rm(beside, { force: true });
  }
  return root;
}

export async function readRoot(file: string): Promise<Root> {
  const { importRoot } = await import("@grapevine/mesh/issuing");
  const { mode, size } = await stat(file).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`expected the file of a root key, made by grapevine root, got ${file}: ${why}`, { cause: error });
  });
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new Error(`expected a root key that its owner alone can read, got ${file}: run chmod 600 on it`);
  }
  const text = size <= ROOT_BYTES_MAX ? await readFile(file, "utf8") : "";
  const kept = parse(text);
  if (typeof kept?.mesh !== "string" || typeof kept.root !== "string") {
    throw new Error(`expected a file made by grapevine root, got ${file}`);
  }
  return importRoot(kept.mesh, kept.root);
}

function parse(text: string): { readonly mesh?: unknown; readonly root?: unknown } | null {
  try {
    return JSON.parse(text) as ReturnType<typeof parse>;
  } catch {
    // Not as a cause: the parser's message repeats what it read.
    return null;
  }
}

/** An invitation: its word, and its link where a page is named. */
export async function makeInvite(flags: InviteFlags, nowMs: number): Promise<{ invite: string; link?: string }> {
  const { inviteLink, inviteText, issueInvite } = await import("@grapevine/mesh/issuing");
  const options: InviteOptions = {
    role: flags.role,
    name: flags.name,
    to: flags.to,
    seeds: flags.seed,
    mayInvite: flags.mayInvite,
    expiryMs: flags.days === undefined ? undefined : Math.round(nowMs + flags.days * DAY_MS),
  };
  const invite = await issueInvite({ root: await readRoot(flags.root) }, options);
  return { invite: inviteText(invite), ...(flags.page !== undefined && { link: inviteLink(invite, flags.page) }) };
}

/** The id of the peer whose key is in this file, which is made when there is none. */
export async function showIdentity(file: string, warn: (message: string) => void): Promise<string> {
  const { openIdentity } = await import("@grapevine/mesh/issuing");
  const kept = await openIdentity({ path: file, onWarning: warn });
  await kept.close();
  return kept.identity.peerId;
}
