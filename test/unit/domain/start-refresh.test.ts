import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { RefreshDeps } from '../../../shared/domain/ports.ts';
import { type Attempt, attemptOf } from '../../../shared/domain/refresh.ts';
import { startJob } from '../../../shared/domain/start-job.ts';
import { startMark } from '../../../shared/domain/start-mark.ts';
import { startRefresh, startUnattended } from '../../../shared/domain/start-refresh.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const guids = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
const ownIds = { userIdentifier: 'user-1', memberIdentifier: 'member-1' };
const ID = 'RFR-00000000000000000000000001';
const away = (): Failure => new Failure('mx_unavailable', 'MX is away');

/** Tables with these members, and a log of what is written and sent, each step slow. */
function world(...records: readonly MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  const steps: string[] = [];
  let atWork = 0;
  const slow =
    <A extends readonly unknown[], R>(step: string, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      atWork += 1;
      if (atWork > 1) steps.push(`${step} begins too early`);
      for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
      try {
        return await act(...args);
      } finally {
        steps.push(step);
        atWork -= 1;
      }
    };
  const { members, mx, followUps, refreshes } = made.deps;
  const deps: RefreshDeps = {
    ...made.deps,
    mx: { ...mx, readMember: slow('baseline', mx.readMember), checkBalance: slow('POST', mx.checkBalance) },
    members: {
      ...members,
      writeAliases: slow('aliases', members.writeAliases),
      claim: slow('claim', members.claim),
      joinUserPresent: slow('user present', members.joinUserPresent),
      recordStart: slow('recorded', members.recordStart),
      end: slow('end', members.end),
      release: slow('claim gone', members.release),
    },
    followUps: { send: slow('message', followUps.send) },
    refreshes: {
      ...refreshes,
      put: slow('projection', refreshes.put),
      putDetails: slow('texts', refreshes.putDetails),
      end: slow('projection', refreshes.end),
    },
  };
  return { ...made, deps, steps, record: (of = key) => made.table.members.get(textOf(of)) };
}

const endedAt = (when: string): Attempt =>
  attemptOf(claim({}), { ...endingOf('denied'), endedAt: when, observedAt: null }, false);

describe('a caller’s share', () => {
  const share = { callerTag: '42', mostStarts: 2 };
  const wishes = { userPresent: false, correlationId: null, share };

  it('marks its start', async () => {
    const { deps, record } = world(knownMember());
    await startRefresh(deps, guids, wishes);
    expect(record()?.starts).toEqual([`${T0}/42`]);
  });

  it('used up is refused before MX is asked', async () => {
    const starts = [at(-600), at(-300)].map((start) => startMark(start, '42'));
    const { deps, mxCalls } = world(knownMember({ starts }));
    await expect(startRefresh(deps, guids, wishes)).rejects.toMatchObject({
      code: 'caller_allowance_used_up',
      details: { retryAfterSeconds: 6600, limit: 'allowanceStartsPerCaller' },
    });
    expect(mxCalls).toEqual([]);
    const other = { ...wishes, share: { ...share, callerTag: '43' } };
    expect(await startRefresh(deps, guids, other)).toMatchObject({ joined: false });
  });

  it('is given back with a start that MX refused', async () => {
    const { deps, record, answers } = world(knownMember());
    answers.start = () => new Failure('mx_refused', 'no');
    await expect(startRefresh(deps, guids, wishes)).rejects.toMatchObject({ code: 'mx_refused' });
    expect(record()?.starts).toEqual([]);
  });
});

