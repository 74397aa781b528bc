/**
 * Messages and megabytes a second of a Link against a raw @roamhq/wrtc data channel, both ends in this process.
 * Run: node --conditions=@grapevine/source --import tsx packages/links/scripts/measure.ts
 */
import { createRequire } from "node:module";
// oxlint-disable-next-line no-restricted-imports -- a script takes the package as others do, by its name
import { type Link, type LinkEngine, createWebRtcEngine } from "@grapevine/links";

interface Result {
  readonly framesPerSecond: number;
  readonly megabytesPerSecond: number;
}

const wrtc = createRequire(import.meta.url)("@roamhq/wrtc") as { RTCPeerConnection: typeof RTCPeerConnection };
const nothing = (): void => {};
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = nothing;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

function resultOf(bytes: number, size: number, startMs: number): Result {
  const seconds = (performance.now() - startMs) / 1000;
  return { framesPerSecond: bytes / size / seconds, megabytesPerSecond: bytes / 1e6 / seconds };
}

/** One message a frame, watched by bufferedAmount with a mark of 1 MiB: the best that can be had without packing. */
async function raw(size: number, total: number): Promise<Result> {
  const [a, b] = [new wrtc.RTCPeerConnection(), new wrtc.RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => void (candidate && b.addIceCandidate(candidate));
  b.onicecandidate = ({ candidate }) => void (candidate && a.addIceCandidate(candidate));
  const options = { negotiated: true, id: 0 };
  const [from, to] = [a.createDataChannel("raw", options), b.createDataChannel("raw", options)];
  to.binaryType = "arraybuffer";
  const open = Promise.all([from, to].map((end) => new Promise((resolve) => end.addEventListener("open", resolve))));
  await a.setLocalDescription(await a.createOffer());
  await b.setRemoteDescription(a.localDescription!);
  await b.setLocalDescription(await b.createAnswer());
  await a.setRemoteDescription(b.localDescription!);
  await open;
  let got = 0;
  const done = new Promise<void>((resolve) => {
    to.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      got += data.byteLength;
      if (got >= total) resolve();
    });
  });
  const frame = new Uint8Array(size);
  const startMs = performance.now();
  for (let sent = 0, slice = 0; sent < total; sent += size) {
    from.send(frame);
    if ((slice += size) < 256 * 1024) continue;
    slice = 0;
    do await tick();
    while (from.bufferedAmount > 1024 * 1024);
  }
  await done;
  const result = resultOf(total, size, startMs);
  a.close();
  b.close();
  return result;
}

/** A Link as the driver uses it: as many frames as it takes, then wait until it is writable. */
async function link(engines: [LinkEngine, LinkEngine], size: number, total: number): Promise<Result> {
  const ready = deferred();
  const done = deferred();
  let got = 0;
  let open = 0;
  let wake = nothing;
  let writable = true;
  const opened = (): void => void (++open === 2 && ready.resolve());
  const from: Link = engines[0].open("offer", {
    onSignal(offer) {
      to = engines[1].open(
        "answer",
        {
          onSignal: (answer) => from.signal(answer),
          onOpen: opened,
          onFrame(_, bytes) {
            got += bytes.length;
            if (got >= total) done.resolve();
          },
          onWritable: nothing,
          onClose: nothing,
        },
        offer,
      );
    },
    onOpen: opened,
    onFrame: nothing,
    onWritable(now) {
      writable = now;
      if (now) wake();
    },
    onClose: nothing,
  });
  let to: Link | undefined;
  await ready.promise;
  const frame = new Uint8Array(size).fill(7);
  const startMs = performance.now();
  let sent = 0;
  while (sent < total) {
    for (let slice = 0; slice < 64 * 1024 && sent < total; slice += size, sent += size) from.send("data", frame);
    from.flush();
    await tick();
    if (!writable) await new Promise<void>((resolve) => (wake = resolve));
  }
  await done.promise;
  const result = resultOf(total, size, startMs);
  from.close("done");
  to?.close("done");
  return result;
}

const engines: [LinkEngine, LinkEngine] = [
  createWebRtcEngine({ iceServers: [] }),
  createWebRtcEngine({ iceServers: [] }),
];
const rounds = Number(process.argv[2] ?? 3);
for (const [size, total] of [
  [256, 8_000_000],
  [16 * 1024, 100_000_000],
] as const) {
  const results: { raw: Result; link: Result }[] = [];
  for (let i = 0; i < rounds; i++)
    results.push({ raw: await raw(size, total), link: await link(engines, size, total) });
  for (const kind of ["raw", "link"] as const) {
    const best = results.map((result) => result[kind]).toSorted((x, y) => y.framesPerSecond - x.framesPerSecond)[0]!;
    const frames = Math.round(best.framesPerSecond).toLocaleString("en");
    process.stdout.write(`${size} B ${kind}: ${frames} frames/s, ${best.megabytesPerSecond.toFixed(1)} MB/s\n`);
  }
}
await Promise.all(engines.map((engine) => engine.close()));
