import { Keyring, type Vault } from "@grapevine/crypto";
import type { Link, LinkEngine, LinkEvents } from "@grapevine/links";
import type { Effect, Input, LinkId } from "@grapevine/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Driver, type Core, type DriverEvents } from "./driver.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const send = (link: LinkId, ...values: number[]): Effect => ({
  kind: "send",
  link,
  channel: "data",
  traffic: "fresh",
  bytes: bytes(...values),
});
const connect = (link: LinkId): Effect => ({ kind: "connect", link, role: "offer", signal: undefined });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: 1000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A driver over a peer that answers each input as the test says, and links that write down what they are told. */
function setUp(answer: (input: Input) => readonly Effect[] = () => []) {
  const inputs: Input[] = [];
  const told: string[] = [];
  const links: LinkEvents[] = [];
  const core: { -readonly [K in keyof Core]: Core[K] } = {
    deadlineMs: Number.POSITIVE_INFINITY,
    handle: (input) => {
      inputs.push(input);
      return answer(input);
    },
  };
  const engine: LinkEngine = {
    name: "fake",
    budget: { links: 0, linksMax: 9, creatable: 9, dialing: 0, waiting: 0 },
    open: (_role, events): Link => {
      const id = links.push(events);
      return {
        send: (channel, frame) => {
          const where = channel === "data" ? "" : ` ${channel}`;
          told.push(`send ${id} ${frame.join()}${where}`);
        },
        flush: () => void told.push(`flush ${id}`),
        signal: (remote) => void told.push(`signal ${id} ${remote.join()}`),
        close: (reason) => void told.push(`close ${id} ${reason}`),
        bufferedBytes: 0,
        stats: {
          framesIn: 0,
          framesOut: 0,
          messagesIn: 0,
          messagesOut: 0,
          bytesIn: 0,
          bytesOut: 0,
          framesDropped: 0,
          unreliableDropped: 0,
        },
      };
    },
    close: () => Promise.resolve(),
  };
  const vault: Vault = {
    hash: (bytes) => bytes,
    rekey: () => {},
    sign: () => bytes(1),
    verify: () => ({ ok: true }),
    seal: (_to, plain) => bytes(9, ...plain),
    open: (sealed) => ({ from: bytes(7), bytes: sealed.subarray(1) }),
    sealCard: (card) => bytes(8, ...card),
    openCard: (card) => card,
    keyring: new Keyring({
      random: (length) => new Uint8Array(length),
      seal: (_to, plain) => plain,
      open: (sealed) => sealed,
      diskKey: bytes(),
    }),
  };
  const events = {
    onEvent: vi.fn<DriverEvents["onEvent"]>(),
    onDeliver: vi.fn<DriverEvents["onDeliver"]>(),
    onValidate: vi.fn<DriverEvents["onValidate"]>(),
    onGap: vi.fn<DriverEvents["onGap"]>(),
    onEntry: vi.fn<DriverEvents["onEntry"]>(),
    onProfile: vi.fn<DriverEvents["onProfile"]>(),
    onForget: vi.fn<DriverEvents["onForget"]>(),
    onVisible: vi.fn<DriverEvents["onVisible"]>(),
    onKeep: vi.fn<DriverEvents["onKeep"]>(),
    onLinkLost: vi.fn<DriverEvents["onLinkLost"]>(),
    onProblem: vi.fn<DriverEvents["onProblem"]>(),
  };
  const driver = new Driver({ peer: core, vault, engine, events, nowMs: Date.now });
  return { driver, core, vault, events, inputs, told, links };
}