describe('a start', () => {
  it('of a known member: message, claim, POST, projection', async () => {
    const { deps, steps } = world(knownMember());
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(steps).toEqual(['baseline', 'message', 'claim', 'POST', 'recorded', 'projection']);
  });

  it('of an unknown member also writes its aliases', async () => {
    const { deps, steps, table } = world();
    expect((await startRefresh(deps, ownIds, { userPresent: false, correlationId: null })).enrolment).toBeNull();
    expect(steps).toEqual(['baseline', 'aliases', 'message', 'claim', 'POST', 'recorded', 'projection']);
    expect([...table.aliases]).toEqual([
      ['ALIAS#user-1/USER', 'USR-1'],
      ['USR-1/ALIAS#member-1', 'MBR-1'],
    ]);
  });

  it('leaves the claim and the allowance’s start', async () => {
    const { deps, record } = world(knownMember({ starts: ['2026-11-21T09:59:59.000Z', '2026-11-21T11:00:00.000Z'] }));
    await startRefresh(deps, guids, { userPresent: true, correlationId: null });
    expect(record()).toMatchObject({
      starts: ['2026-11-21T11:00:00.000Z', T0],
      startsVersion: 1,
      claim: {
        refreshId: ID,
        trigger: 'http',
        phase: 'running',
        acceptedAt: T0,
        deadline: '2026-11-21T12:10:00.000Z',
        userPresent: true,
        start: { state: 'accepted', at: T0, count: 1, lookNumber: 0, jobGuid: 'JOB-new' },
        lookNumber: 0,
        lookedAt: null,
        flagSeen: true,
        questions: null,
      },
    });
    expect(record()?.claim?.baseline).toEqual(claim().baseline);
  });

  it('stores its POST as unknown before sending it', async () => {
    const { deps, record, answers } = world(knownMember());
    let before: unknown;
    answers.start = () => {
      before = record()?.claim;
      return member();
    };
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(before).toMatchObject({ start: { state: 'unknown', at: T0, count: 1, lookNumber: 0, jobGuid: null } });
  });

  it('sends the first look', async () => {
    const { deps, sent } = world(knownMember());
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(sent).toEqual([
      {
        followUp: {
          refreshId: ID,
          member: key,
          correlationId: null,
          lookNumber: 1,
          state: { failedLooks: 0, unconfirmedEnd: null, newestJob: null, missingSince: null },
        },
        inSeconds: 5,
      },
    ]);
  });

  it('is answered with the POST’s member and its slot', async () => {
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00001#0' } as const;
    const { deps, answers, history } = world(knownMember({ enrolment, startsVersion: 3 }));
    answers.start = () => member({ body: { name: 'from the POST' } });
    expect(await startRefresh(deps, guids, { userPresent: false, correlationId: null })).toMatchObject({
      kind: 'accepted',
      joined: false,
      refresh: { refreshId: ID, status: 'running' },
      body: { name: 'from the POST' },
      enrolment,
      key,
      nextAllowedAt: null,
    });
    expect(await history.read(ID)).toMatchObject({ refreshId: ID, status: 'running' });
  });
});

describe('the job that a 202 shows is', () => {
  it.each<[string, Partial<MxMember>, string | null, boolean]>([
    ['ours when its guid is new', { mostRecentJobGuid: 'JOB-new' }, 'JOB-new', false],
    ['ours when it runs', { mostRecentJobGuid: 'JOB-old', isBeingAggregated: true }, 'JOB-old', true],
    ['the one before when it lags', { mostRecentJobGuid: 'JOB-old' }, null, false],
  ])('%s', async (_what, shown, jobGuid, flagSeen) => {
    const { deps, record, answers } = world(knownMember());
    answers.start = () => member(shown);
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(record()?.claim).toMatchObject({ start: { state: 'accepted', jobGuid }, flagSeen });
  });
});

it('without a baseline: the job that MX shows', async () => {
  const { deps } = world(knownMember({ claim: claim() }));
  const started = await startJob(deps, {
    key,
    identifiers: guids,
    claim: { ...claim(), baseline: null },
    starts: [T0],
  });
  expect(started).toMatchObject({ kind: 'started', claim: { start: { jobGuid: 'JOB-new' } } });
});

