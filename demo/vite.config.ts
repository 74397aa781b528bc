// In the repository the demo is served and built from every package's source: the `@grapevine/source` condition.
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

export default defineConfig({
  resolve: { conditions: ["@grapevine/source", ...defaultClientConditions] },
  build: { target: "es2022" },
  plugins: [lanAddresses],
});
