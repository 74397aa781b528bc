import * as v from "valibot";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import type {
  JoinOptions,
  Member,
  Mesh,
  MeshErrorCode,
  MeshEvents,
  Message,
  Neighbor,
  PeerId,
  Topic,
} from "./index.ts";

declare const mesh: Mesh;

// Nothing here is run: the compiler is the test.
const check = (types: () => void): void => void types;

test("a topic without a type takes and gives anything", () => {
  check(() => {
    expectTypeOf(mesh.topic("t")).toEqualTypeOf<Topic>();
    void mesh.topic("t").publish(7);
    mesh.topic("t").on("message", (m) => expectTypeOf(m).toEqualTypeOf<Message<unknown>>());
  });
});

test("a topic with a type takes and gives that", () => {
  check(() => {
    const topic = mesh.topic<{ text: string }>("t", { retention: { countMax: 5 } });
    expectTypeOf(topic).toEqualTypeOf<Topic<{ text: string }>>();
    // @ts-expect-error -- a number is no text
    void topic.publish({ text: 7 });
    expectTypeOf(topic.messages({ from: "start" })).toEqualTypeOf<AsyncIterableIterator<Message<{ text: string }>>>();
  });
});

test("a schema gives both types: what is published, and what is delivered", () => {
  check(() => {
    const byZod = mesh.topic("t", { schema: z.object({ level: z.number(), at: z.string().default("now") }) });
    expectTypeOf(byZod).toEqualTypeOf<
      Topic<{ level: number; at: string }, { level: number; at?: string | undefined }>
    >();
    void byZod.publish({ level: 1 });
    byZod.on("message", ({ data }) => expectTypeOf(data.at).toEqualTypeOf<string>());
    const byValibot = mesh.topic("t", { schema: v.pipe(v.string(), v.transform(Number)) });
    expectTypeOf(byValibot).toEqualTypeOf<Topic<number, string>>();
    // @ts-expect-error -- its input is a string
    void byValibot.publish(7);
  });
});

test("events are a closed union, each with its own shape", () => {
  check(() => {
    mesh.on("neighbor-up", (e) => expectTypeOf(e).toEqualTypeOf<{ readonly peer: PeerId }>());
    mesh.on("state", ({ state }) => expectTypeOf(state).toEqualTypeOf<Mesh["state"]>());
    // @ts-expect-error -- there is no such event
    mesh.on("neighbour-up", () => {});
    expectTypeOf<keyof MeshEvents>().toEqualTypeOf<
      | "neighbor-up"
      | "neighbor-changed"
      | "neighbor-down"
      | "member-up"
      | "member-changed"
      | "member-down"
      | "isolated"
      | "convicted"
      | "rekeyed"
      | "revoked"
      | "reinstated"
      | "epoch"
      | "direct"
      | "state"
      | "seed"
      | "link-refused"
      | "warning"
    >();
  });
});

test("snapshots are read-only", () => {
  check(() => {
    expectTypeOf(mesh.neighbors).toEqualTypeOf<readonly Neighbor[]>();
    // @ts-expect-error -- a snapshot
    mesh.neighbors[0]!.rttMs = 5;
    // @ts-expect-error -- a state is read
    mesh.state = "left";
  });
});

test("profiles are read as plain data, and asked for by what fits a field", () => {
  check(() => {
    expectTypeOf(mesh.find({ where: { color: "red", roles: { has: "host" }, age: { min: 3 } } })).toEqualTypeOf<
      readonly Member[]
    >();
    expectTypeOf(mesh.members[0]!.profile).toEqualTypeOf<Readonly<Record<string, unknown>>>();
    expectTypeOf(mesh.profile.set({ name: "Ann" })).toEqualTypeOf<Promise<void>>();
    const stop = mesh.watch({}, (change) => {
      if (change.type === "changed") expectTypeOf(change.previous).toEqualTypeOf<Member>();
      // @ts-expect-error -- of who comes to fit nothing was shown before
      else void change.previous;
    });
    expectTypeOf(stop).toEqualTypeOf<() => void>();
    mesh.on("member-changed", ({ profile, previous }) => expectTypeOf(profile).toEqualTypeOf(previous));
    // @ts-expect-error -- no comparison of that name
    mesh.find({ where: { color: { like: "r%" } } });
    // @ts-expect-error -- a snapshot
    mesh.members[0]!.profile.color = "blue";
    void ({ mesh: "m", seeds: [], profile: { name: "Ann" } } satisfies JoinOptions);
  });
});

test("a request gives what its caller says it does", () => {
  check(() => {
    expectTypeOf(mesh.request<number>("p", "m", 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(mesh.request("p", "m", 1)).toEqualTypeOf<Promise<unknown>>();
  });
});

test("the codes of errors are the contract's", () => {
  expectTypeOf<MeshErrorCode>().toEqualTypeOf<
    | "invalid-argument"
    | "unsupported-data"
    | "invalid-data"
    | "too-large"
    | "seed-unreachable"
    | "admission-refused"
    | "webrtc-unavailable"
    | "link-limit"
    | "unreachable"
    | "timeout"
    | "no-responder"
    | "responder-failed"
    | "subscriber-too-slow"
    | "store-failed"
    | "forbidden"
    | "left"
  >();
});

test("options that come later are not in the type yet", () => {
  check(() => {
    // @ts-expect-error -- not in this version
    const options: JoinOptions = { mesh: "m", seeds: [], zone: "eu" };
    void options;
  });
  expectTypeOf<Mesh>().toExtend<AsyncDisposable>();
});
