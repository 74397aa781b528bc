/**
 * Lets one tab of a browser hold a name for as long as it lives. By Web Locks, which the browser itself releases when a
 * page dies; on pages that have none (plain http on a network address) by asking the other tabs over a BroadcastChannel.
 */

export interface TabGuard {
  /** Release it, or undefined when another tab holds the name, or nothing here can tell. */
  hold(name: string): Promise<(() => Promise<void>) | undefined>;
}

/** Resolves after so many milliseconds. */
export type Wait = (ms: number) => Promise<void>;

/** Joins a BroadcastChannel; `onMessage` is given what others post on it. */
export type OpenChannel = (name: string, onMessage: (message: unknown) => void) => TabChannel;

export interface TabChannel {
  post(message: unknown): void;
  close(): void;
}

/**
 * Time for a reloaded page's old self to be torn down, which releases its lock. Some 10 ms are usual; measured on a busy
 * machine, 500 ms made one of four tabs that reloaded together give up its identity. Only duplicated tabs wait it out.
 */
const LOCK_WAIT_MS = 2_500;
/** Time for other tabs to answer. Guess: 10 ms are usual, and a busy one's task may take 100. */
const ANSWER_WAIT_MS = 250;

export function lockGuard(locks: Pick<LockManager, "request">, wait: Wait): TabGuard {
  return {
    hold: (name) =>
      new Promise((resolve) => {
        const patience = new AbortController();
        let end = (): void => {};
        const lifetime = new Promise<void>((resolveLifetime) => {
          end = resolveLifetime;
        });
        const ended = locks
          .request(name, { signal: patience.signal }, () => {
            resolve(() => {
              end();
              return ended;
            });
            return lifetime;
          })
          // Out of patience, or a page that may not use locks: either way it is not ours.
          .then(undefined, () => resolve(undefined));
        void wait(LOCK_WAIT_MS).then(() => patience.abort());
      }),
  };
}

/**
 * `id`: random, tells tabs apart; when two ask at one time, the lower one has the name. A frozen tab that cannot answer
 * is not seen: locks are the better guard.
 */
export function channelGuard(openChannel: OpenChannel, id: string, wait: Wait): TabGuard {
  return {
    async hold(name) {
      let held = false;
      let lost = false;
      const channel = openChannel(name, (message) => {
        const { from, to } = (typeof message === "object" && message !== null ? message : {}) as Partial<Message>;
        if (to === id && !held) lost = true;
        if (typeof from !== "string" || from === id || lost) return;
        if (!held && from < id) lost = true;
        else channel.post({ to: from } satisfies Partial<Message>);
      });
      channel.post({ from: id } satisfies Partial<Message>);
      await wait(ANSWER_WAIT_MS);
      if (lost) {
        channel.close();
        return undefined;
      }
      held = true;
      return () => {
        channel.close();
        return Promise.resolve();
      };
    },
  };
}

/** `from` asks for the name; `to` is told that it is held. */
interface Message {
  readonly from: unknown;
  readonly to: unknown;
}

/** Where neither is there, nothing can be told. */
export const noGuard: TabGuard = { hold: () => Promise.resolve(undefined) };
