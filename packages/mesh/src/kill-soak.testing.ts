/** `npm run soak -- kill [kills]`: the long campaign, fifty kills to a store, with its numbers on standard output. */
import { killCampaign, type KillReport } from "./kill-campaign.testing.ts";

const KILLS_PER_STORE = 50;
const kills = Number(process.argv[2] ?? 500);
const startMs = performance.now();
let sum: KillReport = { kills: 0, killedAtStart: 0, acknowledged: 0, lost: 0, unacknowledged: 0, warnings: [] };
while (sum.kills < kills) {
  const report = await killCampaign(Math.min(KILLS_PER_STORE, kills - sum.kills), Math.random);
  sum = {
    kills: sum.kills + report.kills,
    killedAtStart: sum.killedAtStart + report.killedAtStart,
    acknowledged: sum.acknowledged + report.acknowledged,
    lost: sum.lost + report.lost,
    unacknowledged: sum.unacknowledged + report.unacknowledged,
    warnings: [...sum.warnings, ...report.warnings],
  };
  process.stderr.write(`${JSON.stringify(sum)}\n`);
}
const seconds = Math.round((performance.now() - startMs) / 1000);
process.stdout.write(`${JSON.stringify({ ...sum, seconds })}\n`);
process.exit(sum.lost === 0 && sum.warnings.length === 0 ? 0 : 1);
