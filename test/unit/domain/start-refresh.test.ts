import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import { startMark } from '../../../shared/domain/start-mark.ts';
import { startRefresh, startUnattended } from '../../../shared/domain/start-refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, T0 } from '../../samples.ts';
import { away, guids, ID, noWishes, ownIds, startWorld } from './start-world.ts';

describe('a caller’s share', () => {
  const share = { callerTag: '42', mostStarts: 2 };
  const wishes = { userPresent: false, correlationId: null, share };

  it('marks its start', async () => {
    const { deps, record } = startWorld(knownMember());
    await startRefresh(deps, guids, wishes);
    expect(record()?.starts).toEqual([`${T0}/42`]);
  });

  it('used up is refused before MX is asked', async () => {
    const starts = [at(-600), at(-300)].map((start) => startMark(start, '42'));
    const { deps, mxCalls } = startWorld(knownMember({ starts }));
    await expect(startRefresh(deps, guids, wishes)).rejects.toMatchObject({
      code: 'caller_allowance_used_up',
      details: { retryAfterSeconds: 6600, limit: 'allowanceStartsPerCaller' },
    });
    expect(mxCalls).toEqual([]);
    const other = { ...wishes, share: { ...share, callerTag: '43' } };
    expect(await startRefresh(deps, guids, other)).toMatchObject({ joined: false });
  });

  it('is given back with a start that MX refused', async () => {
    const { deps, record, answers } = startWorld(knownMember());
    answers.start = () => new Failure('mx_refused', 'no');
    await expect(startRefresh(deps, guids, wishes)).rejects.toMatchObject({ code: 'mx_refused' });
    expect(record()?.starts).toEqual([]);
  });
});

describe('a start', () => {
  it('of a known member: message, claim, POST, projection', async () => {
    const { deps, steps } = startWorld(knownMember());
    await startRefresh(deps, guids, noWishes);
    expect(steps).toEqual(['baseline', 'message', 'claim', 'POST', 'recorded', 'projection']);
  });

  it('of an unknown member also writes its aliases', async () => {
    const { deps, steps, table } = startWorld();
    expect((await startRefresh(deps, ownIds, noWishes)).enrolment).toBeNull();
    expect(steps).toEqual(['baseline', 'aliases', 'message', 'claim', 'POST', 'recorded', 'projection']);
    expect([...table.aliases]).toEqual([
      ['USR-1/OWN_ID#user-1', 'USR-1'],
      ['ALIAS#user-1/USER', 'USR-1'],
      ['USR-1/ALIAS#member-1', 'MBR-1'],
    ]);
  });

  it('leaves the claim and the allowance’s start', async () => {
    const { deps, record } = startWorld(
      knownMember({ starts: ['2026-11-21T09:59:59.000Z', '2026-11-21T11:00:00.000Z'] }),
    );
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
    const { deps, record, answers } = startWorld(knownMember());
    let before: unknown;
    answers.start = () => {
      before = record()?.claim;
      return member();
    };
    await startRefresh(deps, guids, noWishes);
    expect(before).toMatchObject({ start: { state: 'unknown', at: T0, count: 1, lookNumber: 0, jobGuid: null } });
  });

  it('sends the first look', async () => {
    const { deps, sent } = startWorld(knownMember());
    await startRefresh(deps, guids, noWishes);
    expect(sent).toEqual([
      {
        followUp: {
          refreshId: ID,
          member: key,
          correlationId: null,
          lookNumber: 1,
          state: { failedLooks: 0, unconfirmedEnd: null, newestJob: null, missingSince: null, runningAt: null },
        },
        inSeconds: 5,
      },
    ]);
  });

  it('is answered with the POST’s member and its slot', async () => {
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00001#0' } as const;
    const { deps, answers, history } = startWorld(knownMember({ enrolment, startsVersion: 3 }));
    answers.start = () => member({ body: { name: 'from the POST' } });
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({
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

describe('while MX is away', () => {
  it('known member: accepted, a follow-up starts its job', async () => {
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00001#0' } as const;
    const { deps, record, answers, steps, history, table } = startWorld(knownMember({ enrolment }));
    table.bodies.set(textOf(key), { body: { id: 'member-1' }, seenAt: at(-60) });
    answers.read = away;
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({
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
    const { deps, answers, steps } = startWorld();
    answers.read = away;
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
      code: 'mx_unavailable',
    });
    expect(steps).toEqual(['baseline']);
  });
});

it('a member that MX no longer knows: not refreshed', async () => {
  const { deps, answers, record } = startWorld(knownMember());
  answers.read = () => new Failure('mx_not_found', 'no');
  await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
    code: 'mx_not_found',
  });
  expect(record()?.claim).toBeNull();
});

describe('a known member that MX does not know', () => {
  const missing = (given: Partial<MemberRecord> = {}) => {
    const made = startWorld(knownMember(given));
    made.answers.read = () => new Failure('mx_not_found', 'no');
    return made;
  };

  it('is noted, and its caller told', async () => {
    const { deps, record, events } = missing();
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
      code: 'mx_not_found',
    });
    expect([record()?.missing, record()?.lastAttempt, events]).toEqual([T0, null, []]);
  });

  it('is believed gone after a minute; told once', async () => {
    const { deps, record, events, wait } = missing();
    for (const seconds of [0, 59, 1, 30]) {
      wait(seconds);
      await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
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
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
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
  const { deps, wait } = startWorld(knownMember({ starts: Array.from({ length: 5 }, () => T0) }));
  wait(seconds);
  await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
    code: 'allowance_used_up',
    details: { retryAfterSeconds },
  });
});

describe('aliases', () => {
  const unnamed = knownMember({ aliasMark: null });

  it('that changed are written before the message is sent', async () => {
    const { deps, answers, steps } = startWorld(knownMember());
    answers.read = () => member({ memberId: 'other' });
    await startRefresh(deps, guids, noWishes);
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
    const { deps, answers, steps } = startWorld(record);
    answers.read = () => member(seen);
    await startRefresh(deps, guids, noWishes);
    expect(steps.includes('aliases')).toBe(written);
  });

  it.each([
    { userGuid: 'USR-1', memberGuid: 'MBR-2' },
    { userGuid: 'USR-2', memberGuid: 'MBR-1' },
  ])('that lead to another member are put right: %j', async (moved) => {
    const { deps, answers, steps, record } = startWorld(knownMember());
    answers.read = () => member({ key: moved });
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({ key: moved });
    expect(steps).toContain('aliases');
    expect([record()?.claim, record(moved)?.claim?.refreshId]).toEqual([null, ID]);
  });
});

it.each(['mx_unavailable', 'mx_timeout', 'mx_rate_limited', 'mx_bad_answer'] as const)(
  'an unattended start claims nothing while MX is away: %s',
  async (code) => {
    const { deps, answers, steps, record } = startWorld(knownMember());
    const failure = new Failure(code, 'no');
    answers.read = () => failure;
    const turn = { dueAt: at(1), maxAgeSeconds: null };
    expect(await startUnattended(deps, knownMember(), turn)).toEqual({ kind: 'mx_away', failure });
    expect([steps, record()?.claim]).toEqual([['baseline'], null]);
  },
);
