/** `npm run soak -- kill [kills]`: the long campaign, with its numbers on standard output. */
import { killCampaign } from "./kill-campaign.testing.ts";

const kills = Number(process.argv[2] ?? 500);
const startMs = performance.now();
const report = await killCampaign(kills, Math.random, (done) => {
  if (done > 0 && done % 50 === 0) process.stderr.write(`${done} of ${kills} kills\n`);
});
const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
process.stdout.write(`${JSON.stringify({ ...report, seconds: Number(seconds) })}\n`);
process.exit(report.lost === 0 && report.warnings.length === 0 ? 0 : 1);
