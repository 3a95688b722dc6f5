/** An MX that answers nothing must not keep an instance waiting for each of its calls: other messages stand behind them. */
import { asFailure, Failure } from '../domain/failure.ts';
import { type Clock, type Instant, secondsBetween } from '../domain/instant.ts';
import type { Mx } from '../domain/ports.ts';

/** Calls in a row that MX lets time out before it counts as silent. */
const SILENT_AFTER = 3;

/** While MX is silent it is asked once in so many seconds. */
const ASKED_EVERY_SECONDS = 10;

/**
 * `mx`, for one function instance. When three calls in a row have timed out, with no answer in between, one read is sent
 * every ten seconds and the others fail at once as they would have in the end, with `mx_timeout`. Any answer, an error too,
 * ends that. What starts or goes on with a job is always sent: only MX's own silence may leave its result unknown.
 */
export function unlessSilent(mx: Mx, now: Clock): Mx {
  let timeouts = 0;
  let lastTimeoutAt: Instant | null = null;
  let isAsked = false;

  async function noted<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      timeouts = 0;
      return answer;
    } catch (error) {
      const { code } = asFailure(error);
      // Kept from being sent: it says nothing of MX.
      if (code === 'paused') throw error;
      if (code === 'mx_timeout') {
        timeouts += 1;
        lastTimeoutAt = now();
      } else {
        timeouts = 0;
      }
      throw error;
    }
  }

  async function read<T>(call: () => Promise<T>): Promise<T> {
    if (timeouts < SILENT_AFTER) return noted(call());
    if (isAsked || (lastTimeoutAt !== null && secondsBetween(lastTimeoutAt, now()) < ASKED_EVERY_SECONDS)) {
      throw new Failure(
        'mx_timeout',
        `MX has let the last ${timeouts} calls of this instance time out; it was not asked`,
      );
    }
    isAsked = true;
    try {
      return await noted(call());
    } finally {
      isAsked = false;
    }
  }

  return {
    readMember: (member) => read(() => mx.readMember(member)),
    readChallenges: (member) => read(() => mx.readChallenges(member)),
    listAccounts: (member) => read(() => mx.listAccounts(member)),
    checkBalance: (member) => noted(mx.checkBalance(member)),
    resume: (member, answers) => noted(mx.resume(member, answers)),
  };
}
