import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { Attempt, EndedClaim } from '../../../shared/domain/refresh.ts';
import { type DelayedBatch, type EnrolledMember, noWishes, type StartBatch } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { refusedRefreshId } from '../../../shared/domain/unstarted.ts';
import { fakeStartCeiling } from '../../fakes/fake-start-ceiling.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { claim, knownMember, member, policy, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const slot = 'SLOT#24h#00001#0';
const keyOf = (number: number) => ({ userGuid: `USR-${number}`, memberGuid: `MBR-${number}` });
const scheduled = (number: number, given: Partial<MemberRecord> = {}): MemberRecord =>
  knownMember({ key: keyOf(number), enrolment: { everyHours: 24, slot, ...noWishes }, ...given });
const enrolledAs = (number: number): EnrolledMember => ({ member: keyOf(number), everyHours: 24, slot, ...noWishes });

const world = (...records: MemberRecord[]) => worldUnder(Number.POSITIVE_INFINITY, ...records);

function worldUnder(startsPerSecond: number, ...records: MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  const reported: [string, unknown][] = [];
  const sent: DelayedBatch[] = [];
  const ceiling = { reservedUntil: 0 };
  made.answers.read = (asked) =>
    member({ key: { userGuid: asked.userIdentifier, memberGuid: asked.memberIdentifier } });
  made.answers.start = made.answers.read;
  const deps = {
    ...made.deps,
    schedule: made.schedule,
    starts: { sendAll: async (batches: readonly DelayedBatch[]) => void sent.push(...batches) },
    ceiling: fakeStartCeiling(ceiling, startsPerSecond),
    report: (enrolled: EnrolledMember, error: unknown) => void reported.push([enrolled.member.memberGuid, error]),
  };
  const run = (...numbers: number[]) => startDue(deps, { dueAt: T0, startAt: null, members: numbers.map(enrolledAs) });
  return {
    ...made,
    reported,
    batches: sent,
    ceiling,
    run,
    receive: (batch: StartBatch) => startDue(deps, batch),
  };
}

const none = {
  accepted: 0,
  joined: 0,
  held_back: 0,
  fresh_enough: 0,
  left_to_mx: 0,
  deferred: 0,
  dropped: 0,
  done_already: 0,
  stray: 0,
  failed: 0,
};
const attempt = (acceptedAt: string): Attempt => ({
  refreshId: 'RFR-0',
  trigger: 'schedule',
  acceptedAt,
  outcome: 'succeeded',
  action: 'none',
  code: 'stored',
  connectionStatus: 'CONNECTED',
  hasDetails: false,
  endedAt: plusSeconds(acceptedAt, 9),
  observedAt: plusSeconds(acceptedAt, 8),
});

const endedClaim = (acceptedAt: string): EndedClaim => {
  const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt(acceptedAt);
  return { ...claim({ acceptedAt }), phase: 'ended', result };
};

