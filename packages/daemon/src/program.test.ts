import { expect, onTestFinished, test, vi } from "vitest";
import type { JoinOptions } from "./peer.ts";
import { program } from "./program.ts";

/** Runs one command line against a mesh that refuses everybody, and tells what was asked, printed and thrown. */
async function run(...args: string[]) {
  const asked: JoinOptions[] = [];
  const printed: string[] = [];
  const simulated: string[][] = [];
  const grapevine = program({
    join: async (options) => {
      asked.push(options);
      throw new Error("refused");
    },
    print: (line) => printed.push(line),
    simulate: async (args) => void simulated.push([...args]),
    signal: AbortSignal.abort(),
  });
  let said = "";
  for (const command of [grapevine, ...grapevine.commands])
    command.exitOverride().configureOutput({ writeErr: (text) => void (said += text), writeOut: () => {} });
  const error = await grapevine.parseAsync(args, { from: "user" }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { asked, printed, said, error, simulated };
}

test("takes any number of seeds and ice servers", async () => {
  const { asked } = await run(
    ..."peer --mesh lobby --seed ws://a:1 --seed wss://b --ice-server stun:c --ice-server turn:d".split(" "),
  );
  expect(asked).toMatchObject([
    { mesh: "lobby", seeds: ["ws://a:1", "wss://b"], iceServers: [{ urls: "stun:c" }, { urls: "turn:d" }] },
  ]);
});

test("joins by an invitation, which names mesh and seeds, under a key of its own", async () => {
  const { asked } = await run(..."peer --invite grapevine_invite_x --identity key.json".split(" "));
  expect(asked).toMatchObject([{ invite: "grapevine_invite_x", identity: { path: "key.json" } }]);
  expect(asked[0]).not.toHaveProperty("mesh");
  expect(asked[0]).not.toHaveProperty("seeds");
});

test("takes what is secret from the environment too, where other users do not see it", async () => {
  vi.stubEnv("GRAPEVINE_INVITE", "grapevine_invite_x");
  onTestFinished(() => void vi.unstubAllEnvs());
  expect((await run("peer", "--mesh", "lobby")).asked).toMatchObject([{ invite: "grapevine_invite_x" }]);
  vi.stubEnv("GRAPEVINE_INVITE", undefined);
  vi.stubEnv("GRAPEVINE_SECRET", "grapevine_secret_x");
  expect((await run("peer", "--mesh", "lobby")).asked).toMatchObject([{ secret: "grapevine_secret_x" }]);
});

test("hands whatever stands behind simulate to the simulator, flags and all", async () => {
  const { simulated, error } = await run(..."simulate spread --seed 7 --json --help".split(" "));
  expect(error).toBeUndefined();
  expect(simulated).toEqual([["spread", "--seed", "7", "--json", "--help"]]);
});

test("a mesh that refuses ends the command with its reason", async () => {
  expect((await run("peer", "--mesh", "lobby")).error).toMatchObject({ message: "refused" });
});

test.each([
  [["peer"], "required option '--mesh <name>' not specified"],
  [["peer", "--mesh", " "], "expected a name"],
  [["peer", "--mesh", "m", "--seed", "http://a"], "expected an address that begins with ws://"],
  [["peer", "--mesh", "m", "--ice-server", "a"], "expected an address that begins with stun:"],
  [["peer", "--mesh", "m", "--sed", "ws://a"], "unknown option '--sed'"],
  [["invite"], "required option '--root <file>' not specified"],
  [["invite", "--root", "r", "--role", "king"], "Allowed choices are reader, writer, admin"],
  [["invite", "--root", "r", "--days", "-1"], "expected a number of days"],
  [["root", "r"], "required option '--mesh <name>' not specified"],
  [["pear"], "unknown command 'pear'"],
])("%j is refused with what is wrong", async (args, reason) => {
  const { asked, said } = await run(...args);
  expect(said).toContain(reason);
  expect(asked).toEqual([]);
});

test("prints its version", async () => {
  expect((await run("version")).printed).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});

test("refuses to revoke what is no key, before it joins anything", async () => {
  const { asked, error } = await run(..."revoke --root r.json abc".split(" "));
  expect(String(error)).toContain("expected a peer's id, an account's, or an invitation, got \"abc\"");
  expect(asked).toEqual([]);
});

test("tells its version by the flag that everybody tries", async () => {
  const { error } = await run("--version");
  expect(error).toMatchObject({ code: "commander.version", exitCode: 0 });
});
