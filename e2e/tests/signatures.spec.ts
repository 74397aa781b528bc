// One verdict on signatures: the vectors for each class on which libraries disagree, through WebCrypto and tweetnacl of
// Chromium and of Firefox. (tweetnacl, node:crypto and WebCrypto of Node: packages/crypto/src/signatures/vectors.test.ts.)
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { build } from "esbuild";
import { firefox, openFirefox } from "../support/firefox.ts";

interface Verdicts {
  readonly userAgent: string;
  readonly classes: readonly string[];
  readonly disagreements: Readonly<Record<string, readonly string[]>>;
  readonly raw: Readonly<Record<string, readonly string[]>>;
}

const CLASSES = ["small-order-a", "small-order-r", "s-not-reduced", "non-canonical-a", "non-canonical-r", "mixed-both"];

async function serveVectors(): Promise<{ url: string; verdicts: Promise<Verdicts>; close: () => void }> {
  const crypto = new URL("../../packages/crypto/", import.meta.url);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("src/browser-verdicts.testing.ts", crypto))],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: ["@grapevine/source", "browser"],
    logLevel: "error",
  });
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    "/": ["text/html", '<!doctype html><body></body><script type="module" src="/page.js"></script>'],
    "/page.js": ["text/javascript", outputFiles[0]!.text],
    "/vectors.json": ["application/json", await readFile(new URL("vectors/ed25519.json", crypto), "utf8")],
  };
  let settle: (verdicts: Verdicts) => void;
  const verdicts = new Promise<Verdicts>((resolve) => (settle = resolve));
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      let text = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => (text += chunk));
      request.on("end", () => settle(JSON.parse(text) as Verdicts));
    }
    const [type, body] = files[request.url ?? ""] ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": type });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://localhost:${port}/`, verdicts, close };
}

function expectOneVerdict({ classes, disagreements }: Verdicts): void {
  expect(classes).toEqual(expect.arrayContaining(CLASSES));
  expect(disagreements).toEqual({ tweetnacl: [], webcrypto: [], verify: [] });
}

test("Chromium gives the one verdict on every class of signatures on which libraries disagree", async ({ page }) => {
  const server = await serveVectors();
  try {
    await page.goto(server.url);
    const verdicts = await server.verdicts;
    expectOneVerdict(verdicts);
    // What the rule is for: without it the two would not agree.
    expect(verdicts.raw["tweetnacl"]).not.toEqual(verdicts.raw["webcrypto"]);
  } finally {
    server.close();
  }
});

for (const program of firefox === undefined ? [] : [firefox]) {
  test("Firefox gives the one verdict on every class of signatures on which libraries disagree", async () => {
    const server = await serveVectors();
    const close = await openFirefox(program, server.url);
    try {
      const verdicts = await server.verdicts;
      expect(verdicts.userAgent).toContain("Firefox");
      expectOneVerdict(verdicts);
    } finally {
      await close();
      server.close();
    }
  });
}
