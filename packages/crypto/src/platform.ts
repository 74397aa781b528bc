/** What this package needs from the platform it runs on. `#platform` picks `platform.browser.ts` or `platform.node.ts`. */
import type { IdentityStore } from "./identity/store.ts";
import type { SignatureBackend } from "./signatures/backend.ts";

export interface Platform {
  /** 64 bytes, in line. */
  sha512(bytes: Uint8Array): Uint8Array;
  /** Ed25519 of node:crypto; in a tab one that says it is not available. */
  readonly nodeBackend: SignatureBackend;
  /** Let the event loop turn once, undelayed even in a hidden tab, whose timers fire once a second. */
  turn(): Promise<void>;
  /** Where an identity is kept: at `path`, else where this platform keeps one by itself. */
  identityStore(options: IdentityStoreOptions): IdentityStore;
}

export interface IdentityStoreOptions {
  readonly name: string;
  readonly path: string | undefined;
  readonly onWarning: (message: string) => void;
}
