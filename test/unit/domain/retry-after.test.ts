/** MX refuses a POST and says until when to wait: no other POST is sent before that. */
import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import { type Instant, secondsBetween } from '../../../shared/domain/instant.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { withMember } from '../../fakes/members-table.ts';
import { at, attemptOf, claim, key, knownMember, member, newJob, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const identifiers = { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid };

/** A world in which MX refuses every POST so, until it is told not to. */
function world(code: FailureCode, retryAfterSeconds: number) {
  const made = refreshWorld(withMember(knownMember()));
  const postedAt: number[] = [];
  const { start } = made.answers;
  const refuse = () => new Failure(code, 'refused', { retryAfterSeconds });
  let answer: () => ReturnType<typeof start> = refuse;
  made.answers.start = () => {
    postedAt.push(secondsBetween(T0, made.deps.now()));
    return answer();
  };
  return {
    ...made,
    deps: { ...made.deps, balances: made.balances },
    postedAt,
    accepts: () => {
      answer = () => start(identifiers);
    },
    trigger: () => startRefresh(made.deps, identifiers, { userPresent: false, correlationId: null }),
    /** Takes every look that is due until then. */
    async looksUntil(until: Instant): Promise<void> {
      for (let next = made.sent[0]; next !== undefined; next = made.sent[0]) {
        if (secondsBetween(made.deps.now(), until) < next.inSeconds) return;
        made.sent.shift();
        made.wait(next.inSeconds);
        await followRefresh({ ...made.deps, balances: made.balances }, next.followUp);
      }
    },
    last: async () => (await made.deps.members.read(key))?.lastAttempt,
  };
}

describe.each(['mx_rate_limited', 'mx_unavailable', 'mx_conflict'] as const)('a POST refused with %s', (code) => {
  it('is sent again when the time is over, not sooner', async () => {
    const { trigger, looksUntil, postedAt, accepts, answers } = world(code, 60);
    expect(await trigger()).toMatchObject({ nextAllowedAt: at(60), refresh: { progress: { jobStarted: false } } });
    await looksUntil(at(59));
    expect(postedAt).toEqual([0]);
    accepts();
    await looksUntil(at(70));
    expect(postedAt).toEqual([0, expect.toSatisfy((seconds: number) => seconds >= 60 && seconds <= 65)]);
    answers.read = () => member({ ...newJob, successfullyAggregatedAt: '2026-11-21T12:01:09.000Z' });
    await looksUntil(at(120));
    expect(postedAt).toHaveLength(2);
  });

  it('is not sent by a trigger that joins', async () => {
    const { trigger, postedAt } = world(code, 60);
    await trigger();
    expect(await trigger()).toMatchObject({ joined: true, nextAllowedAt: at(60) });
    expect(postedAt).toEqual([0]);
  });

  it('until after the deadline ends the refresh; triggers are told', async () => {
    const { trigger, looksUntil, postedAt, last, wait, deps, mxCalls } = world(code, 3600);
    await trigger();
    await looksUntil(at(300));
    expect(await last()).toMatchObject({ outcome: 'not_refreshed', action: 'retry_later' });
    expect(postedAt).toEqual([0]);
    const before = mxCalls.length;
    const left = Math.ceil(secondsBetween(deps.now(), at(3600)));
    await expect(trigger()).rejects.toMatchObject({ code: 'mx_rate_limited', details: { retryAfterSeconds: left } });
    expect(mxCalls).toHaveLength(before);
    wait(left);
    expect(await trigger()).toMatchObject({ joined: false });
    expect(postedAt).toHaveLength(2);
  });
});

it('Retry-After holds for a refresh that was ended meanwhile', async () => {
  const { trigger, postedAt, deps } = world('mx_rate_limited', 60);
  const { recordStart } = deps.members;
  const ended = (refreshId: string) => attemptOf(claim({ refreshId }), { code: 'member_deleted', endedAt: at(0) });
  Object.assign(deps.members, {
    // An erasing has ended it, and has crashed before its tombstone.
    recordStart: async (started: Parameters<typeof recordStart>[0]) => {
      const known = { lookedAt: null, jobAggregatedAt: null };
      await deps.members.end({ key, from: 'running', known, attempt: ended(started.refreshId) });
      await deps.members.release(key, started.refreshId);
      return recordStart(started);
    },
  });
  await trigger();
  await expect(trigger()).rejects.toMatchObject({ code: 'mx_rate_limited', details: { retryAfterSeconds: 60 } });
  expect(postedAt).toEqual([0]);
});

it('Retry-After unknown after a crash: grace period', async () => {
  const { trigger, looksUntil, postedAt, deps } = world('mx_rate_limited', 60);
  const { recordStart } = deps.members;
  Object.assign(deps.members, {
    recordStart: async () => {
      throw new Error('crashed');
    },
  });
  await expect(trigger()).rejects.toThrow('crashed');
  Object.assign(deps.members, { recordStart });
  await looksUntil(at(29));
  expect(postedAt).toEqual([0]);
  await looksUntil(at(150));
  const [first = 0, second = 0, third = 0] = postedAt;
  expect(second - first).toBeGreaterThanOrEqual(30);
  expect(third - second).toBeGreaterThanOrEqual(60);
});