/** All promises are settled, and this turn of the event loop is over. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const start: Input = { kind: "start" };

test("answers effects in line, one input at a time, in the order of the effects", () => {
  const { driver, inputs } = setUp((input) =>
    input.kind === "start"
      ? [
          { kind: "sign", ref: 1, bytes: bytes() },
          { kind: "verify", ref: 2, author: "a", bytes: bytes(), signature: bytes(), ticket: undefined },
          { kind: "seal", ref: 3, to: bytes(), bytes: bytes(5) },
          { kind: "open", ref: 4, bytes: bytes(9, 6) },
        ]
      : [],
  );
  driver.handle(start);
  expect(inputs).toEqual([
    start,
    { kind: "signed", ref: 1, signature: bytes(1) },
    { kind: "verified", ref: 2, ok: true },
    { kind: "sealed", ref: 3, bytes: bytes(9, 5) },
    { kind: "opened", ref: 4, from: bytes(7), bytes: bytes(6) },
  ]);
});

test("hands in the results of promises when they come", async () => {
  const { driver, inputs, vault } = setUp((input) =>
    input.kind === "start"
      ? [
          { kind: "verify", ref: 2, author: "a", bytes: bytes(), signature: bytes(), ticket: undefined },
          { kind: "sign", ref: 1, bytes: bytes() },
        ]
      : [],
  );
  vault.verify = () => Promise.resolve({ ok: false });
  vault.sign = () => Promise.resolve(bytes(2));
  driver.handle(start);
  expect(inputs).toEqual([start]);
  await turn();
  expect(inputs.slice(1)).toEqual([
    { kind: "verified", ref: 2, ok: false },
    { kind: "signed", ref: 1, signature: bytes(2) },
  ]);
});

test("a check that fails to answer counts as not held, and is told", async () => {
  const { driver, inputs, vault, events } = setUp((input) =>
    input.kind === "start"
      ? [{ kind: "verify", ref: 2, author: "a", bytes: bytes(), signature: bytes(), ticket: undefined }]
      : [],
  );
  vault.verify = () => Promise.reject(new Error("broken"));
  driver.handle(start);
  await turn();
  expect(inputs[1]).toEqual({ kind: "verified", ref: 2, ok: false });
  expect(events.onProblem).toHaveBeenCalledTimes(1);
});

test("flushes each link once for all that came in one turn of the event loop", async () => {
  const { driver, told } = setUp((input) =>
    input.kind === "start" ? [connect(1), connect(2)] : [send(1, 1), send(2, 2), send(1, 3)],
  );
  driver.handle(start);
  driver.handle({ kind: "deadline" });
  driver.handle({ kind: "deadline" });
  expect(told.filter((line) => line.startsWith("flush"))).toEqual([]);
  await turn();
  expect(told.filter((line) => line.startsWith("flush"))).toEqual(["flush 1", "flush 2"]);
  expect(told).toHaveLength(8);
});

test("sends on the channel that it is told, reliable or not", () => {
  const { driver, told } = setUp((input) =>
    input.kind === "start" ? [connect(1)] : [send(1, 1), { ...send(1, 2), channel: "unreliable" }],
  );
  driver.handle(start);
  driver.handle({ kind: "deadline" });
  expect(told).toEqual(["send 1 1", "send 1 2 unreliable"]);
});

test("tells the peer what its links say", async () => {
  const { driver, inputs, links } = setUp((input) => (input.kind === "start" ? [connect(5)] : []));
  driver.handle(start);
  const [link] = links;
  link!.onSignal(bytes(1));
  link!.onOpen({ local: bytes(2), remote: bytes(3) });
  link!.onFrame("control", bytes(4));
  link!.onFrame("unreliable", bytes(5));
  link!.onWritable(false);
  link!.onClose("lost");
  expect(inputs.slice(1)).toEqual([
    { kind: "localSignal", link: 5, signal: bytes(1) },
    { kind: "linkUp", link: 5, local: bytes(2), remote: bytes(3) },
    { kind: "received", link: 5, channel: "control", bytes: bytes(4) },
    { kind: "received", link: 5, channel: "unreliable", bytes: bytes(5) },
    { kind: "writable", link: 5, writable: false },
    { kind: "linkDown", link: 5, reason: "lost" },
  ]);
});

test("a link that was hung up is closed, and is down once, whatever it says afterwards", () => {
  const { driver, inputs, links, told, events } = setUp((input) => {
    if (input.kind === "start") return [connect(5)];
    return input.kind === "deadline" ? [send(5, 1), { kind: "hangUp", link: 5, reason: "silent" }] : [];
  });
  driver.handle(start);
  driver.handle({ kind: "deadline" });
  links[0]!.onFrame("data", bytes(1));
  links[0]!.onClose("silent");
  expect(told).toEqual(["send 1 1", "close 1 silent"]);
  expect(inputs.slice(1)).toEqual([{ kind: "deadline" }, { kind: "linkDown", link: 5, reason: "silent" }]);
  expect(events.onLinkLost).not.toHaveBeenCalled();
});

test("seals the card that the seeds are shown", () => {
  const { driver } = setUp(() => [
    { kind: "seedAnnounce", card: bytes(1) },
    { kind: "seedAsk", seed: 0, count: 3 },
    { kind: "seedSend", seed: 0, seat: "s", bytes: bytes(2) },
  ]);
  const seeds = { announce: vi.fn(), ask: vi.fn(), send: vi.fn() };
  driver.useSeeds(seeds);
  driver.handle(start);
  expect(seeds.announce).toHaveBeenCalledWith(bytes(8, 1));
  expect(seeds.ask).toHaveBeenCalledWith(0, 3);
  expect(seeds.send).toHaveBeenCalledWith(0, "s", bytes(2));
});

test("hands in a deadline when it has come, and not before", async () => {
  const { driver, core, inputs } = setUp();
  core.deadlineMs = 1500;
  driver.handle(start);
  await turn();
  vi.advanceTimersByTime(499);
  expect(inputs).toHaveLength(1);
  core.deadlineMs = 3000;
  vi.advanceTimersByTime(1);
  expect(inputs, "a deadline that moved back").toHaveLength(1);
  vi.advanceTimersByTime(1500);
  expect(inputs).toEqual([start, { kind: "deadline" }]);
});

test("a deadline that moves forward is kept", async () => {
  const { driver, core, inputs } = setUp();
  core.deadlineMs = 100_000;
  driver.handle(start);
  await turn();
  core.deadlineMs = 1200;
  driver.handle({ kind: "resume" });
  await turn();
  vi.advanceTimersByTime(200);
  expect(inputs).toHaveLength(3);
});

test("leaving says goodbye in the same call and leaves neither timer nor link behind", () => {
  const { driver, core, inputs, told } = setUp((input) => {
    if (input.kind === "start") return [connect(1), connect(2)];
    return input.kind === "leave" ? [send(1, 7), { kind: "hangUp", link: 1, reason: "left" }] : [];
  });
  core.deadlineMs = 1200;
  driver.handle(start);
  driver.leave();
  expect(told).toEqual(["send 1 7", "close 1 left", "flush 1", "close 2 left"]);
  driver.handle({ kind: "deadline" });
  vi.advanceTimersByTime(5000);
  expect(inputs.map(({ kind }) => kind)).toEqual(["start", "leave"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("leaving from within an event says goodbye there and then, and what was still to be done is not", () => {
  const { driver, events, inputs, told, links } = setUp((input) => {
    if (input.kind === "start") return [connect(1)];
    if (input.kind === "leave") return [send(1, 7), { kind: "hangUp", link: 1, reason: "left" }];
    return [{ kind: "emit", event: { type: "alone" } }, connect(2)];
  });
  driver.handle(start);
  events.onEvent.mockImplementation(() => {
    driver.leave();
    expect(told).toContain("send 1 7");
  });
  driver.handle({ kind: "deadline" });
  expect(inputs.map(({ kind }) => kind)).toEqual(["start", "deadline", "leave"]);
  expect(told).toEqual(["send 1 7", "close 1 left", "flush 1"]);
  expect(links).toHaveLength(1);
});

test("a bug in the core is reported, and the next input is handled", () => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
  const { driver, inputs } = setUp((input) => {
    if (input.kind === "start") throw new Error("bug");
    return [];
  });
  driver.handle(start);
  driver.handle({ kind: "deadline" });
  expect(reported).toMatchObject([{ message: "bug" }]);
  expect(inputs).toHaveLength(2);
});
