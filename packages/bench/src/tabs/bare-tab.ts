// One of the tabs of the comparison: as many bare data channels to other tabs, and messages at an even pace on each. With
// `checked`, the least that signatures cost: each message that came is counted when a signature of its size was verified.
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
const checks = searchParams.has("checked") ? await signed(256) : undefined;

interface Signed {
  readonly key: CryptoKey;
  readonly signature: ArrayBuffer;
  readonly message: Uint8Array<ArrayBuffer>;
}

async function signed(size: number): Promise<Signed> {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey("Ed25519", false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const message = new Uint8Array(size).fill(7);
  return { key: publicKey, message, signature: await crypto.subtle.sign("Ed25519", privateKey, message) };
}

async function onMessage(): Promise<void> {
  if (checks !== undefined && !(await crypto.subtle.verify("Ed25519", checks.key, checks.signature, checks.message))) {
    throw new Error("a signature of its own does not hold");
  }
  copies++;
}

post.addEventListener("message", ({ data: { from, to, signal } }: MessageEvent<Post>) => {
  if (to === self) (ends.get(from) ?? open(from, "answer")).signal(signal);
});

function open(other: number, role: "offer" | "answer"): End {
  const end = openEnd("raw", role, (signal) => {
    // Plain data: a candidate's own object cannot be posted.
    post.postMessage(JSON.parse(JSON.stringify({ from: self, to: other, signal } satisfies Post)));
  });
  end.onReceived = () => void onMessage();
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
