/**
 * The `grapevine-seed` command. It exits with 0 after SIGINT or SIGTERM, 1 when it cannot listen, 2 when it was called
 * wrongly.
 */
import { USAGE, parseCommand } from "./command.ts";
import type { Seed } from "./seed.ts";
import { seedVersion, startSeed } from "./seed.ts";

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommand(args);
  if (command === "help") return console.log(USAGE);
  if (command === "version") return console.log(seedVersion);
  const seed = await startSeed(command);
  stopOnSignal(seed);
  console.log(`grapevine-seed ${seedVersion} listens at ${seed.url}`);
}

/** The first signal closes every socket in good order; a second one does not wait. */
function stopOnSignal(seed: Seed): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void seed.close().then(() => process.exit(0));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const called = code === "invalid-argument" || code.startsWith("ERR_PARSE_ARGS");
  console.error(`grapevine-seed: ${message}${called ? "\nTry --help." : ""}`);
  process.exitCode = called ? 2 : 1;
}