describe('a POST that is not answered with 202', () => {
  const before = '2026-11-21T11:00:00.000Z';

  it.each<[FailureCode, string, readonly string[]]>([
    ['mx_timeout', 'unknown', [before, T0]],
    ['mx_unavailable', 'unknown', [before, T0]],
    ['mx_conflict', 'conflict', [before]],
    ['mx_rate_limited', 'rate_limited', [before]],
  ])('%s leaves the refresh running as %s; starts: %j', async (code, state, starts) => {
    const { deps, record, answers, history } = world(knownMember({ starts: [before] }));
    answers.start = () => new Failure(code, 'no');
    expect(await startRefresh(deps, guids, { userPresent: false, correlationId: null })).toMatchObject({
      joined: false,
      body: {},
    });
    expect(record()).toMatchObject({ claim: { start: { state, at: T0, count: 1 } }, starts });
    expect(await history.read(ID)).toMatchObject({ status: 'running' });
  });

  it('with a conflict is recorded before the caller is answered', async () => {
    const { deps, answers, steps } = world(knownMember());
    answers.start = () => new Failure('mx_conflict', 'no');
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(steps.slice(-3)).toEqual(['POST', 'recorded', 'projection']);
  });

  it('forbidden: ended, allowance given back, caller told', async () => {
    const { deps, record, answers, steps } = world(knownMember({ starts: [before] }));
    answers.start = () => new Failure('mx_forbidden', 'no');
    await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
      code: 'mx_forbidden',
      details: { refreshId: ID, action: 'contact_support' },
    });
    expect(record()).toMatchObject({ claim: null, starts: [before], lastAttempt: { code: 'mx_forbidden' } });
    expect(steps.slice(-5)).toEqual(['POST', 'texts', 'end', 'projection', 'claim gone']);
  });
});

describe('while MX is away', () => {
  it('known member: accepted, a follow-up starts its job', async () => {
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00001#0' } as const;
    const { deps, record, answers, steps, history, table } = world(knownMember({ enrolment }));
    table.bodies.set(textOf(key), { body: { id: 'member-1' }, seenAt: at(-60) });
    answers.read = away;
    expect(await startRefresh(deps, guids, { userPresent: false, correlationId: null })).toMatchObject({
      joined: false,
      body: { id: 'member-1', is_being_aggregated: true },
      enrolment,
      refresh: { status: 'running' },
    });
    expect(record()).toMatchObject({ claim: { start: { state: 'none' }, baseline: null, lookNumber: 0 }, starts: [] });
    expect(steps).toEqual(['baseline', 'message', 'claim', 'projection']);
    expect(await history.read(ID)).toMatchObject({ status: 'running' });
  });

  it('nothing is begun for a member that is not known', async () => {
    const { deps, answers, steps } = world();
    answers.read = away;
    await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
      code: 'mx_unavailable',
    });
    expect(steps).toEqual(['baseline']);
  });
});

it('a member that MX no longer knows: not refreshed', async () => {
  const { deps, answers, record } = world(knownMember());
  answers.read = () => new Failure('mx_not_found', 'no');
  await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
    code: 'mx_not_found',
  });
  expect(record()?.claim).toBeNull();
});

describe('a known member that MX does not know', () => {
  const missing = (given: Partial<MemberRecord> = {}) => {
    const made = world(knownMember(given));
    made.answers.read = () => new Failure('mx_not_found', 'no');
    return made;
  };

  it('is noted, and its caller told', async () => {
    const { deps, record, events } = missing();
    await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
      code: 'mx_not_found',
    });
    expect([record()?.missing, record()?.lastAttempt, events]).toEqual([T0, null, []]);
  });

  it('is believed gone after a minute; told once', async () => {
    const { deps, record, events, wait } = missing();
    for (const seconds of [0, 59, 1, 30]) {
      wait(seconds);
      await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
        code: 'mx_not_found',
      });
    }
    expect(record()?.lastAttempt).toMatchObject({ trigger: 'http', outcome: 'failed', code: 'mx_not_found' });
    expect(events).toMatchObject([{ type: 'refresh.failed', data: { trigger: 'http', code: 'mx_not_found' } }]);
    expect(record()?.deletedAt).toBeNull();
  });

  it('refused otherwise leaves nothing: its caller is told', async () => {
    const { deps, record, events, answers } = missing({ missing: '2026-11-21T10:00:00.000Z' });
    answers.read = () => new Failure('mx_forbidden', 'no');
    await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
      code: 'mx_forbidden',
    });
    expect([record()?.lastAttempt, events]).toEqual([null, []]);
  });
});

