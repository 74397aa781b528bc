// What must be true before anything else can run: a fit Node and the very packages that the lock file names. It is plain
// JavaScript on built-ins, because on a fresh clone nothing else is there. When nothing changed it costs one hash.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Checks Node's version and installs the locked packages when they are not those already installed. */
export function setUp() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Grapevine needs Node 20.19 or newer, and this is ${process.versions.node}.`);
    process.exit(1);
  }

  const marker = `${root}/node_modules/.grapevine-installed`;
  const wanted = createHash("sha256")
    .update(readFileSync(`${root}/package-lock.json`))
    .update(`${process.platform} ${process.arch}`)
    .digest("hex");
  if (contentOf(marker) === wanted) return;

  console.log("Installing the locked packages (npm ci) ...");
  // npm names itself to its scripts: a path to a .js file, which only Node can run, or the name on the path.
  const npm = process.env.npm_execpath;
  const [command, ...args] = npm?.endsWith("js") ? [process.execPath, npm, "ci"] : [npm ?? "npm", "ci"];
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error("npm ci failed: see above.");
    process.exit(1);
  }
  writeFileSync(marker, wanted);
}

/** The text of a file, or nothing when there is none.
 * @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
