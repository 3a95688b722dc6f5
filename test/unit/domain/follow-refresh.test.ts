/** One look at a running refresh: what it does, in which order, and what it leaves. */
import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { followRefresh, withSeen } from '../../../shared/domain/follow-refresh.ts';
import { learnedLengths } from '../../../shared/domain/job-lengths.ts';
import type { Challenge } from '../../../shared/domain/mx.ts';
import { attemptOf, type RunningClaim, type SentStart } from '../../../shared/domain/refresh.ts';
import { at, claim, key, member, newJob, question, T0 } from '../../samples.ts';
import { lookWorld, secondLook } from './look-world.ts';

const running = member({ ...newJob, isBeingAggregated: true });
const challenged = member({ ...newJob, connectionStatus: 'CHALLENGED', isBeingAggregated: true });

describe('a look', () => {
  it('of an ended refresh publishes its end', async () => {
    const lastAttempt = attemptOf(claim(), { ...endingOf('denied'), endedAt: T0, observedAt: null }, false);
    const { look, steps, record, mxCalls } = lookWorld(endedClaim(claim(), lastAttempt), { lastAttempt });
    expect(await look()).toBe('published');
    expect([steps, record()?.claim, mxCalls]).toEqual([['claim gone'], null, []]);
  });

  it('of another refresh does nothing', async () => {
    const { look, steps, mxCalls } = lookWorld();
    expect(await look({ ...secondLook, refreshId: 'RFR-0' })).toBe('superseded');
    expect([steps, mxCalls]).toEqual([[], []]);
  });

  // The last look was at 5 s, and the gap is 3 s.
  it.each([
    [6, 2],
    [6.5, 2],
    [7, 1],
    [7.9, 1],
  ])('at %d s is too early: again in %d s', async (seconds, inSeconds) => {
    const { look, steps, sent, wait } = lookWorld();
    wait(seconds - 10);
    expect(await look()).toBe('too_early');
    expect(steps).toEqual(['message']);
    expect(sent).toEqual([{ followUp: secondLook, inSeconds }]);
  });

  it('waits a second at least, by whichever clock', async () => {
    const { deps, look, sent } = lookWorld();
    deps.members.takeLook = async () => ({ kind: 'too_early', until: at(10) });
    await look();
    expect(sent).toMatchObject([{ inSeconds: 1 }]);
  });

  it('sees the job run: noted, then looked at again', async () => {
    const { look, answers, steps, record, sent } = lookWorld();
    answers.read = () => running;
    expect(await look()).toBe('looking_again');
    expect(steps).toEqual(['read', 'seen', 'message']);
    expect(record()?.claim).toMatchObject({ flagSeen: true, jobAggregatedAt: newJob.aggregatedAt, lookNumber: 2 });
    expect(sent).toMatchObject([{ followUp: { lookNumber: 3, refreshId: 'RFR-1' } }]);
  });

  it('that sees nothing new writes nothing', async () => {
    const { look, answers, steps } = lookWorld(claim({ flagSeen: true, jobAggregatedAt: newJob.aggregatedAt }));
    answers.read = () => running;
    await look();
    expect(steps).toEqual(['read', 'message']);
  });

  it('that fails is repeated, and says why', async () => {
    const { look, answers, steps, record } = lookWorld();
    answers.read = () => new Failure('mx_timeout', 'no answer');
    expect(await look()).toBe('looking_again');
    expect(steps).toEqual(['read', 'message', 'unanswered']);
    expect(record()?.claim).toMatchObject({ unanswered: { code: 'mx_timeout', nextLookAt: at(15) } });
  });

  it('does not believe at once that the member is gone', async () => {
    const { look, answers, record } = lookWorld();
    answers.read = () => new Failure('mx_not_found', 'no');
    expect(await look()).toBe('looking_again');
    expect(record()?.claim).toMatchObject({ phase: 'running', unanswered: { code: 'mx_not_found' } });
  });

  it('ends the refresh that MX refuses for good', async () => {
    const { look, answers, record } = lookWorld();
    answers.read = () => new Failure('mx_forbidden', 'no');
    expect(await look()).toBe('ended');
    expect(record()).toMatchObject({ claim: null, lastAttempt: { code: 'mx_forbidden', outcome: 'failed' } });
  });

  it('throws an error of ours, the next look booked', async () => {
    const { look, answers, deps, steps } = lookWorld();
    const fault = new TypeError('a fault of ours');
    deps.mx.readMember = () => Promise.reject(fault);
    answers.read = () => running;
    await expect(look()).rejects.toBe(fault);
    expect(steps).toEqual(['message']);
  });
});

