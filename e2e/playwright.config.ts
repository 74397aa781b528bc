// Real tabs, real Node peers, a real seed. The browser is the one that GRAPEVINE_BROWSER names, as `npm test` sets it;
// retries stay off, because a test that passes at the second try hides a race.
import { defineConfig } from "@playwright/test";

const executablePath = process.env["GRAPEVINE_BROWSER"];

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.ts",
  outputDir: "../.reports/e2e",
  fullyParallel: false,
  // Most of a test is waiting for silence to be noticed: two share two cores well.
  workers: 2,
  retries: 0,
  forbidOnly: process.env["CI"] !== undefined,
  timeout: 60_000,
  use: {
    browserName: "chromium",
    trace: "retain-on-failure",
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      // Chromium refuses its sandbox to root.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