it.each([
  [0, 7200],
  [7199, 1],
  [7199.9, 1],
])('allowance used up %d s ago: again in %d s', async (seconds, retryAfterSeconds) => {
  const { deps, wait } = world(knownMember({ starts: Array.from({ length: 5 }, () => T0) }));
  wait(seconds);
  await expect(startRefresh(deps, guids, { userPresent: false, correlationId: null })).rejects.toMatchObject({
    code: 'allowance_used_up',
    details: { retryAfterSeconds },
  });
});

describe('another refresh that runs', () => {
  const running = claim({ refreshId: 'RFR-9' });

  it.each([
    [true, ['user present']],
    [false, []],
  ])('is joined without asking MX, user present: %s', async (userPresent, done) => {
    const { deps, steps } = world(knownMember({ claim: running }));
    const answer = await startRefresh(deps, guids, { userPresent, correlationId: null });
    expect(answer).toMatchObject({ joined: true, refresh: { refreshId: 'RFR-9' } });
    expect(steps).toEqual(done);
  });

  it('is joined under the member’s other names', async () => {
    const { deps } = world(knownMember({ claim: running }));
    expect(await startRefresh(deps, ownIds, { userPresent: false, correlationId: null })).toMatchObject({
      joined: true,
      refresh: { refreshId: 'RFR-9' },
    });
  });

  it('is joined by a user who was there already', async () => {
    const { deps, steps } = world(knownMember({ claim: { ...running, userPresent: true } }));
    await startRefresh(deps, guids, { userPresent: true, correlationId: null });
    expect(steps).toEqual([]);
  });

  it('that has ended but was not published is published first', async () => {
    const lastAttempt = attemptOf(running, { ...endingOf('denied'), endedAt: T0, observedAt: null }, false);
    const { deps, steps } = world(knownMember({ claim: endedClaim(running, lastAttempt), lastAttempt }));
    expect(await startRefresh(deps, guids, { userPresent: false, correlationId: null })).toMatchObject({
      joined: false,
      refresh: { refreshId: ID },
    });
    expect(steps.slice(0, 4)).toEqual(['projection', 'claim gone', 'baseline', 'message']);
  });

  it('uses up the allowance under the other names', async () => {
    const { deps, mxCalls } = world(knownMember({ starts: Array.from({ length: 5 }, () => T0) }));
    await expect(startRefresh(deps, ownIds, { userPresent: false, correlationId: null })).rejects.toMatchObject({
      code: 'allowance_used_up',
    });
    expect(mxCalls).toEqual(['read user-1/member-1']);
  });

  it('wins under other names: the baseline is read anew', async () => {
    const { deps, mxCalls } = world(knownMember());
    let lost = 0;
    const members = {
      ...deps.members,
      claim: async (...args: Parameters<typeof deps.members.claim>) => {
        lost += 1;
        return lost > 1 && deps.members.claim(...args);
      },
    };
    await startRefresh({ ...deps, members }, ownIds, { userPresent: false, correlationId: null });
    expect(mxCalls).toEqual(['read user-1/member-1', 'read user-1/member-1', 'start user-1/member-1']);
  });

  it.each([
    { why: 'began since', given: { starts: [T0] }, reads: 2 },
    { why: 'ended since', given: { lastAttempt: endedAt(T0) }, reads: 2 },
    {
      why: 'ended before',
      given: { starts: [at(-60)], lastAttempt: endedAt(at(-30)) },
      reads: 1,
    },
  ])('$why under other names: MX is read $reads times', async ({ given, reads }) => {
    const { deps, mxCalls } = world(knownMember(given));
    await startRefresh(deps, ownIds, { userPresent: false, correlationId: null });
    expect(mxCalls).toEqual([...Array(reads).fill('read user-1/member-1'), 'start user-1/member-1']);
  });

  it('that wins the race is joined', async () => {
    const { deps, table } = world(knownMember());
    const lose: RefreshDeps['members']['claim'] = async () => {
      table.members.set(textOf(key), knownMember({ claim: running, startsVersion: 1 }));
      return false;
    };
    const losing = { ...deps, members: { ...deps.members, claim: lose } };
    expect(await startRefresh(losing, guids, { userPresent: false, correlationId: null })).toMatchObject({
      joined: true,
      refresh: { refreshId: 'RFR-9' },
    });
  });

  it('won and over: the baseline is read anew', async () => {
    const { deps, table, mxCalls } = world(knownMember());
    let lost = 0;
    const members = {
      ...deps.members,
      claim: async (...args: Parameters<typeof deps.members.claim>) => {
        lost += 1;
        if (lost > 1) return deps.members.claim(...args);
        table.members.set(textOf(key), knownMember({ startsVersion: 1, starts: [T0] }));
        return false;
      },
    };
    expect(await startRefresh({ ...deps, members }, guids, { userPresent: false, correlationId: null })).toMatchObject({
      joined: false,
    });
    expect(mxCalls).toEqual(['read USR-1/MBR-1', 'read USR-1/MBR-1', 'start USR-1/MBR-1']);
  });

  it('that wins four times makes this one give up', async () => {
    const { deps, mxCalls } = world(knownMember());
    const members = { ...deps.members, claim: async () => false };
    await expect(
      startRefresh({ ...deps, members }, guids, { userPresent: false, correlationId: null }),
    ).rejects.toMatchObject({
      code: 'busy',
      details: { retryAfterSeconds: 1 },
    });
    expect(mxCalls).toHaveLength(4);
  });
});

