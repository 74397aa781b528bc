import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "../support/fixtures.ts";
import type { Project } from "../support/packed.ts";
import { installPacked, readmeProgram } from "../support/packed.ts";

test.describe.configure({ mode: "serial" });

let project: Project;
test.beforeAll(async () => {
  test.setTimeout(180_000);
  const root = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  project = await installPacked([`vite@${root.devDependencies["vite"]!}`]);
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
