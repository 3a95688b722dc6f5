/** Due members that are not started at once: the ceiling, their wishes, a run of MX’s own, MX away. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { EnrolledMember, StartBatch } from '../../../shared/domain/schedule.ts';
import { refusedRefreshId } from '../../../shared/domain/unstarted.ts';
import { textOf } from '../../fakes/members-table.ts';
import { member, T0 } from '../../samples.ts';
import { attempt, enrolledAs, keyOf, none, scheduled, world, worldUnder } from './start-due-world.ts';

describe('under a ceiling of ten starts a second', () => {
  const batchOf = (...numbers: number[]): StartBatch => ({
    dueAt: T0,
    startAt: null,
    members: numbers.map(enrolledAs),
  });

  it('the message that is over it waits for its time', async () => {
    const { receive, batches, wait, mxCalls } = worldUnder(10, scheduled(1), scheduled(2), scheduled(3));
    expect(await receive(batchOf(1, 2))).toEqual({ ...none, accepted: 2 });
    expect(await receive(batchOf(3))).toEqual({ ...none, deferred: 1 });
    expect(mxCalls.filter((call) => call.startsWith('start'))).toHaveLength(2);
    expect(batches).toEqual([{ batch: { ...batchOf(3), startAt: plusSeconds(T0, 0.2) }, delaySeconds: 1 }]);
    wait(1);
    // Its time is reserved: it goes, although the ceiling is reached again.
    expect(await receive(batchOf(1, 2))).toEqual({ ...none, joined: 2 });
    expect(await receive(batches[0]?.batch ?? expect.fail())).toEqual({ ...none, accepted: 1 });
  });

  it('what was reserved over three seconds ago is gone', async () => {
    const { receive, ceiling } = worldUnder(10, scheduled(1), scheduled(2));
    const reserved = (seconds: number) => plusSeconds(T0, -seconds);
    await receive({ ...batchOf(1), startAt: reserved(3) });
    expect(ceiling.reservedUntil).toBe(0);
    await receive({ ...batchOf(2), startAt: reserved(3.001) });
    expect(ceiling.reservedUntil).toBe(Date.parse(T0) + 100);
  });

  it('a message that comes before its time waits on', async () => {
    const { receive, batches, ceiling } = worldUnder(10, scheduled(1));
    const early = { ...batchOf(1), startAt: plusSeconds(T0, 30) };
    expect(await receive(early)).toEqual({ ...none, deferred: 1 });
    expect(batches).toEqual([{ batch: early, delaySeconds: 30 }]);
    expect(ceiling.reservedUntil).toBe(0);
  });

  it('what is more than 15 minutes ahead asks again then', async () => {
    const { receive, batches, ceiling } = worldUnder(10, scheduled(1));
    ceiling.reservedUntil = Date.parse(plusSeconds(T0, 901));
    expect(await receive(batchOf(1))).toEqual({ ...none, deferred: 1 });
    expect(batches).toEqual([{ batch: batchOf(1), delaySeconds: 900 }]);
  });
});

it('a member due again is left to that turn', async () => {
  const { receive, mxCalls, ceiling, wait } = worldUnder(10, scheduled(1));
  wait(86_400);
  expect(await receive({ dueAt: T0, startAt: null, members: [enrolledAs(1)] })).toEqual({ ...none, dropped: 1 });
  expect([mxCalls, ceiling.reservedUntil]).toEqual([[], 0]);
});

describe('what a member’s schedule wishes for', () => {
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  const wishing = (wishes: Partial<EnrolledMember>): StartBatch => ({
    dueAt: T0,
    startAt: null,
    members: [{ ...enrolledAs(1), ...wishes }],
  });

  it('a late turn in quiet hours waits for their end', async () => {
    const { receive, batches, mxCalls, ceiling, wait } = worldUnder(10, scheduled(1));
    // 22:00 in Berlin; the hours after it are a chain of messages.
    wait(9 * 3_600);
    expect(await receive(wishing({ quietHours }))).toEqual({ ...none, deferred: 1 });
    expect(batches).toEqual([{ batch: wishing({ quietHours }), delaySeconds: 900 }]);
    expect([mxCalls, ceiling.reservedUntil]).toEqual([[], 0]);
    wait(9 * 3_600);
    expect(await receive(wishing({ quietHours }))).toEqual({ ...none, accepted: 1 });
  });

  it('a turn in the night drops no late one', async () => {
    const { receive, batches, wait } = worldUnder(10, scheduled(1));
    // 21:00 UTC, 22:00 in Berlin. What was due at 12:00 is due again since 18:00; what was due at 18:30 is due next at 06:30,
    // after the night, because 00:30 is in it.
    wait(9 * 3_600);
    expect(await receive(wishing({ quietHours, everyHours: 6 }))).toEqual({ ...none, dropped: 1 });
    const late = { ...wishing({ quietHours, everyHours: 6 }), dueAt: plusSeconds(T0, 6.5 * 3_600) };
    expect(await receive(late)).toEqual({ ...none, deferred: 1 });
    expect(batches).toEqual([{ batch: late, delaySeconds: 900 }]);
  });

  it('young balances do not keep a refusal untold', async () => {
    const refused = {
      ...attempt(T0),
      refreshId: refusedRefreshId(keyOf(1), T0),
      outcome: 'failed',
      code: 'mx_forbidden',
    } as const;
    const lastSuccess = { refreshId: 'RFR-0', observedAt: plusSeconds(T0, -60), incomplete: false };
    const { receive, events } = world(
      scheduled(1, { lastSuccess, lastAttempt: { ...refused, action: 'contact_support' } }),
    );
    expect(await receive(wishing({ maxAgeSeconds: 600 }))).toEqual({ ...none, done_already: 1 });
    expect(events).toMatchObject([{ type: 'refresh.failed' }]);
  });

  it('late turns wait for the end of quiet hours each', async () => {
    const { receive, batches, wait } = world(scheduled(1), scheduled(2), scheduled(3));
    // 21:54 UTC. The third one has none.
    wait(9.9 * 3_600);
    const until = (to: string) => ({ from: '21:50', to, timeZone: 'UTC' });
    const members = [
      { ...enrolledAs(1), quietHours: until('22:00') },
      { ...enrolledAs(2), quietHours: until('22:10') },
      enrolledAs(3),
    ];
    expect(await receive({ dueAt: T0, startAt: null, members })).toEqual({ ...none, accepted: 1, deferred: 2 });
    expect(batches.map(({ batch, delaySeconds }) => [batch.members, delaySeconds])).toEqual([
      [[members[0]], 360],
      [[members[1]], 900],
    ]);
  });

  it.each([
    ['young enough: left out', 600, 600, { fresh_enough: 1 }],
    ['older: started', 601, 600, { accepted: 1 }],
    ['no wish: started', 1, null, { accepted: 1 }],
    ['of this instant, no wish: started', 0, null, { accepted: 1 }],
  ])('balances are %s', async (_what, age, maxAgeSeconds, became) => {
    const lastSuccess = { refreshId: 'RFR-0', observedAt: plusSeconds(T0, -age), incomplete: false };
    const { receive, mxCalls } = world(scheduled(1, { lastSuccess }));
    expect(await receive(wishing({ maxAgeSeconds }))).toEqual({ ...none, ...became });
    expect(mxCalls.length > 0).toBe('accepted' in became);
  });
});

describe('a run of MX’s own', () => {
  const ended = (seconds: number, more: Partial<MxMember> = {}) =>
    member({ key: keyOf(1), successfullyAggregatedAt: plusSeconds(T0, seconds), ...more });

  it.each<[string, Partial<MxMember>, number | null, boolean]>([
    ['of an hour ago', {}, null, true],
    ['of just three hours ago', { successfullyAggregatedAt: plusSeconds(T0, -10_800) }, null, true],
    ['of more than three hours ago', { successfullyAggregatedAt: plusSeconds(T0, -10_801) }, null, false],
    ['older than max_age', {}, 3_599, false],
    ['by MX’s clock, an hour ahead', { answeredAt: plusSeconds(T0, 7_201) }, null, false],
    ['that still goes on', { isBeingAggregated: true }, null, false],
    ['that left it degraded', { connectionStatus: 'DEGRADED' }, null, false],
    ['that MX never had', { successfullyAggregatedAt: null }, null, false],
  ])('%s', async (_what, shown, maxAgeSeconds, isLeft) => {
    const { receive, answers, hints, mxCalls } = world(scheduled(1));
    answers.read = () => ended(-3_600, shown);
    const batch = { dueAt: T0, startAt: null, members: [{ ...enrolledAs(1), maxAgeSeconds }] };
    expect(await receive(batch)).toEqual({ ...none, [isLeft ? 'left_to_mx' : 'accepted']: 1 });
    expect([hints.length, mxCalls.length]).toEqual(isLeft ? [1, 1] : [0, 2]);
  });

  it('is read by the follow-up function', async () => {
    const { run, answers, hints } = world(scheduled(1));
    answers.read = () => ended(-3_599.5);
    await run(1);
    const completedAt = plusSeconds(T0, -3_600);
    const webhook = { about: 'data', member: keyOf(1), completedAt, receivedAt: T0 };
    expect(hints).toEqual([{ webhook, inSeconds: 0 }]);
  });

  it('that is stored already is none: a job is started', async () => {
    const { run, answers, table } = world(scheduled(1));
    answers.read = () => ended(-3_600);
    const body = { successfully_aggregated_at: plusSeconds(T0, -3_600) };
    table.bodies.set(textOf(keyOf(1)), { body, seenAt: T0 });
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
  });
});

it('MX answers for none of five: no more are asked', async () => {
  const { run, answers, mxCalls, batches } = world(...[1, 2, 3, 4, 5, 6, 7].map((number) => scheduled(number)));
  answers.read = () => new Failure('mx_timeout', 'no answer', { retryAfterSeconds: 200 });
  expect(await run(1, 2, 3, 4, 5, 6, 7)).toEqual({ ...none, deferred: 7 });
  expect(mxCalls).toHaveLength(5);
  expect(batches.map(({ batch, delaySeconds }) => [batch.members.length, delaySeconds])).toEqual([[7, 208]]);
});

it('a second five without an answer are the last', async () => {
  const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
  const { run, answers, mxCalls, batches } = world(...numbers.map((number) => scheduled(number)));
  const { read } = answers;
  const answered = ['MBR-1', 'MBR-2', 'MBR-3', 'MBR-4'];
  answers.read = (asked) => (answered.includes(asked.memberIdentifier) ? read(asked) : new Failure('mx_timeout', 'no'));
  expect(await run(...numbers)).toEqual({ ...none, accepted: 4, deferred: 8 });
  expect(mxCalls.filter((call) => call.startsWith('read'))).toHaveLength(10);
  expect(batches.map(({ batch }) => batch.members.length)).toEqual([8]);
});

it('one that MX does not answer for keeps no other', async () => {
  const { run, answers, batches } = world(...[1, 2, 3, 4, 5, 6].map((number) => scheduled(number)));
  const { read } = answers;
  answers.read = (asked) => (asked.memberIdentifier === 'MBR-3' ? new Failure('mx_timeout', 'no') : read(asked));
  expect(await run(1, 2, 3, 4, 5, 6)).toEqual({ ...none, accepted: 5, deferred: 1 });
  expect(batches.map(({ batch }) => batch.members)).toEqual([[enrolledAs(3)]]);
});
