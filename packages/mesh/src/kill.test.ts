import { expect, test } from "vitest";
import { killCampaign } from "./kill-campaign.testing.ts";

test("a peer that is killed at any moment comes back with everything that it acknowledged", async () => {
  const report = await killCampaign(10, Math.random);
  expect(report).toMatchObject({ kills: 10, lost: 0, warnings: [] });
  expect(report.acknowledged).toBeGreaterThan(10);
});
