/** For tests in which a rejection is caused after it is waited for. */

/** The reason with which `promise` rejects; rejects when it does not. Asked for at once, so that none goes unhandled. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${String(value)}`);
}
