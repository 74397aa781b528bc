// A tab in Firefox, where there is a Firefox (GRAPEVINE_FIREFOX names one elsewhere; CI installs it).
import { serveBundle } from "../support/bundle.ts";
import { firefox, openFirefox } from "../support/firefox.ts";
import { expect, test } from "../support/fixtures.ts";

for (const program of firefox === undefined ? [] : [firefox]) {
  test("a tab in Firefox is linked to a tab in Chromium and to a Node peer, and all hear each other", async ({
    mesh,
    seed,
    openTab,
    openNodePeer,
  }) => {
    const server = await serveBundle();
    const tab = await openTab();
    const node = await openNodePeer();
    const close = await openFirefox(program, server.address(mesh, seed.url, "from Firefox"));
    try {
      await expect.poll(() => tab.heard(), { timeout: 45_000 }).toContain("from Firefox");
      await expect.poll(async () => (await tab.neighbors()).length, { timeout: 20_000 }).toBe(2);
      await tab.publish("from Chromium");
      node.publish("from Node");
      const heard = (): string[] => node.heard.map(({ data }) => String(data));
      await expect.poll(heard).toContain("from Firefox heard from Chromium");
      await expect.poll(heard).toContain("from Firefox heard from Node");
    } finally {
      await close();
      server.close();
    }
  });
}
