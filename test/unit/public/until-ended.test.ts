import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BalancesProblem } from '../../../shared/public/problem.ts';
import type { Refresh } from '../../../shared/public/refresh.ts';
import { type Look, platformTime, type Time, untilEnded } from '../../../shared/public/until-ended.ts';

/** Enough of a refresh to tell whether it has ended. */
const refresh = (status: Refresh['status']): Refresh => ({
  refreshId: 'RFR-1',
  correlationId: 'RFR-1',
  joinedCorrelationIds: null,
  userGuid: 'USR-1',
  memberGuid: 'MBR-1',
  trigger: 'http',
  status,
  jobStarted: status === 'ended' ? null : true,
  lastLookAt: null,
  nextLookAt: null,
  outcome: status === 'ended' ? 'succeeded' : null,
  action: status === 'ended' ? 'none' : 'wait',
  code: null,
  message: null,
  userMessage: null,
  connectionStatus: null,
  challenges: [],
  userPresent: false,
  acceptedAt: '2026-01-15T12:00:00.000Z',
  deadline: '2026-01-15T12:10:00.000Z',
  endedAt: null,
  observedAt: null,
  nextRefreshAllowedAt: null,
});

const running = (retryAfter: number | null): Look => ({ refresh: refresh('running'), retryAfter });
const ended: Look = { refresh: refresh('ended'), retryAfter: null };
const passing = (retryAfter: number | null = null) =>
  new BalancesProblem({ status: 503, code: 'busy', action: 'retry_later', detail: 'busy', retryAfter });

/** Looks that answer in turn, under a clock that only sleeping moves. `seconds` are the times of the looks. */
function scene(...looks: readonly (Look | Error)[]) {
  let now = 0;
  const seconds: number[] = [];
  const allowed: number[] = [];
  const time: Time = {
    now: () => now,
    async sleep(milliseconds) {
      await Promise.resolve();
      now += milliseconds;
    },
  };
  const look = async (most: number): Promise<Look> => {
    if (seconds.length > 20) throw new Error('it looks for ever');
    seconds.push(now / 1000);
    allowed.push(most);
    const answer = looks[Math.min(seconds.length, looks.length) - 1];
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };
  const wait = (timeoutSeconds: number) =>
    untilEnded(look, { refreshId: 'RFR-1', timeoutSeconds, time, signal: undefined });
  return { seconds, allowed, wait };
}

describe('waiting for the end of a refresh', () => {
  it('asks again when Retry-After says, not earlier and not later', async () => {
    const { seconds, wait } = scene(running(5), running(2), running(7), ended);
    expect((await wait(900)).status).toBe('ended');
    expect(seconds).toEqual([0, 5, 7, 14]);
  });

  it('asks every 3 s by default, at most every second', async () => {
    const { seconds, wait } = scene(running(null), running(0), ended);
    await wait(900);
    expect(seconds).toEqual([0, 3, 4]);
  });

  it('goes on when busy or unreachable, after the pause asked', async () => {
    const { seconds, wait } = scene(passing(11), passing(), ended);
    await wait(900);
    expect(seconds).toEqual([0, 11, 14]);
  });

  it('ends at once with a problem that does not pass', async () => {
    const gone = new BalancesProblem({ status: 404, code: 'refresh_not_found', action: 'none', detail: 'gone' });
    const { seconds, wait } = scene(running(1), gone);
    await expect(wait(900)).rejects.toBe(gone);
    expect(seconds).toEqual([0, 1]);
  });

  it('looks once more at the end, then names the refresh', async () => {
    const { seconds, wait } = scene(running(4));
    await expect(wait(10)).rejects.toMatchObject({ code: 'timed_out', action: 'wait', refreshId: 'RFR-1' });
    expect(seconds).toEqual([0, 4, 8, 10]);
  });

  it('looks once more when a millisecond is left', async () => {
    const { seconds, wait } = scene(running(4));
    await expect(wait(4.001)).rejects.toMatchObject({ code: 'timed_out' });
    expect(seconds).toEqual([0, 4, 4.001]);
  });

  it('ends with an error that is none of this API’s', async () => {
    const error = Object.assign(new Error('x'), { action: 'retry_later' });
    await expect(scene(error).wait(900)).rejects.toBe(error);
  });

  it('finds an end that came in the last moment', async () => {
    expect((await scene(running(4), running(4), running(4), ended).wait(10)).status).toBe('ended');
  });

  it('gives no look more time than is left', async () => {
    const { allowed, wait } = scene(running(4));
    await expect(wait(10)).rejects.toThrow();
    expect(allowed).toEqual([10, 6, 2, 1]);
  });
});

describe('the platform’s sleep', () => {
  it('ends with the signal’s reason', async () => {
    const controller = new AbortController();
    const sleeping = platformTime.sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await expect(platformTime.sleep(60_000, controller.signal)).rejects.toThrow('enough');
  });

  it('ends by itself and lets go of the signal', async () => {
    const { signal } = new AbortController();
    const before = platformTime.now();
    await platformTime.sleep(2, signal);
    expect(platformTime.now()).toBeGreaterThan(before);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await platformTime.sleep(1, undefined);
  });
});
