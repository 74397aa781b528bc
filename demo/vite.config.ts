// In the repository the demo is served and built from every package's source: the `@grapevine/source` condition.
import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/**
 * Answers at /lan.json with this server's addresses on the local network, for a page that was opened as localhost and
 * shows a phone where to go. Without `--host` the list is empty, and a built page finds nothing there.
 */
const lanAddresses: Plugin = {
  name: "lan-addresses",
  configureServer(server) {
    server.middlewares.use("/lan.json", (_request, response) => {
      const hosts = (server.resolvedUrls?.network ?? []).map((url) => new URL(url).hostname);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(hosts));
    });
  },
};

/** A built page has the simple-peer of published pages, which the build makes before it (`packages/dev/simple-peer.js`). */
const leanSimplePeer: Plugin = {
  name: "lean-simple-peer",
  apply: "build",
  enforce: "pre",
  resolveId: (id) =>
    id === "#simple-peer"
      ? fileURLToPath(new URL("../packages/links/dist/simple-peer.js", import.meta.url))
      : undefined,
};

export default defineConfig({
  resolve: { conditions: ["@grapevine/source", ...defaultClientConditions] },
  build: { target: "es2022" },
  plugins: [lanAddresses, leanSimplePeer],
});