describe('aliases', () => {
  const unnamed = knownMember({ aliasMark: null });

  it('that changed are written before the message is sent', async () => {
    const { deps, answers, steps } = world(knownMember());
    answers.read = () => member({ memberId: 'other' });
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(steps.slice(0, 3)).toEqual(['baseline', 'aliases', 'message']);
  });

  it.each<[string, MemberRecord, Partial<MxMember>, boolean]>([
    ['stay as they are', knownMember(), {}, false],
    ['change with the member’s id', knownMember(), { memberId: 'other' }, true],
    ['change with the user’s id', knownMember(), { userId: 'other' }, true],
    ['are none on both sides', unnamed, { memberId: null, userId: null }, false],
    ['are new for the member', unnamed, { memberId: 'x', userId: null }, true],
    ['are new for the user', unnamed, { memberId: null, userId: 'y' }, true],
  ])('%s', async (_what, record, seen, written) => {
    const { deps, answers, steps } = world(record);
    answers.read = () => member(seen);
    await startRefresh(deps, guids, { userPresent: false, correlationId: null });
    expect(steps.includes('aliases')).toBe(written);
  });

  it.each([
    { userGuid: 'USR-1', memberGuid: 'MBR-2' },
    { userGuid: 'USR-2', memberGuid: 'MBR-1' },
  ])('that lead to another member are put right: %j', async (moved) => {
    const { deps, answers, steps, record } = world(knownMember());
    answers.read = () => member({ key: moved });
    expect(await startRefresh(deps, guids, { userPresent: false, correlationId: null })).toMatchObject({ key: moved });
    expect(steps).toContain('aliases');
    expect([record()?.claim, record(moved)?.claim?.refreshId]).toEqual([null, ID]);
  });
});

describe('an unattended start while MX is away', () => {
  const attempt = {
    refreshId: 'RFR-0',
    trigger: 'http',
    acceptedAt: T0,
    endedAt: T0,
  } as const;
  const rest = { connectionStatus: null, observedAt: null, hasDetails: false } as const;

  it.each<[string, MemberRecord['lastAttempt'], object]>([
    [
      'is held back by what the user has to do',
      { ...attempt, ...rest, outcome: 'action_required', action: 'reauthenticate', code: 'denied' },
      { kind: 'held_back', reason: 'denied' },
    ],
    [
      'is not held back by another end',
      { ...attempt, ...rest, outcome: 'failed', action: 'retry_later', code: 'degraded' },
      { kind: 'accepted', joined: false },
    ],
    ['is not held back by nothing', null, { kind: 'accepted', joined: false }],
  ])('%s', async (_what, lastAttempt, answer) => {
    const { deps, answers } = world(knownMember({ lastAttempt }));
    answers.read = away;
    expect(await startUnattended(deps, knownMember({ lastAttempt }), at(1))).toMatchObject(answer);
  });
});
