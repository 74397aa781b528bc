/**
 * From opening the page to closing it: joining, trying again when nobody answers, leaving, joining anew. One phase at a
 * time; whoever shows it asks for `phase` after each change.
 */
import type { Join, Joined } from "./face.ts";
import type { Settings } from "./settings.ts";

export type Phase =
  | { readonly kind: "joining"; readonly attempt: number }
  | { readonly kind: "joined"; readonly mesh: Joined }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly retryMs: number | undefined }
  | { readonly kind: "left" };

/** Waits between attempts when no seed answers, each of which takes as long as `join` waits. Guess. */
const retriesMs = [3_000, 5_000, 10_000, 20_000] as const;

export class Session {
  phase: Phase = { kind: "left" };
  private readonly settings: Settings;
  private readonly joinMesh: Join;
  private readonly onChange: () => void;
  private attempt = 0;
  private aborting = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: Settings, join: Join, onChange: () => void) {
    this.settings = settings;
    this.joinMesh = join;
    this.onChange = onChange;
  }

  /** Join now, whatever the phase, unless joined or joining. */
  async join(): Promise<void> {
    if (this.phase.kind === "joined" || this.phase.kind === "joining") return;
    clearTimeout(this.timer);
    this.aborting = new AbortController();
    const { signal } = this.aborting;
    this.attempt++;
    this.turn({ kind: "joining", attempt: this.attempt });
    try {
      const mesh = await this.joinMesh(this.settings, signal);
      if (signal.aborted) return;
      this.attempt = 0;
      this.turn({ kind: "joined", mesh });
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = described(error);
      const retryMs = code === "seed-unreachable" ? retriesMs[Math.min(this.attempt, retriesMs.length) - 1] : undefined;
      if (retryMs !== undefined) this.timer = setTimeout(() => void this.join(), retryMs);
      this.turn({ kind: "failed", code, message, retryMs });
    }
  }

  /** Leave, or stop trying to join. */
  async leave(): Promise<void> {
    const { phase } = this;
    clearTimeout(this.timer);
    this.aborting.abort();
    this.attempt = 0;
    this.turn({ kind: "left" });
    if (phase.kind === "joined") await phase.mesh.leave();
  }

  private turn(phase: Phase): void {
    this.phase = phase;
    this.onChange();
  }
}

function described(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
  return { code, message };
}
