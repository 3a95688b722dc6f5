/** Waiting for the end of a refresh from outside: asking again, no oftener than the service wants to be asked. */
import { BalancesProblem } from './problem.ts';
import type { Refresh } from './refresh.ts';

/** The passing of time, replaceable in tests. */
export interface Time {
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  /** Rejects with the signal's reason when that aborts. */
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

/** One look: the refresh, and the `Retry-After` that came with it. */
export interface Look {
  readonly refresh: Refresh;
  readonly retryAfter: number | null;
}

/** The pause without a `Retry-After`: the service's own minimum between two looks at MX. */
const DEFAULT_PAUSE_SECONDS = 3;

/** Even if a `Retry-After: 0` allows more. */
const MIN_PAUSE_SECONDS = 1;

/** What is waited for, and for how long at most. */
export interface Waiting {
  readonly refreshId: string;
  readonly timeoutSeconds: number;
  readonly time: Time;
  readonly signal: AbortSignal | undefined;
}

/**
 * Looks until the refresh has ended. What passes (no connection, no answer in time, 429, 503) is a reason to look
 * again; anything else is thrown.
 *
 * @param look is given the seconds that it may take.
 * @throws BalancesProblem `timed_out` after `timeoutSeconds`; the refresh goes on, and can be waited for again.
 */
export async function untilEnded(
  look: (seconds: number) => Promise<Look>,
  { refreshId, timeoutSeconds, time, signal }: Waiting,
): Promise<Refresh> {
  const until = time.now() + timeoutSeconds * 1000;
  for (;;) {
    const secondsLeft = (until - time.now()) / 1000;
    const pause = await pauseAfter(() => look(Math.max(secondsLeft, MIN_PAUSE_SECONDS)));
    if (typeof pause !== 'number') return pause;
    const left = until - time.now();
    if (left <= 0) {
      throw new BalancesProblem({
        status: null,
        code: 'timed_out',
        action: 'wait',
        detail: `the refresh has not ended within ${timeoutSeconds} s; it goes on`,
        refreshId,
      });
    }
    // The last look is at the end of the time, not up to a pause before it.
    await time.sleep(Math.min(pause * 1000, left), signal);
  }
}

/** The ended refresh, or how long to pause before the next look, in seconds. */
async function pauseAfter(look: () => Promise<Look>): Promise<Refresh | number> {
  try {
    const { refresh, retryAfter } = await look();
    if (refresh.status === 'ended') return refresh;
    return Math.max(retryAfter ?? DEFAULT_PAUSE_SECONDS, MIN_PAUSE_SECONDS);
  } catch (error) {
    if (!(error instanceof BalancesProblem) || error.action !== 'retry_later') throw error;
    return Math.max(error.retryAfter ?? DEFAULT_PAUSE_SECONDS, MIN_PAUSE_SECONDS);
  }
}

/** The platform's clock and timers. */
export const platformTime: Time = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', abort, { once: true });
    }),
};