describe('members that are due', () => {
  it('are all started, as unattended refreshes', async () => {
    const { run, table, mxCalls } = world(...[1, 2, 3, 4, 5, 6, 7].map((number) => scheduled(number)));
    expect(await run(1, 2, 3, 4, 5, 6, 7)).toEqual({ ...none, accepted: 7 });
    expect(mxCalls.filter((call) => call.startsWith('start'))).toHaveLength(7);
    const claims = [...table.members.values()].map((record) => record.claim);
    expect(claims.every((made) => made?.trigger === 'schedule' && !made.userPresent)).toBe(true);
  });

  it('are not started again by the same message delivered twice', async () => {
    const first = world(scheduled(1));
    await first.run(1);
    expect(await first.run(1)).toEqual({ ...none, joined: 1 });
    const done = world(scheduled(1, { lastAttempt: attempt(T0) }));
    expect(await done.run(1)).toEqual({ ...none, done_already: 1 });
    expect(done.mxCalls).toEqual([]);
  });

  it.each<[string, Partial<MemberRecord>]>([
    ['has ended and is not released', { claim: endedClaim(T0) }],
    ['was refused and is not released', { claim: endedClaim(plusSeconds(T0, 5)) }],
    ['is followed by one of MX’s own', { lastAttempt: attempt(plusSeconds(T0, -3)), starts: [T0] }],
  ])('are not started again when their refresh %s', async (_what, given) => {
    const { run, mxCalls } = world(scheduled(1, given));
    expect(await run(1)).toEqual({ ...none, done_already: 1 });
    expect(mxCalls).toEqual([]);
  });

  it('are started although one from before is not released', async () => {
    const { run } = world(scheduled(1, { claim: endedClaim(plusSeconds(T0, -1)) }));
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
  });

  it('are not started by a duplicate that lost the claim', async () => {
    const { run, answers, table, mxCalls } = world(scheduled(1));
    answers.read = () => {
      // While this one reads the member, the other one has started it, and its refresh has ended.
      const record = table.members.get(textOf(keyOf(1)));
      if (record?.startsVersion === 0) {
        table.members.set(textOf(keyOf(1)), { ...record, startsVersion: 1, lastAttempt: attempt(T0) });
      }
      return member({ key: keyOf(1) });
    };
    expect(await run(1)).toEqual({ ...none, done_already: 1 });
    expect(mxCalls).toEqual(['read USR-1/MBR-1']);
  });

  it('are started although they were refreshed before they were due', async () => {
    const { run } = world(scheduled(1, { lastAttempt: attempt(plusSeconds(T0, -1)) }));
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
  });

  it.each([
    ['shortly', 600, 600],
    ['for longer than a message can wait', 3_600, 900],
  ])('wait as MX asked: %s', async (_what, seconds, delaySeconds) => {
    const { run, mxCalls, batches, reported } = world(scheduled(1, { startNotBefore: plusSeconds(T0, seconds) }));
    expect(await run(1)).toEqual({ ...none, deferred: 1 });
    expect(mxCalls).toEqual([]);
    expect(batches).toEqual([{ batch: { dueAt: T0, startAt: null, members: [enrolledAs(1)] }, delaySeconds }]);
    expect(reported).toEqual([]);
  });

  it('are tried again while MX is away, without a claim', async () => {
    const { run, answers, batches, reported, table, wait } = world(scheduled(1));
    answers.read = () => new Failure('mx_unavailable', 'MX answered 503');
    expect(await run(1)).toEqual({ ...none, deferred: 1 });
    wait(300);
    expect(await run(1)).toEqual({ ...none, deferred: 1 });
    // A minute at first, then as long as it is late; 8 s are this member's own.
    expect(batches.map(({ delaySeconds }) => delaySeconds)).toEqual([68, 308]);
    expect([reported, table.members.get(textOf(keyOf(1)))?.claim]).toEqual([[], null]);
    answers.read = () => member({ key: keyOf(1) });
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
  });

  it('leave a turn out that would come after the next', async () => {
    const { run, batches, reported } = world(scheduled(1, { startNotBefore: plusSeconds(T0, 86_400) }));
    expect(await run(1)).toEqual({ ...none, dropped: 1 });
    expect(batches).toEqual([]);
    expect(reported).toMatchObject([['MBR-1', { code: 'mx_rate_limited' }]]);
  });

  it('join a running refresh without a call of MX', async () => {
    const { run, mxCalls } = world(scheduled(1, { claim: claim({ acceptedAt: plusSeconds(T0, -30) }) }));
    expect(await run(1)).toEqual({ ...none, joined: 1 });
    expect(mxCalls).toEqual([]);
  });

  it.each<[string, Parameters<typeof member>[0]]>([
    ['the credentials are refused', { connectionStatus: 'DENIED' }],
    ['MX waits for an answer', { connectionStatus: 'CHALLENGED' }],
    ['the connection is closed', { connectionStatus: 'CLOSED' }],
    ['MX says that credentials are missing', { needsUpdatedCredentials: true }],
  ])('are held back when %s', async (_why, seen) => {
    const { run, answers, mxCalls, table } = world(scheduled(1));
    answers.read = () => member({ key: keyOf(1), ...seen });
    expect(await run(1)).toEqual({ ...none, held_back: 1 });
    expect(mxCalls).toEqual(['read USR-1/MBR-1']);
    expect(table.members.get(textOf(keyOf(1)))?.claim).toBeNull();
  });
});

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

  it('what was reserved more than a minute ago is gone', async () => {
    const { receive, ceiling } = worldUnder(10, scheduled(1), scheduled(2));
    const reserved = (seconds: number) => plusSeconds(T0, -seconds);
    await receive({ ...batchOf(1), startAt: reserved(60) });
    expect(ceiling.reservedUntil).toBe(0);
    await receive({ ...batchOf(2), startAt: reserved(60.001) });
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

  it.each([
    ['young enough: left out', 600, 600, { fresh_enough: 1 }],
    ['older: started', 601, 600, { accepted: 1 }],
    ['no wish: started', 1, null, { accepted: 1 }],
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
    expect(hints).toEqual([{ about: 'data', member: keyOf(1), completedAt, receivedAt: T0 }]);
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

it('one that MX does not answer for keeps no other', async () => {
  const { run, answers, batches } = world(...[1, 2, 3, 4, 5, 6].map((number) => scheduled(number)));
  const { read } = answers;
  answers.read = (asked) => (asked.memberIdentifier === 'MBR-3' ? new Failure('mx_timeout', 'no') : read(asked));
  expect(await run(1, 2, 3, 4, 5, 6)).toEqual({ ...none, accepted: 5, deferred: 1 });
  expect(batches.map(({ batch }) => batch.members)).toEqual([[enrolledAs(3)]]);
});

describe('a member that is held back', () => {
  const denied = (made: ReturnType<typeof world>) => {
    made.answers.read = () => member({ key: keyOf(1), connectionStatus: 'DENIED' });
    return made;
  };
  const held = { since: T0, code: 'denied', action: 'reauthenticate' } as const;
  const heldNow = ({ table }: ReturnType<typeof world>) => table.members.get(textOf(keyOf(1)))?.held;

  it.each([
    ['its first of the day', '2026-11-22T00:38:00.000Z', 1],
    ['a later one', '2026-11-22T06:38:00.000Z', 0],
    ['the first outside its quiet hours', '2026-11-22T06:38:00.000Z', 1, { from: '00:00', to: '01:00' }],
  ])('is read at MX once a day: %s', async (_what, dueAt, reads, quiet?: { from: string; to: string }) => {
    const made = denied(world(scheduled(1, { held })));
    made.wait((Date.parse(dueAt) - Date.parse(T0)) / 1_000);
    const quietHours = quiet === undefined ? null : { ...quiet, timeZone: 'UTC' };
    const members = [{ ...enrolledAs(1), everyHours: 6 as const, quietHours }];
    expect(await made.receive({ dueAt, startAt: null, members })).toEqual({ ...none, held_back: 1 });
    expect(made.mxCalls).toHaveLength(reads);
  });

  it('is remembered with the reason, and told of', async () => {
    const made = denied(world(scheduled(1)));
    await made.run(1);
    expect(heldNow(made)).toEqual(held);
    expect(made.events).toMatchObject([{ id: `USR-1/MBR-1/${T0}/held/denied`, type: 'schedule.held', data: held }]);
    expect(made.table.members.get(textOf(keyOf(1)))?.lastAttempt).toBeNull();
  });

  it('has the same event id after a crash', async () => {
    const made = denied(world(scheduled(1)));
    await made.run(1);
    made.table.members.set(textOf(keyOf(1)), scheduled(1));
    made.wait(400);
    await made.run(1);
    expect(made.events.map(({ id }) => id)).toEqual([`USR-1/MBR-1/${T0}/held/denied`, `USR-1/MBR-1/${T0}/held/denied`]);
    expect(heldNow(made)).toEqual(held);
  });

  it('is not told again when its message is repeated', async () => {
    const made = denied(world(scheduled(1)));
    await made.run(1);
    await made.run(1);
    expect(made.events).toHaveLength(1);
  });

  it('is not repeated at later turns for the same reason', async () => {
    const made = denied(world(scheduled(1, { held: { ...held, since: plusSeconds(T0, -3600) } })));
    await made.run(1);
    expect(made.events).toEqual([]);
    expect(heldNow(made)?.since).toBe(plusSeconds(T0, -3600));
  });

  it.each<[string, Partial<MemberRecord>]>([
    ['another reason', { held: { since: plusSeconds(T0, -3600), code: 'locked', action: 'act_at_institution' } }],
    [
      'the same reason after a refresh was begun',
      { held: { ...held, since: plusSeconds(T0, -3600) }, lastAttempt: attempt(plusSeconds(T0, -60)) },
    ],
  ])('is told of anew for %s', async (_why, given) => {
    const made = denied(world(scheduled(1, given)));
    await made.run(1);
    expect(made.events).toMatchObject([{ type: 'schedule.held', data: held }]);
    expect(heldNow(made)).toEqual(held);
  });
});

describe('a start that MX refuses before there is a claim', () => {
  const refusing = (code: FailureCode, ...records: MemberRecord[]) => {
    const made = world(...(records.length === 0 ? [scheduled(1)] : records));
    made.answers.read = () => new Failure(code, 'no');
    return made;
  };
  const last = ({ table }: ReturnType<typeof world>) => table.members.get(textOf(keyOf(1)))?.lastAttempt;

  it.each<FailureCode>(['mx_credentials_rejected', 'mx_forbidden', 'mx_refused', 'mx_credentials_missing'])(
    'is its last attempt, with an event: %s',
    async (code) => {
      const made = refusing(code);
      expect(await made.run(1)).toEqual({ ...none, failed: 1 });
      expect(last(made)).toMatchObject({ trigger: 'schedule', acceptedAt: T0, outcome: 'failed', code });
      const id = last(made)?.refreshId ?? '';
      expect(await made.history.read(id)).toMatchObject({ status: 'ended', result: { code } });
      expect(made.events).toMatchObject([{ id: `${id}/ended`, type: 'refresh.failed', data: { code } }]);
      expect(made.reported).toEqual([['MBR-1', expect.objectContaining({ code })]]);
    },
  );

  it('is the same refresh however often its message comes', async () => {
    const made = refusing('mx_forbidden');
    await made.run(1);
    const first = last(made);
    made.wait(400);
    made.answers.read = () => new Failure('mx_credentials_rejected', 'no');
    expect(await made.run(1)).toEqual({ ...none, done_already: 1 });
    expect(last(made)).toEqual(first);
    const [event, again] = made.events;
    expect(again).toEqual(event);
    expect(made.mxCalls).toHaveLength(1);
  });

  it('is written and published by the delivery after a crash', async () => {
    const made = refusing('mx_forbidden');
    await made.run(1);
    const first = last(made);
    const id = first?.refreshId ?? '';
    // As the crash leaves it: the member remembers, the refresh is not written and nothing published.
    made.refreshes.delete(id);
    made.events.length = 0;
    made.wait(400);
    made.answers.read = made.answers.start;
    expect(await made.run(1)).toEqual({ ...none, done_already: 1 });
    expect(last(made)).toEqual(first);
    expect(await made.history.read(id)).toMatchObject({ acceptedAt: T0, status: 'ended', result: { endedAt: T0 } });
    expect(made.events).toMatchObject([{ id: `${id}/ended`, data: { code: 'mx_forbidden' } }]);
    expect(made.mxCalls).toHaveLength(1);
  });

  it('unknown to MX: asked again in a minute, then believed', async () => {
    const made = refusing('mx_not_found');
    expect(await made.run(1)).toEqual({ ...none, deferred: 1 });
    expect(last(made)).toBeNull();
    expect(made.batches).toEqual([{ batch: { dueAt: T0, startAt: null, members: [enrolledAs(1)] }, delaySeconds: 60 }]);
    made.wait(60);
    await made.run(1);
    expect(last(made)).toMatchObject({ outcome: 'failed', action: 'reconnect', code: 'mx_not_found' });
    expect(made.events).toMatchObject([{ type: 'refresh.failed', data: { code: 'mx_not_found' } }]);
    expect(made.batches).toHaveLength(1);
    expect(made.table.members.get(textOf(keyOf(1)))?.deletedAt).toBeNull();
  });

  it('not believed before a minute or after a read', async () => {
    const early = refusing('mx_not_found', scheduled(1, { missing: plusSeconds(T0, -59) }));
    await early.run(1);
    expect([last(early), early.batches.length]).toEqual([null, 1]);
    const read = scheduled(1, { missing: plusSeconds(T0, -3600), seenAt: plusSeconds(T0, -60) });
    const since = refusing('mx_not_found', read);
    await since.run(1);
    expect([last(since), since.batches.length]).toEqual([null, 1]);
    expect(since.table.members.get(textOf(keyOf(1)))?.missing).toBe(T0);
  });

  it('is told once of a member that stays unknown', async () => {
    const gone = { ...attempt(plusSeconds(T0, -86_400)), outcome: 'failed', code: 'mx_not_found' } as const;
    const record = scheduled(1, { missing: plusSeconds(T0, -86_500), lastAttempt: gone });
    const made = refusing('mx_not_found', record);
    expect(await made.run(1)).toEqual({ ...none, failed: 1 });
    expect([made.events, last(made)]).toEqual([[], gone]);
  });
});

describe('a slot’s item that is left over', () => {
  it.each<[string, MemberRecord[]]>([
    ['of a member that is not known any more', []],
    ['of a member that was deleted', [scheduled(1, { deletedAt: T0 })]],
    [
      'of a member that has moved to another slot',
      [scheduled(1, { enrolment: { everyHours: 1, slot: 'SLOT#1h#00001#0', ...noWishes } })],
    ],
    ['of a member that was taken off the schedule', [scheduled(1, { enrolment: { everyHours: 0, slot: '' } })]],
    ['of a member whose enrolment was never written', [scheduled(1, { enrolment: null })]],
  ])('%s is removed, and nothing is started', async (_what, records) => {
    const { run, table, schedule, mxCalls } = world(...records);
    table.slots.set(slot, new Map([[textOf(keyOf(1)), 24]]));
    expect(await run(1)).toEqual({ ...none, stray: 1 });
    expect(await schedule.membersOf(slot)).toEqual([]);
    expect(mxCalls).toEqual([]);
  });
});

describe('a member that cannot be started', () => {
  const failing = (code: FailureCode) => {
    const made = world(scheduled(1), scheduled(2), scheduled(3));
    const { start } = made.answers;
    made.answers.start = (asked) => (asked.userIdentifier === 'USR-2' ? new Failure(code, 'no') : start(asked));
    return made;
  };

  it.each<FailureCode>(['mx_refused', 'mx_institution', 'mx_forbidden'])(
    'because of %s: reported, waits; the others start',
    async (code) => {
      const { run, reported } = failing(code);
      expect(await run(1, 2, 3)).toEqual({ ...none, accepted: 2, failed: 1 });
      expect(reported).toEqual([['MBR-2', expect.objectContaining({ code })]]);
    },
  );

  it('allowance used up: waits, without a call of MX', async () => {
    const starts = Array.from({ length: policy.allowanceStarts }, (_, index) => plusSeconds(T0, -60 + index));
    const { run, reported, mxCalls } = world(scheduled(1, { starts }));
    expect(await run(1)).toEqual({ ...none, failed: 1 });
    expect(reported).toEqual([['MBR-1', expect.objectContaining({ code: 'allowance_used_up' })]]);
    expect(mxCalls).toEqual([]);
  });

  it('our own fault: the message stays, after all others', async () => {
    const made = failing('internal');
    await expect(made.run(1, 2, 3)).rejects.toMatchObject({ code: 'internal' });
    const claimed = [1, 3].map((number) => made.table.members.get(textOf(keyOf(number)))?.claim);
    expect(claimed).toMatchObject([{ start: { state: 'accepted' } }, { start: { state: 'accepted' } }]);
    expect(made.reported).toEqual([]);
  });
});
