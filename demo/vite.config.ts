// In the repository the demo is served and built from every package's source: the `@grapevine/source` condition.
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  resolve: { conditions: ["@grapevine/source", ...defaultClientConditions] },
  build: { target: "es2022" },
});
