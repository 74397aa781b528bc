import { deriveMesh } from "@grapevine/crypto";
import { expect, test } from "vitest";
import { Later } from "./later.ts";
import { MeshMaps, type MapsHost } from "./mesh-maps.ts";

/** A core whose maps come, or do not, and which acknowledges whatever is written. */
function host(load: () => Promise<void>, written: string[] = []): MapsHost {
  const host = {
    keys: deriveMesh({ name: "lobby", admission: { kind: "open" } }),
    peer: { self: "me", entriesOf: () => [], entryAt: () => undefined },
    commands: { write: ({ key }: { key: string }) => Promise.resolve(written.push(key)) },
    direct: { respond: () => () => {} },
    requireWriter: () => {},
    later: new Later(load),
    epochs: undefined,
    isAlone: () => true,
    drawn: () => [],
  };
  return host as unknown as MapsHost;
}

test("a map that is opened before the code of maps has come is ready, and written to, once it has", async () => {
  const written: string[] = [];
  let come!: () => void;
  const maps = new MeshMaps(host(() => new Promise((resolve) => (come = resolve)), written));
  const map = maps.open("colors", undefined);
  const done: string[] = [];
  const ready = map.ready.then(() => done.push("ready"));
  const set = map.set("sky", "blue").then(() => done.push("set"));
  await Promise.resolve();
  expect([written, done]).toEqual([[], []]);
  come();
  await Promise.all([ready, set]);
  expect(done.toSorted()).toEqual(["ready", "set"]);
  expect(written).toHaveLength(1);
});

test("code that could not be loaded fails what waits for it, and is asked for again by the next use", async () => {
  const gone = new Error("the server is gone");
  let answer = Promise.reject<void>(gone);
  const maps = new MeshMaps(host(() => answer));
  const map = maps.open("colors", undefined);
  await expect(map.ready).rejects.toBe(gone);
  await expect(map.set("sky", "blue")).rejects.toBe(gone);
  answer = Promise.resolve();
  expect(await map.set("sky", "blue")).toBe(true);
  await map.ready.catch(() => {});
});
