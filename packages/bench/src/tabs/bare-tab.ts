// One of the tabs of the comparison: as many bare data channels to other tabs, and messages at an even pace on each.
import { type End, openEnd, type Signal } from "../link/ends.ts";

const { searchParams } = new URL(location.href);
const self = Number(searchParams.get("tab"));
interface Post {
  readonly from: number;
  readonly to: number;
  readonly signal: Signal;
}
// All tabs are of one origin, so they need no server to find each other.
const post = new BroadcastChannel("bare tabs");
const ends = new Map<number, End>();
let copies = 0;

post.addEventListener("message", ({ data: { from, to, signal } }: MessageEvent<Post>) => {
  if (to === self) (ends.get(from) ?? open(from, "answer")).signal(signal);
});

function open(other: number, role: "offer" | "answer"): End {
  const end = openEnd("raw", role, (signal) => {
    // Plain data: a candidate's own object cannot be posted.
    post.postMessage(JSON.parse(JSON.stringify({ from: self, to: other, signal } satisfies Post)));
  });
  end.onReceived = () => void copies++;
  ends.set(other, end);
  void end.ready.then(() => ready++);
  return end;
}
let ready = 0;

Object.assign(globalThis, {
  dial: (others: readonly number[]): void => others.forEach((other) => void open(other, "offer")),
  links: () => ready,
  counts: () => ({ copies, received: copies }),
  publish(everyMs: number, size: number): void {
    setInterval(() => {
      for (const end of ends.values()) void end.send(size, size);
    }, everyMs);
  },
});
