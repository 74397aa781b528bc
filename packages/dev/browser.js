// Finds a browser for Playwright: the one that is named, the one that Playwright would use, one that the system has,
// and only then a download.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";
import { root } from "./setup.js";

const systemBrowsers = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The path of a browser that exists; throws, naming everything that was tried, when there is none. */
export function findBrowser() {
  const named = process.env.GRAPEVINE_BROWSER;
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return named;
    throw new Error(`GRAPEVINE_BROWSER names ${named}, which does not exist.`);
  }
  const found = [chromium.executablePath(), ...systemBrowsers].find((path) => existsSync(path));
  if (found !== undefined) return found;

  console.log("No browser found; installing Playwright's Chromium ...");
  spawnSync(process.execPath, [`${root}/node_modules/@playwright/test/cli.js`, "install", "chromium"], {
    stdio: "inherit",
  });
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  throw new Error(
    `No browser: GRAPEVINE_BROWSER is not set; nothing at ${chromium.executablePath()}; ` +
      `none of ${systemBrowsers.join(", ")}; and \`playwright install chromium\` failed.`,
  );
}
