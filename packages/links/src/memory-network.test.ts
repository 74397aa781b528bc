import { describe, expect, test } from "vitest";
import { linkLimits } from "./limits.ts";
import { describeLinkContract } from "./link-contract.testing.ts";
import { createMemoryNetwork } from "./memory-network.ts";
import { Recorder, bytesFor, connect } from "./recorder.testing.ts";
import { VirtualClock } from "./virtual-clock.testing.ts";

describeLinkContract("in memory", () => {
  const network = createMemoryNetwork();
  return [network.engine(), network.engine()];
});

describeLinkContract("in memory, over a path with a latency and a rate", () => {
  const network = createMemoryNetwork({ latencyMs: 1, bytesPerSecond: 100_000_000, messageBytesMax: 4096 });
  return [network.engine(), network.engine()];
});

describeLinkContract("in memory, over a path that loses a third of what it may", () => {
  // Reproducible, and not the same for every message.
  let turn = 0;
  const network = createMemoryNetwork({ loss: 0.3, random: () => ((turn++ * 7) % 10) / 10 });
  return [network.engine(), network.engine()];
});

describe("the memory network", () => {
  test("loses the stated share of what is sent unreliably, and nothing else", async () => {
    let turn = 0;
    const network = createMemoryNetwork({ loss: 0.3, random: () => ((turn++ * 7) % 10) / 10 });
    const [caller, callee] = await connect(network.engine(), network.engine());
    for (let i = 0; i < 100; i++) {
      caller.link.send("unreliable", bytesFor(i, 10));
      caller.link.send("data", bytesFor(i, 10));
      caller.link.flush();
      await Promise.resolve();
    }
    await callee.until(() => callee.on("data").length === 100);
    expect(callee.on("unreliable")).toHaveLength(70);
  });

  test("loses in a blackout what is sent unreliably", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock });
    const [a, b] = [network.engine(), network.engine()];
    const connecting = connect(a, b);
    await clock.pass(0);
    const [caller, callee] = await connecting;
    network.stall(a, b);
    caller.link.send("unreliable", bytesFor(1, 10));
    await clock.pass(10);
    network.heal(a, b);
    caller.link.send("unreliable", bytesFor(2, 10));
    await clock.pass(10);
    expect(callee.on("unreliable")).toEqual([bytesFor(2, 10)]);
  });

  test("keeps to the time of its clock", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock, latencyMs: 40 });
    const connecting = connect(network.engine(), network.engine());
    await clock.pass(41);
    const [caller, callee] = await connecting;
    caller.link.send("data", bytesFor(1, 10));
    await clock.pass(39);
    expect(callee.frames).toHaveLength(0);
    await clock.pass(1);
    expect(callee.frames).toHaveLength(1);
  });

  test("opens no link that is not answered in time", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock, connectTimeoutMs: 500 });
    const caller = Recorder.open(network.engine(), "offer");
    await clock.pass(499);
    expect(caller.closes).toEqual([]);
    await clock.pass(1);
    expect(caller.closes).toEqual(["timeout"]);
    expect(clock.pending).toBe(0);
  });

  test("opens no link for a rewritten fingerprint", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock });
    const caller = Recorder.open(network.engine(), "offer");
    await clock.pass(0);
    const offer = caller.signals[0]!.slice();
    offer[offer.length - 1]! ^= 1;
    const callee = Recorder.open(network.engine(), "answer", offer);
    await clock.pass(0);
    caller.link.signal(callee.signals[0]!);
    await clock.pass(linkLimits.connectMs);
    expect([caller.closes, callee.closes]).toEqual([["timeout"], ["timeout"]]);
  });

  test("lets a man in the middle connect, under his own fingerprints", async () => {
    const network = createMemoryNetwork();
    const [left, middle, right] = [network.engine(), network.engine(), network.engine()];
    const caller = Recorder.open(left, "offer");
    await caller.signal();
    const toRight = Recorder.open(middle, "offer");
    const callee = Recorder.open(right, "answer", await toRight.signal());
    toRight.link.signal(await callee.signal());
    const toLeft = Recorder.open(middle, "answer", await caller.signal());
    caller.link.signal(await toLeft.signal());
    expect((await caller.opened()).remote).not.toEqual((await callee.opened()).local);
  });

  test("cuts links with no goodbye, and lets none come to be until it is healed", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock });
    const [a, b, c] = [network.engine(), network.engine(), network.engine()];
    const [ab, ac] = [connect(a, b), connect(a, c)];
    await clock.pass(0);
    const [[caller, callee], [other]] = [await ab, await ac];
    network.cut(b, a);
    await clock.pass(0);
    expect([caller.closes, callee.closes, other.closes]).toEqual([["lost"], ["lost"], []]);
    const again = Recorder.open(a, "offer");
    await clock.pass(0);
    const answer = Recorder.open(b, "answer", again.signals[0]);
    await clock.pass(0);
    again.link.signal(answer.signals[0]!);
    await clock.pass(linkLimits.connectMs);
    expect([again.closes, answer.closes]).toEqual([["timeout"], ["timeout"]]);
    network.heal(a, b);
    const healed = connect(a, b);
    await clock.pass(0);
    await healed;
  });

  test("holds everything up in a blackout, and loses nothing of it", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock });
    const [a, b] = [network.engine(), network.engine()];
    const connecting = connect(a, b);
    await clock.pass(0);
    const [caller, callee] = await connecting;
    network.stall(a, b);
    for (let i = 0; i < 30; i++) caller.link.send("data", bytesFor(i, 10_000));
    await clock.pass(60_000);
    expect([callee.frames.length, caller.writable]).toEqual([0, [false]]);
    expect(caller.link.bufferedBytes).toBeGreaterThan(300_000);
    network.heal(a, b);
    await clock.pass(1000);
    expect([callee.frames.length, caller.writable]).toEqual([30, [false, true]]);
  });

  test("ends a link to a stalled end when the goodbye has waited long enough", async () => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork({ clock });
    const [a, b] = [network.engine(), network.engine()];
    const connecting = connect(a, b);
    await clock.pass(0);
    const [caller, callee] = await connecting;
    network.stall(a, b);
    caller.link.send("data", bytesFor(1, 10));
    caller.link.close("left");
    await clock.pass(linkLimits.goodbyeMs - 1);
    expect(caller.closes).toEqual([]);
    await clock.pass(1);
    expect([caller.closes, callee.closes]).toEqual([["left"], []]);
    network.heal(a, b);
    await clock.pass(0);
    // The end that would have sent it all again is no more.
    expect([callee.frames.length, callee.closes]).toEqual([0, ["lost"]]);
  });

  test("refuses one link more than an engine may have", async () => {
    const network = createMemoryNetwork({ linksMax: 1 });
    const [a, b] = [network.engine(), network.engine()];
    const [caller] = await connect(a, b);
    const second = Recorder.open(a, "offer");
    expect(await second.closed()).toBe("link-limit");
    expect(a.budget).toMatchObject({ links: 1, linksMax: 1 });
    caller.link.close("done");
    await caller.closed();
    await Recorder.open(a, "offer").signal();
  });
});
