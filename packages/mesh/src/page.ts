/**
 * What a page does to a peer that lives in it: it closes, it is put to sleep for the back button (bfcache) and comes
 * back, and it may have come from plain http. Nothing of this is there in Node.
 */
import type { Warning } from "./mesh-events.ts";

/** The part of a mesh that a page moves. */
export interface Guest {
  readonly state: string;
  pause(): void;
  resume(): Promise<void>;
  leave(): Promise<void>;
}

interface Page {
  addEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
  removeEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
}

/** Source: reference "webrtc in practice": tweetnacl in a tab does some 70 verifications a second. */
export const INSECURE_PAGE: Warning = {
  code: "insecure-context",
  message:
    "this page did not come from https or localhost, so the browser withholds its cryptography: " +
    "some 70 signatures a second can be checked, where 10 000 could; serve it from https",
};

export function isPage(): boolean {
  const { document, addEventListener } = globalThis as { document?: unknown; addEventListener?: unknown };
  return typeof document === "object" && typeof addEventListener === "function";
}

export function isInsecurePage(): boolean {
  return isPage() && (globalThis.crypto as { subtle?: unknown } | undefined)?.subtle === undefined;
}

/** Say goodbye when the page goes, and come back when it does. Returns what ends it. */
export function followPage(guest: Guest): () => void {
  if (!isPage()) return () => {};
  const page = globalThis as unknown as Page;
  let asleep = false;
  const onHide = ({ persisted }: { readonly persisted?: boolean }): void => {
    if (persisted !== true) return void guest.leave();
    // An application that paused by itself goes on by itself.
    asleep = guest.state !== "paused";
    guest.pause();
  };
  const onShow = ({ persisted }: { readonly persisted?: boolean }): void => {
    if (persisted !== true || !asleep) return;
    asleep = false;
    void guest.resume();
  };
  page.addEventListener("pagehide", onHide);
  page.addEventListener("pageshow", onShow);
  return () => {
    page.removeEventListener("pagehide", onHide);
    page.removeEventListener("pageshow", onShow);
  };
}
