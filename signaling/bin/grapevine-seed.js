#!/usr/bin/env node
// The `grapevine-seed` command. npm links a bin only when its file exists at install, so this small one is committed:
// in a checkout (only there does a tsconfig.json lie beside the package) it runs the source, elsewhere the compiled file.
import { existsSync } from "node:fs";

if (existsSync(new URL("../tsconfig.json", import.meta.url))) {
  await import("../../packages/dev/from-source.js");
  await import("../src/cli.ts");
} else {
  await import("../dist/cli.js");
}
