// `npm start`: a whole small mesh on this machine. It runs the seed, one Node peer and the demo page, and prints the
// address to open; `npm start -- --host` serves the local network too, for a phone. Typing `s` stops the seed and starts
// it again, for the mesh must not mind. Ctrl-C stops all three.
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { root, setUp } from "./setup.js";

const usage = `Usage: npm start -- [options]

Runs a seed, a Node peer and the demo page on this machine, and prints the address to open.

  --host              serve the local network too, for a phone
  --port <port>       of the page (default: 5173, or the next that is free)
  --seed-port <port>  of the seed (default: 7700, or the next that is free)
  --mesh <name>       the mesh to join (default: lobby)`;

const readyMsMax = 30_000;
const goodbyeMsMax = 5_000;
const portsTriedMax = 10;

const options = readOptions();
setUp();

/** The children by name, as long as they run. @type {Map<string, import("node:child_process").ChildProcess>} */
const running = new Map();
let stopping = false;
process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));
process.on("SIGHUP", () => void stop(0));

const seedPort = await freePort("the seed", "--seed-port", options.seedPort, 7700);
const port = await freePort("the page", "--port", options.port, 5173);

const seed = `ws://localhost:${seedPort}`;
runSeed();
await ready("seed", seedPort);
run("peer", "packages/daemon/bin/grapevine.js", ["peer", "--mesh", options.mesh, "--seed", seed]);
run("page", "node_modules/vite/bin/vite.js", [
  "demo",
  "--port",
  String(port),
  "--strictPort",
  "--logLevel",
  "warn",
  ...(options.host ? ["--host"] : []),
]);
await ready("page", port);

const hosts = ["localhost", ...(options.host ? lanAddresses() : [])];
console.log(`\nGrapevine is up. Open this in two tabs or more:`);
for (const host of hosts) console.log(`  ${address(host)}`);
if (process.stdin.isTTY) {
  console.log("\nType s and Enter to stop the seed, and see that nothing else stops; the same again starts it.");
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim() === "s") toggleSeed();
  });
}
console.log("\nCtrl-C stops it all.");

function runSeed() {
  const host = options.host ? "0.0.0.0" : "127.0.0.1";
  run("seed", "signaling/bin/grapevine-seed.js", ["--port", String(seedPort), "--host", host]);
}

function toggleSeed() {
  const child = running.get("seed");
  if (child === undefined) runSeed();
  else child.kill("SIGTERM");
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: "boolean", default: false },
        port: { type: "string" },
        "seed-port": { type: "string" },
        mesh: { type: "string", default: "lobby" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    return {
      host: values.host,
      mesh: values.mesh,
      port: values.port === undefined ? undefined : portOf("--port", values.port),
      seedPort: values["seed-port"] === undefined ? undefined : portOf("--seed-port", values["seed-port"]),
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(usage);
    process.exit(2);
  }
}

/** @param {string} flag
 * @param {string} text */
function portOf(flag, text) {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${flag}: expected a port from 1 to 65535, got ${text}`);
}

/** The port that was asked for, which must be free; else the usual one, or one of those after it.
 * @param {string} what
 * @param {string} flag
 * @param {number | undefined} asked
 * @param {number} usual */
async function freePort(what, flag, asked, usual) {
  const first = asked ?? usual;
  const last = asked ?? usual + portsTriedMax - 1;
  for (let candidate = first; candidate <= last; candidate++) {
    if (await answers(candidate)) continue;
    if (candidate !== first) console.log(`Port ${first} is taken; ${what} takes ${candidate}.`);
    return candidate;
  }
  const range = first === last ? `Port ${first} is` : `Ports ${first} to ${last} are`;
  console.error(`${range} taken. Stop what runs there, or choose another for ${what} with ${flag}.`);
  process.exit(1);
}

/** The page joins "lobby" by the seed on port 7700 of the host that it came from; anything else has to be named.
 * @param {string} host */
function address(host) {
  const query = [
    ...(options.mesh === "lobby" ? [] : [`mesh=${encodeURIComponent(options.mesh)}`]),
    ...(seedPort === 7700 ? [] : [`seed=ws://${host}:${seedPort}`]),
  ].join("&");
  return `http://${host}:${port}/${query === "" ? "" : `?${query}`}`;
}

function lanAddresses() {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((net) => (net !== undefined && net.family === "IPv4" && !net.internal ? [net.address] : []));
}

/** Runs one of the three. A mesh goes on without its seed; without its peer or its page this one has nothing to show.
 * @param {string} name
 * @param {string} script
 * @param {string[]} args */
function run(name, script, args) {
  const child = spawn(process.execPath, [`${root}/${script}`, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(name, child);
  createInterface({ input: child.stdout }).on("line", (line) => console.log(`[${name}] ${line}`));
  createInterface({ input: child.stderr }).on("line", (line) => console.error(`[${name}] ${line}`));
  child.on("exit", (code, signal) => {
    running.delete(name);
    if (stopping) return;
    if (name === "seed") {
      console.log("The seed is gone. Nothing else stops: watch the page.");
      return;
    }
    console.error(`The ${name} ended by itself (${signal ?? `exit code ${code}`}); stopping the rest.`);
    void stop(1);
  });
}

/** Waits until something answers on the port.
 * @param {string} name
 * @param {number} port */
async function ready(name, port) {
  const untilMs = performance.now() + readyMsMax;
  while (!(await answers(port))) {
    if (performance.now() > untilMs) {
      console.error(`The ${name} does not answer on port ${port} after ${readyMsMax / 1000} s.`);
      await stop(1);
    }
    await sleep(100);
  }
}

/** Whether anything listens on a port of this machine.
 * @param {number} port
 * @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "localhost" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Asks every child to end, insists after a while, and ends.
 * @param {number} code */
async function stop(code) {
  if (stopping) return;
  stopping = true;
  const ended = [...running.values()].map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of running.values()) child.kill("SIGTERM");
  await Promise.race([Promise.all(ended), sleep(goodbyeMsMax)]);
  for (const child of running.values()) child.kill("SIGKILL");
  process.exit(code);
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
