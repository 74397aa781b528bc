/**
 * Serves the page under test from memory, bundled from the sources as a user's bundler would bundle what is published: with
 * no shim, and with the simple-peer that pages get.
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

export interface PageServer {
  /** `http://localhost:port/`: a secure context, as a deployed page is. */
  readonly url: string;
  close(): Promise<void>;
}

const page = fileURLToPath(new URL("../page/", import.meta.url));

export async function startPageServer(): Promise<PageServer> {
  const { leanSimplePeer } = (await import(new URL("../../packages/dev/simple-peer.js", import.meta.url).href)) as {
    leanSimplePeer: Plugin;
  };
  const bundle = await build({
    entryPoints: [`${page}tab.ts`],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@grapevine/source"],
    plugins: [leanSimplePeer],
    write: false,
    logLevel: "error",
  });
  const script = bundle.outputFiles[0]!.text;
  const html = await readFile(`${page}index.html`, "utf8");
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const found =
      path === "/"
        ? { type: "text/html", body: html }
        : path === "/tab.js"
          ? { type: "text/javascript", body: script }
          : undefined;
    response.writeHead(found === undefined ? 404 : 200, {
      "content-type": `${found?.type ?? "text/plain"}; charset=utf-8`,
    });
    response.end(found?.body ?? "nothing here");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}
