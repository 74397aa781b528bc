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

/**
 * A built page runs its own scripts and no others, whatever a mesh brings; it may open sockets to any seed. The server of
 * development adds scripts and styles of its own, so it goes without.
 */
const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      injectTo: "head-prepend",
      attrs: {
        "http-equiv": "Content-Security-Policy",
        content: [
          "default-src 'self'",
          "connect-src 'self' ws: wss:",
          "img-src 'self' data:",
          "object-src 'none'",
          "base-uri 'none'",
          "form-action 'none'",
        ].join("; "),
      },
    },
  ],
};

export default defineConfig({
  resolve: { conditions: ["@grapevine/source", ...defaultClientConditions] },
  build: { target: "es2022" },
  // Behind `#simple-peer` the scan does not find it; found on the way, it makes all libraries anew under a page that has begun
  // to load, and that stands still.
  optimizeDeps: { include: ["simple-peer/simplepeer.min.js"] },
  plugins: [lanAddresses, leanSimplePeer, contentSecurityPolicy],
});
