/** What holds for a mesh whatever its links are made of. Run in memory and over real WebRTC. */
import { expect } from "vitest";
import { Ear, event, take, testOver, until, type Transport } from "./harness.testing.ts";
import { createSecret, type Mesh } from "./index.ts";

const linked = (others: number) => (mesh: Mesh) => mesh.neighbors.length >= others;

export function meshContract(transport: Transport): void {
  const test = testOver(transport);

  test("the first is alone by the seed's word, the second is linked to it", async ({ world }) => {
    const a = await world.join();
    expect(a).toMatchObject({ name: "lobby", state: "alone", neighbors: [], members: [] });
    const b = await world.join();
    expect(b.state).toBe("connected");
    expect(b.neighbors).toMatchObject([{ peer: a.peerId, outbound: true, purpose: "join" }]);
    expect(b.members).toEqual([{ peer: a.peerId, neighbor: true, profile: {} }]);
    await until(a, linked(1));
    expect(a.state).toBe("connected");
    expect(a.neighbors).toMatchObject([{ peer: b.peerId, outbound: false }]);
  });

  test("a sample is each other member in turn, and nobody else", async ({ world }) => {
    const [a, ...others] = (await world.joinAll(4)) as [Mesh, ...Mesh[]];
    await until(a, linked(3));
    const drawn = new Set(Array.from({ length: 200 }, () => a.sample()?.peer));
    expect(drawn).toEqual(new Set(others.map(({ peerId }) => peerId)));
    expect(a.sample()).toMatchObject({ neighbor: true });
    expect(a.stats().peer).toMatchObject({ membersEstimate: 4, isolated: false });
  });

  test("a message reaches both, the author too, with one id", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    const ears = [a, b].map((mesh) => new Ear(mesh.topic("chat")));
    const id = await a.topic("chat").publish({ text: "hello", bytes: Uint8Array.of(1, 2) });
    await Promise.all(ears.map((ear) => ear.heard(1)));
    const common = { id, author: a.peerId, data: { text: "hello", bytes: Uint8Array.of(1, 2) }, replayed: false };
    expect(ears[0]!.messages).toMatchObject([{ ...common, own: true, hops: 0 }]);
    expect(ears[1]!.messages).toMatchObject([{ ...common, own: false, hops: 1 }]);
  });

  test("what a member says of itself is read by all, changes with it, and goes with it", async ({ world }) => {
    const a = await world.join({ profile: { name: "Ann", color: "red" } });
    const b = await world.join({ profile: { name: "Bob", color: "blue", roles: ["host"] } });
    await until(a, ({ members }) => members[0]?.profile["name"] === "Bob");
    await until(b, ({ members }) => members[0]?.profile["name"] === "Ann");
    expect(a.find({ where: { roles: { has: "host" } } }).map(({ peer }) => peer)).toEqual([b.peerId]);
    expect(a.profile.fields).toEqual({ name: "Ann", color: "red" });
    const seen: [string, unknown][] = [];
    a.watch({ where: { color: "blue" } }, ({ type, member }) => seen.push([type, member.profile["color"]]));
    const changed = event(a, "member-changed");
    await b.profile.update({ color: "green" });
    expect(await changed).toEqual({
      peer: b.peerId,
      profile: { name: "Bob", color: "green", roles: ["host"] },
      previous: { name: "Bob", color: "blue", roles: ["host"] },
    });
    const back = event(a, "member-changed");
    await b.profile.update({ color: "blue", roles: undefined });
    expect((await back).profile).toEqual({ name: "Bob", color: "blue" });
    const { profile } = a.members[0]!;
    expect(a.members[0]!.profile).toBe(profile);
    await b.leave();
    await until(a, ({ members }) => members.length === 0);
    expect(seen).toEqual([
      ["removed", "blue"],
      ["added", "blue"],
      ["removed", "blue"],
    ]);
  });

  test("a map is one and the same at everybody, after writes to the same keys and deletions, and for a newcomer", async ({
    world,
  }) => {
    const meshes = await world.joinAll(3);
    const maps = meshes.map((mesh) => mesh.map<number>("numbers"));
    await Promise.all(maps.map((map) => map.ready));
    await Promise.all(
      maps.flatMap((map, author) => Array.from({ length: 20 }, (_, i) => map.set(`key ${i % 10}`, author))),
    );
    await maps[0]!.delete("key 3");
    const late = await world.join();
    maps.push(late.map<number>("numbers"));
    await maps[3]!.ready;
    await Promise.all(
      maps.map(
        (map) =>
          new Promise<void>((resolve) => {
            const off = map.on("change", look);
            function look(): void {
              if (map.size !== 9 || map.digest() !== maps[0]!.digest()) return;
              off();
              resolve();
            }
            look();
          }),
      ),
    );
    const [first, ...others] = maps.map((map) => [...map]);
    for (const other of others) expect(other).toEqual(first);
    expect(first!.map(([key]) => key)).not.toContain("key 3");
  });

  test("five peers hear everybody exactly once, and each author in order", async ({ world }) => {
    const meshes = await world.joinAll(5);
    const topics = meshes.map((mesh) => mesh.topic<number>("numbers"));
    const ears = topics.map((topic) => new Ear(topic));
    const count = 40;
    await Promise.all(
      topics.map(async (topic) => {
        for (let i = 0; i < count; i += 4) {
          await topic.publish(i);
          await topic.publishMany([i + 1, i + 2, i + 3]);
        }
      }),
    );
    await Promise.all(ears.map((ear) => ear.heard(5 * count)));
    const inOrder = Array.from({ length: count }, (_, i) => i);
    for (const ear of ears) {
      for (const { peerId } of meshes) expect(ear.from(peerId)).toEqual(inOrder);
      expect(new Set(ear.messages.map(({ id }) => id)).size).toBe(5 * count);
    }
  });

  test("a late joiner reads what was said before, then what comes", async ({ world }) => {
    const a = await world.join();
    const topic = a.topic<string>("chat");
    await topic.publishMany(["one", "two"]);
    await topic.publish("three");
    const b = await world.join();
    const reader = b.topic<string>("chat").messages({ from: "start" });
    const before = await take(reader, 3);
    expect(before.map(({ data }) => data)).toEqual(["one", "two", "three"]);
    await topic.publish("four");
    expect((await take(reader, 1))[0]).toMatchObject({ data: "four", replayed: false });
  });

  test("a message of 1 MiB comes whole, with its progress, and small ones go ahead of it", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    const ear = new Ear(b.topic<Uint8Array | string>("files"));
    const heardBytes: number[] = [];
    b.topic("files").on("progress", ({ bytes }) => heardBytes.push(bytes));
    const data = Uint8Array.from({ length: 1024 * 1024 }, (_, i) => i % 253);
    const published = a.topic<Uint8Array | string>("files").publish(data);
    await a.topic<Uint8Array | string>("files").publish("small");
    const id = await published;
    await ear.heard(2);
    expect(ear.messages.map((message) => message.id).indexOf(id)).toBe(1);
    expect(ear.data[0]).toBe("small");
    expect(ear.data[1]).toEqual(data);
    expect(heardBytes).toHaveLength(33);
    expect(heardBytes.at(-1)).toBe(data.length + 4);
    const late = await world.join();
    const reader = late.topic<Uint8Array | string>("files").messages({ from: "start" });
    const [first, second] = await take(reader, 2);
    expect([first!.data, second!.id]).toEqual(["small", id]);
  });

  test("what a validator rejects is neither delivered nor passed on, and all agree on what they hold", async ({
    world,
  }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    const ear = new Ear(b.topic<string>("chat"));
    const asked: string[] = [];
    const remove = b.topic<string>("chat").validate(async ({ data }) => {
      asked.push(data);
      await Promise.resolve();
      return data.startsWith("bad") ? "reject" : "accept";
    });
    for (const text of ["good", "bad", "fine"]) await a.topic("chat").publish(text);
    await ear.heard(2);
    expect([ear.data, asked]).toEqual([
      ["good", "fine"],
      ["good", "bad", "fine"],
    ]);
    expect(b.stats().rumors).toMatchObject({ rejected: 1, ignored: 0, validating: 0, rumors: 3 });
    remove();
    await a.topic("chat").publish("bad again");
    await ear.heard(3);
    expect(asked).toHaveLength(3);
  });

  test("the seed dies and messages go on", async ({ world }) => {
    const [a, b, c] = (await world.joinAll(3)) as [Mesh, Mesh, Mesh];
    await Promise.all([a, b, c].map((mesh) => until(mesh, linked(2))));
    const down = [a, b, c].map((mesh) => event(mesh, "seed", ({ state }) => state === "down"));
    await world.seed.close();
    await Promise.all(down);
    const ears = [a, b, c].map((mesh) => new Ear(mesh.topic("chat")));
    await c.topic("chat").publish("still here");
    await Promise.all(ears.map((ear) => ear.heard(1)));
    expect(ears.map(({ data }) => data)).toEqual([["still here"], ["still here"], ["still here"]]);
  });

  test("a message to one peer is acknowledged, a request is answered", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    const direct = event(b, "direct");
    await a.send(b.peerId, { psst: 1 });
    expect(await direct).toEqual({ from: a.peerId, data: { psst: 1 } });
    b.respond("double", (n) => (n as number) * 2);
    expect(await a.request<number>(b.peerId, "double", 21)).toBe(42);
    await expect(a.request(b.peerId, "halve", 1)).rejects.toMatchObject({ code: "no-responder" });
  });

  test("who leaves says goodbye, and whoever stays alone knows it", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await until(a, linked(1));
    const down = event(a, "neighbor-down");
    const gone = event(a, "member-down");
    await b.leave();
    expect(await down).toEqual({ peer: b.peerId, reason: "left" });
    expect(await gone).toEqual({ peer: b.peerId, reason: "left" });
    await until(a, ({ state }) => state === "alone");
    expect(a).toMatchObject({ neighbors: [], members: [] });
  });

  test("a mesh that paused hears nothing, and catches up when it goes on", async ({ world }) => {
    const [a, b] = (await world.joinAll(2)) as [Mesh, Mesh];
    await until(a, linked(1));
    const ear = new Ear(b.topic("chat"));
    await a.topic("chat").publish("before");
    await ear.heard(1);
    const parted = until(a, ({ neighbors }) => neighbors.length === 0);
    b.pause();
    expect(b).toMatchObject({ state: "paused", neighbors: [] });
    await parted;
    await a.topic("chat").publish("meanwhile");
    expect(ear.data).toEqual(["before"]);
    await b.resume();
    expect(b.state).toBe("connected");
    await ear.heard(2);
    expect(ear.data).toEqual(["before", "meanwhile"]);
  });

  test("a mesh with a secret admits only those who have it, and whoever has another is told", async ({ world }) => {
    const secret = createSecret();
    const [a, b] = (await world.joinAll(2, { secret })) as [Mesh, Mesh];
    await until(a, linked(1));
    // The same room at the seed, where nobody can read the other's card.
    const stranger = await world.join({ secret: createSecret() });
    const warned = event(stranger, "warning");
    expect(stranger).toMatchObject({ state: "alone", members: [] });
    expect(await warned).toMatchObject({ code: "seed", message: expect.stringContaining("another secret") });
    expect([a, b].map(({ members }) => members.length)).toEqual([1, 1]);
  });
}