describe('MX’s questions', () => {
  const asking = (given: Partial<RunningClaim> = {}) => {
    const world = lookWorld({ ...claim({ userPresent: true }), ...given });
    world.answers.read = () => challenged;
    const asked: { now: readonly Challenge[] } = { now: [question] };
    world.deps.mx.readChallenges = async () => asked.now;
    return { ...world, asked };
  };

  it('are read only while MX waits for its user', async () => {
    const { look, answers, steps } = lookWorld();
    answers.read = () => running;
    await look();
    expect(steps).not.toContain('questions');
    const other = lookWorld();
    other.answers.read = () => challenged;
    await other.look();
    expect(other.steps.slice(0, 2)).toEqual(['read', 'questions']);
  });

  it('are stored before the claim says that there are some', async () => {
    const { look, steps, history, record } = asking();
    expect(await look()).toBe('looking_again');
    expect(steps).toEqual(['read', 'projection', 'seen', 'message']);
    expect(await history.read('RFR-1')).toMatchObject({ challenges: [question] });
    expect(record()?.claim).toMatchObject({
      questions: expect.any(String),
      seenStatus: { connectionStatus: 'CHALLENGED' },
    });
  });

  it('are stored once, and again when they are others', async () => {
    const { look, steps, asked, history, wait } = asking();
    await look();
    steps.length = 0;
    wait(3);
    await look({ ...secondLook, lookNumber: 3 });
    expect(steps).toEqual(['read', 'message']);
    asked.now = [{ ...question, guid: 'CRD-2' }];
    steps.length = 0;
    wait(3);
    await look({ ...secondLook, lookNumber: 4 });
    expect(steps).toEqual(['read', 'projection', 'seen', 'message']);
    expect(await history.read('RFR-1')).toMatchObject({ challenges: [{ guid: 'CRD-2' }] });
  });

  it('are not stored again when something else is new', async () => {
    const { look, steps, answers, wait } = asking();
    answers.read = () => member({ ...challenged, aggregatedAt: null });
    await look();
    steps.length = 0;
    wait(3);
    answers.read = () => challenged;
    await look({ ...secondLook, lookNumber: 3 });
    expect(steps).toEqual(['read', 'seen', 'message']);
  });

  it('that are answered are taken back without another item', async () => {
    const { look, steps, answers, record, wait } = asking();
    await look();
    steps.length = 0;
    wait(3);
    answers.read = () => running;
    await look({ ...secondLook, lookNumber: 3 });
    expect(steps).toEqual(['read', 'seen', 'message']);
    expect(record()?.claim).toMatchObject({ questions: null });
  });

  it('are kept for a user who is present only', async () => {
    const { look, steps, record } = asking({ userPresent: false });
    await look();
    expect(steps).not.toContain('projection');
    // It has ended, as needing its user.
    expect(record()?.lastAttempt).toMatchObject({ action: 'answer_mfa', hasDetails: true });
  });
});

describe('MX answers again', () => {
  const unanswered = { code: 'mx_timeout', nextLookAt: at(8) } as const;
  const known = { flagSeen: true, jobAggregatedAt: newJob.aggregatedAt, unanswered };

  it('is noted though nothing else is new', async () => {
    const { look, answers, steps, record } = lookWorld(claim(known));
    answers.read = () => running;
    await look();
    expect(steps).toEqual(['read', 'seen', 'message']);
    expect(record()?.claim).toMatchObject({ unanswered: null });
  });

  it('is told by the POST itself before the first one', async () => {
    const { look, steps, record } = lookWorld({ ...claim({ unanswered }), start: { state: 'none' }, baseline: null });
    expect(await look()).toBe('started');
    expect(steps).toEqual(['read', 'message', 'starting', 'POST', 'recorded']);
    expect(record()?.claim).toMatchObject({ unanswered: null });
  });
});

