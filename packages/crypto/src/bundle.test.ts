import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";

async function bundle(source: string, minify: boolean): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    write: false,
    minify,
    format: "esm",
    platform: "browser",
    conditions: ["@grapevine/source", "browser"],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

describe("in a browser's bundle", () => {
  let text: string;

  beforeAll(async () => {
    text = await bundle('export * from "./index.ts"', false);
  });

  it("there is no trace of Node", () => {
    expect(text).not.toMatch(/node:|createPrivateKey|setImmediate|\bBuffer\b/);
    expect(text).toContain("MessageChannel");
  });

  it("everything in the package, what issues certificates included, costs at most 13 kB gzip beside tweetnacl", async () => {
    const whole = gzipSync(await bundle('export * from "./index.ts"', true)).length;
    const alone = gzipSync(await bundle('import nacl from "tweetnacl"; export default nacl', true)).length;
    expect(whole - alone).toBeLessThan(13 * 1024);
  });
});
