import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { noWishes } from '../../../shared/domain/schedule.ts';
import { textOf } from '../../fakes/members-table.ts';
import { claim, member, policy, T0 } from '../../samples.ts';
import { attempt, endedClaim, enrolledAs, keyOf, none, scheduled, slot, world } from './start-due-world.ts';

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
    const refreshId = first.table.members.get(textOf(keyOf(1)))?.claim?.refreshId;
    // Both deliveries tell of the same refresh.
    expect(first.accepted).toEqual([
      ['MBR-1', refreshId, false],
      ['MBR-1', refreshId, true],
    ]);
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

describe('a member that was moved to another shard', () => {
  const other = 'SLOT#24h#00001#3';
  const moved = scheduled(1, { enrolment: { everyHours: 24, slot: other, ...noWishes } });

  it('is started by its former item, which is removed', async () => {
    const { run, table, schedule, mxCalls } = world(moved);
    for (const place of [slot, other]) table.slots.set(place, new Map([[textOf(keyOf(1)), 24]]));
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
    expect([await schedule.membersOf(slot), (await schedule.membersOf(other)).length]).toEqual([[], 1]);
    expect(mxCalls).toEqual(['read USR-1/MBR-1', 'start USR-1/MBR-1']);
  });

  it('is started once by both of its items', async () => {
    const { receive, mxCalls } = world(moved);
    const members = [slot, other].map((place) => ({ ...enrolledAs(1), slot: place }));
    const counts = await receive({ dueAt: T0, startAt: null, members });
    expect(counts).toEqual({ ...none, accepted: 1, joined: 1 });
    expect(mxCalls.filter((call) => call.startsWith('start'))).toHaveLength(1);
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