describe('what a look has seen', () => {
  const before = claim({ seenStatus: { connectionStatus: 'UPDATED' } });
  const see = (from: RunningClaim, given: Partial<typeof running>, challenges: readonly Challenge[] = []) =>
    withSeen(from, { member: member(given), challenges });

  it.each<[string, RunningClaim, Partial<typeof running>, Partial<RunningClaim>]>([
    ['the flag', claim(), { isBeingAggregated: true }, { flagSeen: true }],
    [
      'the flag stays seen',
      claim({ flagSeen: true }),
      { connectionStatus: 'DENIED' },
      { flagSeen: true, seenStatus: { connectionStatus: 'DENIED' } },
    ],
    ['when its job began', claim(), { aggregatedAt: at(1) }, { jobAggregatedAt: at(1) }],
    [
      'the first beginning stays',
      claim({ jobAggregatedAt: at(1) }),
      { aggregatedAt: at(9), isBeingAggregated: true },
      { jobAggregatedAt: at(1), flagSeen: true },
    ],
    [
      'another status than before',
      claim(),
      { connectionStatus: 'DENIED' },
      { seenStatus: { connectionStatus: 'DENIED' } },
    ],
    [
      'the status of before again',
      before,
      { connectionStatus: 'CONNECTED' },
      { seenStatus: { connectionStatus: 'CONNECTED' } },
    ],
    [
      'a status where none was known',
      { ...claim(), baseline: null },
      {},
      { seenStatus: { connectionStatus: 'CONNECTED' } },
    ],
  ])('is kept: %s', (_what, from, given, kept) => {
    expect(see(from, given)).toEqual({ ...from, ...kept });
  });

  it.each<[string, RunningClaim, Partial<typeof running>]>([
    ['the same as the baseline', claim(), {}],
    ['the status of the last look', before, { connectionStatus: 'UPDATED' }],
    ['the flag once more', claim({ flagSeen: true }), { isBeingAggregated: true }],
    [
      'anything before the POST',
      { ...claim(), start: { state: 'none' } },
      { isBeingAggregated: true, connectionStatus: 'DENIED' },
    ],
  ])('is nothing new: %s', (_what, from, given) => {
    expect(see(from, given)).toBe(from);
  });

  it('are questions for a user who is present', () => {
    expect(see(claim({ userPresent: true }), {}, [question]).questions).toEqual(expect.any(String));
    expect(see(claim(), {}, [question]).questions).toBeNull();
  });
});

describe('a follow-up that starts the job', () => {
  const sent = (state: SentStart['state'], given: Partial<SentStart> = {}): SentStart => ({
    ...claim().start,
    state,
    jobGuid: null,
    ...given,
  });
  /** A look after the grace period, which finds that the job has to be started once more. */
  const starting = (start: SentStart, given: Partial<RunningClaim> = {}, record = {}) => {
    const world = lookWorld({ ...claim({ lookNumber: 6, lookedAt: at(40) }), start, ...given }, record);
    world.wait(40);
    return world;
  };
  const seventh = { ...secondLook, lookNumber: 7 };

  it('books its first look, writes, then sends the POST', async () => {
    const { look, steps, sent: booked, record } = starting(sent('unknown'), {}, { starts: [T0] });
    expect(await look(seventh)).toBe('started');
    expect(steps).toEqual(['read', 'message', 'starting', 'POST', 'recorded']);
    expect(booked).toMatchObject([{ followUp: { lookNumber: 8, state: { failedLooks: 0 } }, inSeconds: 5 }]);
    expect(record()).toMatchObject({
      starts: [T0, at(50)],
      claim: { start: { state: 'accepted', at: at(50), count: 2, lookNumber: 7, jobGuid: 'JOB-new' } },
    });
  });

  it('books its first look by how long jobs take', async () => {
    const { deps, sent: booked } = starting(sent('unknown'));
    const institutions = { ...deps.institutions, lengths: async () => learnedLengths([]) };
    expect(await followRefresh({ ...deps, institutions }, seventh)).toBe('started');
    expect(booked).toMatchObject([{ followUp: { lookNumber: 8 }, inSeconds: 4 }]);
  });

  const seen = { flagSeen: true, jobAggregatedAt: at(1), seenStatus: { connectionStatus: 'UPDATED' } };
  const shown = { aggregatedAt: '2026-11-21T07:00:00.000Z', mostRecentJobGuid: 'JOB-mid' };

  it.each(['conflict', 'rate_limited'] as const)('after %s compares with what it sees now', async (state) => {
    const { look, answers, record, deps } = starting(sent(state), seen);
    answers.read = () => member(shown);
    let posted: unknown;
    const { checkBalance } = deps.mx;
    deps.mx.checkBalance = (asked) => {
      posted = record()?.claim;
      return checkBalance(asked);
    };
    expect(await look(seventh)).toBe('started');
    expect(posted).toMatchObject({
      baseline: { aggregatedAt: shown.aggregatedAt, mostRecentJobGuid: 'JOB-mid' },
      jobAggregatedAt: null,
      seenStatus: null,
      flagSeen: false,
      start: { state: 'unknown', count: 2 },
    });
  });

  it('after an unknown result keeps what it compares with', async () => {
    const { look, record } = starting(sent('unknown'), { seenStatus: null });
    await look(seventh);
    expect(record()?.claim?.baseline).toEqual(claim().baseline);
  });

  it('after an unknown result keeps the status seen since', async () => {
    const { look, record, answers } = starting(sent('unknown'), { seenStatus: { connectionStatus: 'UPDATED' } });
    answers.read = () => member({ connectionStatus: 'UPDATED' });
    await look(seventh);
    expect(record()?.claim).toMatchObject({ seenStatus: { connectionStatus: 'UPDATED' } });
  });

  it('writes first what this look has seen', async () => {
    const { look, answers, steps, record } = starting(sent('unknown'));
    answers.read = () => member({ connectionStatus: 'UPDATED' });
    await look(seventh);
    expect(steps).toEqual(['read', 'seen', 'message', 'starting', 'POST', 'recorded']);
    expect(record()?.claim).toMatchObject({ seenStatus: { connectionStatus: 'UPDATED' } });
  });

  it('compares with what it sees when nothing was known', async () => {
    const { look, record } = lookWorld({ ...claim(), start: { state: 'none' }, baseline: null });
    await look();
    expect(record()?.claim).toMatchObject({ start: { count: 1, lookNumber: 2 } });
    expect(record()?.claim?.baseline).toEqual(claim().baseline);
  });

  it('ends when the allowance is used up', async () => {
    const starts = [0, 1, 2, 3, 4].map(at);
    const { look, record, steps, mxCalls } = starting(sent('unknown'), {}, { starts });
    expect(await look(seventh)).toBe('ended');
    expect(record()).toMatchObject({
      claim: null,
      starts,
      lastAttempt: { code: 'allowance_used_up', connectionStatus: 'CONNECTED' },
    });
    expect(steps).toEqual(['read', 'end', 'claim gone']);
    expect(mxCalls).toEqual(['read USR-1/MBR-1']);
  });

  it('leaves it when another look was faster', async () => {
    const { look, deps, mxCalls } = starting(sent('unknown'));
    deps.members.recordStarting = async () => false;
    expect(await look(seventh)).toBe('superseded');
    expect(mxCalls).toEqual(['read USR-1/MBR-1']);
  });

  it('ends as MX refuses, the start given back', async () => {
    const { look, answers, record, steps } = starting(sent('unknown'), {}, { starts: [T0] });
    answers.start = () => new Failure('mx_forbidden', 'no');
    expect(await look(seventh)).toBe('ended');
    expect(record()).toMatchObject({ claim: null, starts: [T0], lastAttempt: { code: 'mx_forbidden' } });
    expect(steps).toEqual(['read', 'message', 'starting', 'POST', 'end', 'claim gone']);
  });

  it.each<[FailureCode, string]>([
    ['mx_timeout', 'unknown'],
    ['mx_conflict', 'conflict'],
  ])('goes on after %s', async (code, state) => {
    const { look, answers, record } = starting(sent('unknown'));
    answers.start = () => new Failure(code, 'no');
    expect(await look(seventh)).toBe('started');
    expect(record()?.claim).toMatchObject({ start: { state, count: 2 } });
  });
});

