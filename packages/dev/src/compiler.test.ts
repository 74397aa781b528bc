// The compiler guards the floor plan too: a package sees only what its project refers to, so a reversed import fails
// `tsc -b`, and the core's project knows neither the browser nor Node. Shown on a copy of the real projects' settings.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const house = mkdtempSync(join(tmpdir(), "grapevine-compiler-"));
afterAll(() => rmSync(house, { recursive: true }));

mkdirSync(join(house, "node_modules/@grapevine"), { recursive: true });
cpSync(join(root, "tsconfig.json"), join(house, "tsconfig.json"));
for (const name of ["protocol", "crypto"]) {
  mkdirSync(join(house, `packages/${name}/src`), { recursive: true });
  for (const file of ["package.json", "tsconfig.json"])
    cpSync(join(root, `packages/${name}/${file}`), join(house, `packages/${name}/${file}`));
  symlinkSync(join(house, `packages/${name}`), join(house, `node_modules/@grapevine/${name}`), "junction");
}
symlinkSync(join(root, "node_modules/@types"), join(house, "node_modules/@types"), "junction");

/** Compiles protocol and crypto, each with one file of the given text, and returns what the compiler says. */
function compile(protocol: string, crypto: string): string {
  writeFileSync(join(house, "packages/protocol/src/index.ts"), protocol);
  writeFileSync(join(house, "packages/crypto/src/index.ts"), crypto);
  const run = spawnSync(join(root, "node_modules/.bin/tsc"), ["-b", "packages/crypto"], {
    cwd: house,
    encoding: "utf8",
  });
  return run.status === 0 ? "compiles" : run.stdout;
}

test("an import along the floor plan compiles", () => {
  expect(compile("export const one: number = 1;\n", `export { one } from "@grapevine/protocol";\n`)).toBe("compiles");
});

test("a reversed import does not compile", () => {
  expect(compile(`export { two } from "@grapevine/crypto";\n`, "export const two: number = 2;\n")).toMatch(
    /packages\/protocol\/src\/index\.ts.*error TS6(059|307)/s,
  );
});

test.each(["setTimeout(() => {}, 1)", "performance.now()", "process.exit()", "document.title", "fetch('x')"])(
  "the core does not know %s",
  (call) => {
    expect(compile(`void (${call});\n`, "export {};\n")).toMatch(/packages\/protocol.*error TS2(304|58\d|591)/s);
  },
);
