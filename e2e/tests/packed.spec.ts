import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "../support/fixtures.ts";
import type { Project } from "../support/packed.ts";
import { compiler, documentedPrograms, installPacked, readmeProgram } from "../support/packed.ts";

test.describe.configure({ mode: "serial" });

let project: Project;
test.beforeAll(async () => {
  test.setTimeout(180_000);
  const root = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const more = ["vite", "zod", "@types/node"].map((name) => `${name}@${root.devDependencies[name]!}`);
  project = await installPacked(more);
});
test.afterAll(() => project.remove());

test("README's five lines run in Node from the packed packages, and exit promptly after leave()", async ({ seed }) => {
  const program = (await readmeProgram()).replace("ws://localhost:7700", seed.url);
  await project.write("five-lines.js", `${program}\nawait mesh.leave();\n`);
  // Without the leave the process would stay; with it, nothing keeps it. Killed here, it would reject.
  const { stdout } = await project.run(process.execPath, ["five-lines.js"], 20_000);
  expect(stdout).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44} \{ text: 'hello' \}\n$/);
});

test("the same five lines run in a fresh Vite app with no configuration; nothing of wrtc is bundled, and maps come later", async ({
  browser,
  page,
  seed,
}) => {
  const program = (await readmeProgram()).replace("ws://localhost:7700", seed.url);
  await project.write(
    "index.html",
    `<!doctype html><title>five lines</title><script type="module" src="/main.js"></script>`,
  );
  await project.write(
    "main.js",
    `${program}
const colors = mesh.map("colors");
await colors.set("sky", "blue");
console.info(colors.get("sky"));
`,
  );
  await project.run(
    process.execPath,
    [join("node_modules", "vite", "bin", "vite.js"), "build", "--target", "es2022"],
    60_000,
  );

  const assets = join(project.dir, "dist", "assets");
  const files = new Map<string, string>();
  for (const name of await readdir(assets)) files.set(`/assets/${name}`, await readFile(join(assets, name), "utf8"));
  const traces = [...files.values()].flatMap((script) => script.match(/@roamhq|wrtc\.node|["'`]node:/g) ?? []);
  expect(traces).toEqual([]);
  files.set("/", await readFile(join(project.dir, "dist", "index.html"), "utf8"));

  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const body = files.get(request.url ?? "");
    const type = request.url === "/" ? "text/html" : "text/javascript";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const said = page.waitForEvent("console", (message) => message.type() === "log");
    const stored = page.waitForEvent("console", (message) => message.type() === "info");
    const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
    await page.goto(url);
    const [author, data] = (await said).args();
    const first = (await author!.jsonValue()) as string;
    expect(first).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
    expect(await data!.jsonValue()).toEqual({ text: "hello" });
    expect((await stored).text()).toBe("blue");
    // The page itself names neither; keys do not change here, so their rooms are not asked for at all.
    expect(files.get("/")).not.toMatch(/later-rooms|key-rooms/);
    expect(asked.filter((url) => /later-rooms|key-rooms/.test(url))).toEqual([expect.stringMatching(/later-rooms/)]);

    // Another page is linked to by the simple-peer that is published for pages.
    const heard = page.waitForEvent("console", (message) => message.type() === "log");
    const other = await browser.newPage();
    await other.goto(url);
    expect(await (await heard).args()[0]!.jsonValue()).not.toBe(first);
    await other.close();
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

/** What the documents' programs leave to their readers: the rest of an application. */
const readersOwn = `
import type { Mesh as JoinedMesh, PeerId, Topic } from "@grapevine/mesh";
import type { startSeed as start } from "@grapevine/signaling";
import type { z as zod } from "zod";

declare global {
  const mesh: JoinedMesh;
  const peer: PeerId;
  const seeds: readonly string[];
  const key: string;
  const list: readonly { celsius: number }[];
  const readings: Topic<{ celsius: number }>;
  const render: (...values: readonly unknown[]) => void;
  const startSeed: typeof start;
  const z: typeof zod;
}
`;

test("every program in the documents compiles from the packed packages, with libraries checked, as bundlers and as Node resolve", async () => {
  test.setTimeout(120_000);
  const programs = await documentedPrograms();
  expect(programs.size).toBeGreaterThan(10);
  for (const [name, program] of programs) await project.write(name, `${program}\nexport {};\n`);
  await project.write("readers-own.d.ts", readersOwn);
  const files = [...programs.keys(), "readers-own.d.ts"];
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true };
  for (const moduleResolution of ["bundler", "nodenext"]) {
    const module = moduleResolution === "bundler" ? "esnext" : "nodenext";
    const settings = { ...strict, skipLibCheck: false, target: "es2022", module, moduleResolution };
    // Without the types of a page: a program for Node has none.
    const compilerOptions = { ...settings, lib: ["es2022"], types: ["node"] };
    await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    const said = await project.run(process.execPath, [compiler, "-p", "."], 60_000).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    expect(said, moduleResolution).toBe("");
  }
});

test("a page's program compiles without the types of Node", async () => {
  await project.write("page.ts", await readmeProgram());
  const settings = { strict: true, noEmit: true, skipLibCheck: false, target: "es2022", module: "esnext" };
  const compilerOptions = { ...settings, moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] };
  await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["page.ts"] }));
  await project.run(process.execPath, [compiler, "-p", "."], 60_000);
});
