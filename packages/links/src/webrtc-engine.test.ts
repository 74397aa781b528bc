import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { platformClock } from "./clock.ts";
import { Gate, type GateOptions } from "./gate.ts";
import { linkLimits } from "./limits.ts";
import { describeLinkContract } from "./link-contract.testing.ts";
import type { LinkEngine } from "./link.ts";
import { RawPeer, wrtc } from "./raw-peer.testing.ts";
import { Recorder, bytesFor, connect } from "./recorder.testing.ts";
import { decodeSignal, encodeSignal } from "./signal.ts";
import { type WebRtcEngineOptions, createWebRtcEngine } from "./webrtc-engine.ts";

const engines: LinkEngine[] = [];
function engine(options: Partial<WebRtcEngineOptions> = {}): LinkEngine {
  const made = createWebRtcEngine({ iceServers: [], ...options });
  engines.push(made);
  return made;
}
const gateOf = (options: Partial<GateOptions>): Gate =>
  new Gate({ dialsMax: 5, dialMs: 2000, createBurst: 100, createPeriodMs: 20, ...options }, platformClock);
afterEach(async () => {
  await Promise.all(engines.splice(0).map((made) => made.close()));
});

describeLinkContract("over WebRTC", () => [engine(), engine()]);

/** A Link connected to a peer that may say anything. */
async function connectRaw(): Promise<[Recorder, RawPeer]> {
  const raw = new RawPeer();
  onTestFinished(() => raw.close());
  const end = Recorder.open(engine(), "offer");
  end.link.signal(await raw.answer(await end.signal()));
  await Promise.all([end.opened(), raw.opened()]);
  return [end, raw];
}

/** The same signal with its description rewritten. */
function rewrite(signal: Uint8Array, role: "offer" | "answer", change: (sdp: string) => string): Uint8Array {
  const decoded = decodeSignal(signal, role)!;
  return encodeSignal({ ...decoded, body: new TextEncoder().encode(change(new TextDecoder().decode(decoded.body))) });
}

describe("a stranger at the other end", () => {
  test.each<[string, (raw: RawPeer) => void]>([
    ["sends text", (raw) => raw.control.send("hello")],
    ["sends an empty message", (raw) => raw.data.send(new Uint8Array(0))],
    ["sends garbage", (raw) => raw.data.send(new Uint8Array(100).fill(0xff))],
    ["sends a message larger than asked for", (raw) => raw.data.send(new Uint8Array(16 * 1024 + 1))],
  ])("who %s is hung up", async (_, misbehave) => {
    const [end, raw] = await connectRaw();
    misbehave(raw);
    expect(await end.closed()).toBe("misbehaved");
  });

  test("who vanishes without a goodbye is lost", async () => {
    const [end, raw] = await connectRaw();
    raw.close();
    expect(await end.closed()).toBe("lost");
  });

  test("who closes one channel is lost", async () => {
    const [end, raw] = await connectRaw();
    raw.data.close();
    expect(await end.closed()).toBe("lost");
  });

  test("cannot open channels of his own", async () => {
    const [end, raw] = await connectRaw();
    raw.connection.createDataChannel("more");
    raw.control.send(Uint8Array.of(0, 0, 1, 7));
    await end.received(1);
    end.link.send("control", bytesFor(1, 5));
    end.link.flush();
    expect(end.closes).toEqual([]);
  });

  test.each<[string, (sdp: string) => string]>([
    ["asks for sound as well", (sdp) => `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`],
    [
      "shows two fingerprints",
      (sdp) => sdp.replace(/(a=fingerprint:sha-256 )(.)/, (all, a) => `${a}00:${"11:".repeat(30)}22\r\n${all}`),
    ],
    ["shows none", (sdp) => sdp.replace(/a=fingerprint.*\r\n/, "")],
    ["sends nothing of SDP", () => "nonsense"],
    ["sends SDP that is none", (sdp) => sdp.replace("a=setup:actpass", "a=setup:\u0000").replace("o=-", "q=-")],
  ])("whose offer %s gets no answer", async (_, change) => {
    const offer = await Recorder.open(engine(), "offer").signal();
    const end = Recorder.open(engine(), "answer", rewrite(offer, "offer", change));
    expect(["bad-signal", "failed"]).toContain(await end.closed());
    expect(end.signals).toEqual([]);
  });

  test("who rewrites a fingerprint on its way opens nothing", async () => {
    const caller = Recorder.open(engine({ connectTimeoutMs: 1500 }), "offer");
    const swap = (sdp: string): string => sdp.replace(/(sha-256 )(..):(..)/, "$1$3:$2");
    const callee = Recorder.open(
      engine({ connectTimeoutMs: 1500 }),
      "answer",
      rewrite(await caller.signal(), "offer", swap),
    );
    caller.link.signal(await callee.signal());
    expect(["timeout", "failed"]).toContain(await caller.closed());
    expect(["timeout", "failed"]).toContain(await callee.closed());
    expect([caller.bindings, callee.bindings]).toEqual([[], []]);
  });
});

