/** How a caller bounds what it asked for: by a signal, and by a time. */
import { MeshError, expected } from "./errors.ts";
import { meshLimits } from "./limits.ts";
import type { Call } from "./message.ts";

/**
 * A promise that `begin` settles, unless `call` ends it first; then what `begin` returned is called. Every mistake in
 * `call` or thrown by `begin` is a rejection. Without a time-out of the call's, `timeoutMs` counts, if given.
 */
export async function bounded<T>(
  call: Call = {},
  timeoutMs: number | undefined,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  const { signal, timeoutMs: limitMs = timeoutMs } = checked(call);
  signal?.throwIfAborted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      let settled = false;
      const cancel = begin(
        (value) => {
          settled = true;
          resolve(value);
        },
        (error) => {
          settled = true;
          // eslint-disable-next-line typescript/prefer-promise-reject-errors -- an abort's reason is whatever its caller chose
          reject(error);
        },
      );
      if (settled) return;
      const end = (error: unknown): void => {
        cancel();
        // eslint-disable-next-line typescript/prefer-promise-reject-errors -- see above
        reject(error);
      };
      if (signal !== undefined) {
        onAbort = () => end(signal.reason);
        signal.addEventListener("abort", onAbort, { once: true });
      }
      if (limitMs !== undefined) {
        timer = setTimeout(
          () => end(new MeshError("timeout", `expected an answer within ${limitMs} ms, got none`)),
          limitMs,
        );
      }
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}

/** Throws `invalid-argument`. */
export function checked(call: Call): Call {
  if (typeof call !== "object" || call === null) throw expected("{ signal, timeoutMs }", call);
  const { signal, timeoutMs } = call;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw expected("signal to be an AbortSignal", signal);
  const fits = typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= meshLimits.timeoutMsMax;
  if (timeoutMs !== undefined && !fits) {
    throw expected(`timeoutMs above 0 and at most ${meshLimits.timeoutMsMax}`, timeoutMs);
  }
  return call;
}
