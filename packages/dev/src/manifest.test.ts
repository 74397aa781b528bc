// All packages carry one version and ask for each other and for everything else exactly, so that tarballs packed
// together always resolve each other; and the lock file installs on every platform, from whatever registry is set.
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  bin?: Record<string, string>;
}
interface Lock {
  packages: Record<string, { resolved?: string; link?: boolean; os?: string[]; optional?: boolean }>;
}
const read = <T>(...path: string[]): T => JSON.parse(readFileSync(join(root, ...path), "utf8")) as T;

const folders = [
  ".",
  ...readdirSync(join(root, "packages"))
    .filter((name) => name !== "bench")
    .map((name) => `packages/${name}`),
  "signaling",
  "demo",
  "e2e",
].filter((folder) => existsSync(join(root, folder, "package.json")));
const { version } = read<Manifest>("package.json");

describe.each(folders)("%s", (folder) => {
  const manifest = read<Manifest>(folder, "package.json");

  test("has the version of the whole", () => {
    expect(manifest.version).toBe(version);
  });

  test("asks for exact versions, of its sisters for its own", () => {
    const asked = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    for (const [name, range] of Object.entries(asked)) {
      if (name.startsWith("@grapevine/")) expect([name, range]).toEqual([name, version]);
      else expect([name, range]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)]);
    }
  });

  // npm links a bin at install only when its file is there; without the link, npx fetches a stranger of that name.
  test("has the file of each bin", () => {
    for (const bin of Object.values(manifest.bin ?? {})) expect(existsSync(join(root, folder, bin)), bin).toBe(true);
  });
});

describe("the lock file", () => {
  const lock = read<Lock>("package-lock.json");
  const names = Object.keys(lock.packages);

  test("names no address to download from", () => {
    const addressed = Object.values(lock.packages).filter(({ resolved, link }) => resolved !== undefined && !link);
    expect(addressed).toEqual([]);
  });

  test("agrees with every manifest", () => {
    for (const folder of folders) {
      const { dependencies, devDependencies, optionalDependencies } = read<Manifest>(folder, "package.json");
      expect(lock.packages[folder === "." ? "" : folder]).toMatchObject(
        JSON.parse(JSON.stringify({ version, dependencies, devDependencies, optionalDependencies })) as object,
      );
    }
  });

  // A family is what one package offers for several platforms: `@esbuild/linux-x64` and its sisters.
  test("has every native family for macOS on ARM", () => {
    const linux = names.filter((name) => /linux-x64(-gnu)?$/.test(name));
    expect(linux.length).toBeGreaterThan(5);
    for (const name of linux) expect(names).toContain(name.replace(/linux-x64(-gnu)?$/, "darwin-arm64"));
  });
});