describe("an engine", () => {
  test("connects many at once, a few at a time", async () => {
    const [a, b] = [engine({ gate: gateOf({}) }), engine({ gate: gateOf({}) })];
    let most = 0;
    const ends = Array.from({ length: 20 }, async () => {
      const [caller] = await connect(a, b);
      most = Math.max(most, a.budget.dialing, b.budget.dialing);
      return caller;
    });
    expect(a.budget).toMatchObject({ links: 20, dialing: 5, waiting: 15 });
    expect(await Promise.all(ends)).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(linkLimits.dialsMax);
    expect(a.budget).toMatchObject({ dialing: 0, waiting: 0 });
  });

  test("does not wait for itself when both sides are full of offers to each other", async () => {
    const gate = gateOf({ dialsMax: 1 });
    const [a, b] = [engine({ gate }), engine({ gate })];
    expect(await Promise.all([connect(a, b), connect(b, a), connect(a, b), connect(b, a)])).toHaveLength(4);
  });

  test("refuses one link more than it may have", async () => {
    const one = engine({ linksMax: 1 });
    const [first] = await connect(one, engine());
    expect(await Recorder.open(one, "offer").closed()).toBe("link-limit");
    first.link.close("done");
    await first.closed();
    await Recorder.open(one, "offer").signal();
  });

  test("creates no more connections than its bucket has", async () => {
    const slow = engine({ gate: gateOf({ createBurst: 2, createPeriodMs: 600_000 }), connectTimeoutMs: 300 });
    const [first, second, third] = [0, 1, 2].map(() => Recorder.open(slow, "offer"));
    await Promise.all([first!.signal(), second!.signal()]);
    expect(slow.budget).toMatchObject({ creatable: 0, waiting: 1 });
    expect(await third!.closed()).toBe("timeout");
    expect(third!.signals).toEqual([]);
  });

  test("counts what it asked of the platform, and what that costs", async () => {
    const one = engine({
      linksMax: 2,
      gate: gateOf({ createBurst: 2, createPeriodMs: 600_000 }),
      connectTimeoutMs: 300,
    });
    const [first] = await connect(one, engine());
    const second = Recorder.open(one, "offer");
    await second.signal();
    expect(one.budget.connections).toEqual({
      created: 2,
      alive: 2,
      failed: 0,
      refused: 0,
      unmade: 0,
      descriptors: 2 * linkLimits.descriptorsPerOpenConnection,
      threads: 2 * linkLimits.threadsPerOpenConnection,
    });
    expect(await Recorder.open(one, "offer").closed()).toBe("link-limit");
    second.link.close("enough");
    await second.closed();
    await expect.poll(() => one.budget.connections?.alive).toBe(1);
    expect(await Recorder.open(one, "offer").closed()).toBe("timeout");
    expect(one.budget.connections).toMatchObject({ created: 2, alive: 1, refused: 1, unmade: 1 });
    first.link.close("done");
    await first.closed();
    await expect.poll(() => one.budget.connections).toMatchObject({ created: 2, alive: 0, descriptors: 0, threads: 0 });
  });

  test("that has used up its tokens goes on when the next one comes", async () => {
    const one = engine({ gate: gateOf({ createBurst: 1, createPeriodMs: 400 }) });
    const other = engine({ gate: gateOf({}) });
    const ends = await Promise.all([connect(one, other), connect(one, other)]);
    expect(ends.map(([caller]) => caller.closes)).toEqual([[], []]);
    expect(one.budget).toMatchObject({ links: 2, waiting: 0, connections: { created: 2, unmade: 0 } });
  });

  test("survives a platform that makes no connection, and waits before it asks again", async () => {
    let asked = 0;
    const refusing = function refusing(): void {
      asked++;
      throw new Error("cannot create so many connections");
    };
    const refused = engine({ wrtc: { ...wrtc, RTCPeerConnection: refusing }, gate: gateOf({}), connectTimeoutMs: 200 });
    expect(await Recorder.open(refused, "offer").closed()).toBe("failed");
    expect(refused.budget.connections).toMatchObject({ created: 0, alive: 0, failed: 1 });
    const tries = asked;
    expect(refused.budget.creatable).toBe(0);
    expect(await Recorder.open(refused, "offer").closed()).toBe("timeout");
    // The idle connection is tried with every link, the link's own not before its time.
    expect(asked - tries).toBeLessThanOrEqual(1);
  });

  test("asks no server but those it was given", async () => {
    const asked: (RTCConfiguration | undefined)[] = [];
    class Spying extends wrtc.RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        asked.push(configuration);
      }
    }
    const iceServers = [{ urls: "stun:127.0.0.1:9" }];
    await Recorder.open(engine({ wrtc: { ...wrtc, RTCPeerConnection: Spying }, iceServers }), "offer").signal();
    await Recorder.open(engine({ wrtc: { ...wrtc, RTCPeerConnection: Spying } }), "offer").signal();
    expect(asked.map((configuration) => configuration?.iceServers)).toEqual([[], iceServers, []]);
  });

  test("waits for the binding when channels open before the answer is applied, as in Chromium", async () => {
    const late = function late(configuration: RTCConfiguration): RTCPeerConnection {
      const connection = new wrtc.RTCPeerConnection(configuration);
      let applied = false;
      let tell = (): void => {};
      const told = new Promise<void>((resolve) => {
        tell = () => {
          applied = true;
          connection.onsignalingstatechange?.(new Event("signalingstatechange"));
          resolve();
        };
      });
      return new Proxy(connection, {
        get(target, key) {
          if (key === "signalingState" && !applied) return "have-local-offer";
          if (key === "remoteDescription" && !applied) return null;
          if (key === "setRemoteDescription") {
            return (answer: RTCSessionDescriptionInit) => target.setRemoteDescription(answer).then(() => told);
          }
          if (key !== "createDataChannel") return Reflect.get(target, key) as unknown;
          return (label: string, options?: RTCDataChannelInit) => {
            const channel = target.createDataChannel(label, options);
            channel.addEventListener("open", () => setImmediate(tell));
            return channel;
          };
        },
      });
    };
    const [caller, callee] = await connect(engine({ wrtc: { ...wrtc, RTCPeerConnection: late } }), engine());
    expect(await caller.opened()).toEqual({ local: callee.bindings[0]!.remote, remote: callee.bindings[0]!.local });
    expect(caller.bindings).toHaveLength(1);
  });

  test.each([
    [{ iceServers: "stun:x" }, "iceServers"],
    [{ messageBytesMax: 100 }, "messageBytesMax"],
    [{ linksMax: 0 }, "linksMax"],
    [{ connectTimeoutMs: Number.NaN }, "connectTimeoutMs"],
    [{ wrtc: {} }, "wrtc"],
  ])("refuses %o", (options, name) => {
    expect(() => createWebRtcEngine({ iceServers: [], ...options } as WebRtcEngineOptions)).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(name) as string }) as Error,
    );
  });

  test("says that there is no WebRTC where there is none", () => {
    expect(() => createWebRtcEngine({ iceServers: [], wrtc: "native" })).toThrow(
      expect.objectContaining({ code: "webrtc-unavailable" }) as Error,
    );
  });

  test.runIf(process.platform === "linux")("keeps its native threads when the last link goes", async () => {
    const threads = (): number => readdirSync("/proc/self/task").length;
    const [a, b] = [engine(), engine()];
    const cycle = async (): Promise<void> => {
      const ends = await connect(a, b);
      for (const { link } of ends) link.close("done");
      await Promise.all(ends.map((end) => end.closed()));
    };
    await cycle();
    const before = threads();
    for (let i = 0; i < 5; i++) await cycle();
    expect(threads()).toBeLessThanOrEqual(before);
  });
});

