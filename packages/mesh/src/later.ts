/**
 * What a page loads once its peer has started (`parts.ts`), and whoever waits for it. Until it has come the peer is in, publishes
 * and delivers; what repairs, what spares links and what maps need is to come, so it is asked for until it does.
 */
import { meshLimits } from "./limits.ts";
import type { Warning } from "./mesh-events.ts";

export class Later {
  private readonly fetch: () => Promise<void>;
  private isHere = false;
  private loading: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `fetch`: resolves when it is there. Not called again while it is at work, nor once it has. */
  constructor(fetch: () => Promise<void>) {
    this.fetch = fetch;
  }

  /** Resolves when it is there; undefined when it is. What fails is tried again when it is asked for again. */
  load(): Promise<void> | undefined {
    if (!this.isHere) this.loading ??= this.begin();
    return this.isHere ? undefined : this.loading;
  }

  private async begin(): Promise<void> {
    try {
      await this.fetch();
      this.isHere = true;
    } finally {
      this.loading = undefined;
    }
  }

  /** Load it, and again and again until it is there or `end`. Warns of the first failure. */
  insist(warn: (warning: Warning) => void): void {
    const message = "a part of this package could not be loaded; until it is, nothing that was missed is repaired";
    let isWarned = false;
    const attempt = (): void => {
      this.load()?.catch((cause: unknown) => {
        if (!isWarned) warn({ code: "internal", message, cause });
        isWarned = true;
        this.timer = setTimeout(attempt, meshLimits.loadAgainMs);
      });
    };
    attempt();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