describe('a look because of a deletion webhook', () => {
  const told = (steps?: string[]) => {
    const said: unknown[] = [];
    return {
      said,
      told: {
        gone: async () => said.push('gone'),
        async seen(shown: { readonly key: typeof key }, lookedAt: string) {
          for (let turns = 0; turns < 30; turns += 1) await Promise.resolve();
          said.push([shown.key, lookedAt]);
          steps?.push('told');
        },
      },
    };
  };

  it('leaves a deleted member to what follows from it', async () => {
    const { look, answers, steps, record } = lookWorld();
    answers.read = () => new Failure('mx_not_found', 'no');
    const { said, told: deletion } = told();
    expect(await look(secondLook, deletion)).toBe('ended');
    expect([said, steps]).toEqual([['gone'], ['read']]);
    expect(record()?.claim).toMatchObject({ phase: 'running' });
  });

  it('is told of the member that is there', async () => {
    const { look, answers, steps, wait } = lookWorld();
    answers.read = () => {
      wait(2);
      return running;
    };
    const { said, told: deletion } = told(steps);
    expect(await look(secondLook, deletion)).toBe('looking_again');
    // The look was taken before MX answered.
    expect([said, steps]).toEqual([[[key, at(10)]], ['read', 'told', 'seen', 'message']]);
  });

  it('goes on as ever after another failure', async () => {
    const { look, answers, steps } = lookWorld();
    answers.read = () => new Failure('mx_timeout', 'no answer');
    const { said, told: deletion } = told();
    expect(await look(secondLook, deletion)).toBe('looking_again');
    expect([said, steps]).toEqual([[], ['read', 'message', 'unanswered']]);
  });

  it('is not booked again when it comes too early', async () => {
    const { look, steps, wait } = lookWorld();
    wait(-4);
    expect(await look(secondLook, told().told)).toBe('too_early');
    expect(steps).toEqual([]);
  });
});