test.runIf(process.platform === "linux")(
  "a process that leaves and joins again and again keeps a bounded number of native threads, and exits by itself",
  async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@grapevine/source", "--import", "tsx", `${import.meta.dirname}/rejoin.testing.ts`],
      { timeout: 20_000 },
    );
    const threads = JSON.parse(stdout) as number[];
    expect(threads).toHaveLength(20);
    // Two more for what a collection under way has not let go of yet; without any, it would be 19.
    const bound = threads[0]! + 4 * (linkLimits.abandonedFactoriesMax + 2);
    expect(Math.max(...threads)).toBeLessThanOrEqual(bound);
  },
);

describe("a connection made ready", () => {
  test("is taken by the first offer, which leaves at once, and connects", async () => {
    const [a, b] = [engine(), engine()];
    a.prepare?.();
    await expect.poll(() => a.budget.dialing).toBe(0);
    expect(a.budget.links).toBe(1);
    const [caller, callee] = await connect(a, b);
    expect(a.budget.links).toBe(1);
    expect(a.budget.connections?.created).toBe(1);
    caller.link.send("control", bytesFor(1, 100));
    expect((await callee.received(1))[0]?.bytes).toEqual(bytesFor(1, 100));
    expect(caller.signals).toHaveLength(1);
    const [second] = await connect(a, b);
    expect(second.bindings).toHaveLength(1);
    expect(a.budget.connections?.created).toBe(2);
  });

  test("is not for an answer, nor for a call by other servers", async () => {
    let servers: { urls: string[] }[] = [];
    const a = engine({ iceServers: () => servers });
    a.prepare?.();
    const other = Recorder.open(engine(), "offer");
    Recorder.open(a, "answer", await other.signal());
    expect(a.budget.links).toBe(2);
    servers = [{ urls: ["stun:127.0.0.1:9"] }];
    const call = Recorder.open(a, "offer");
    await call.signal();
    expect(a.budget.connections?.created).toBe(3);
    await expect.poll(() => a.budget.links).toBe(2);
  });

  test("tells whoever closes it of nothing but the end", async () => {
    const a = engine();
    a.prepare?.();
    await expect.poll(() => a.budget.dialing).toBe(0);
    const call = Recorder.open(a, "offer");
    call.link.close("changed my mind");
    expect(await call.closed()).toBe("changed my mind");
    expect(call.signals).toEqual([]);
  });

  test("goes with its engine", async () => {
    const a = engine();
    a.prepare?.();
    await a.close();
    expect(a.budget.links).toBe(0);
  });
});

test("a process that closes its engines exits by itself, with no timer left", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@grapevine/source", "--import", "tsx", `${import.meta.dirname}/exit.testing.ts`],
    { timeout: 20_000 },
  );
  expect(JSON.parse(stdout)).toEqual({ frames: 1, closes: ["engine-closed", "goodbye"], timers: 0 });
});
