/** Firefox, when there is one: started with a page, a profile of its own and no window, and ended by its own handle. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const places = ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/** The program that GRAPEVINE_FIREFOX names, else one in its usual place, else undefined. */
export const firefox: string | undefined = process.env["GRAPEVINE_FIREFOX"] || places.find((path) => existsSync(path));

/** No first-run pages, no updates, no telemetry: it is to load this one page and nothing else. */
const preferences = [
  'user_pref("browser.shell.checkDefaultBrowser", false);',
  'user_pref("browser.aboutwelcome.enabled", false);',
  'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
  'user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);',
  'user_pref("app.update.disabledForTesting", true);',
  'user_pref("app.normandy.enabled", false);',
  'user_pref("network.captive-portal-service.enabled", false);',
  'user_pref("network.connectivity-service.enabled", false);',
].join("\n");

/** Opens a page. Returns what ends the browser. */
export async function openFirefox(program: string, url: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), "grapevine-firefox-"));
  await writeFile(join(profile, "user.js"), preferences);
  const child = spawn(program, ["--headless", "--no-remote", "--profile", profile, url], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}
