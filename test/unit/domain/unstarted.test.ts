import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { textOf } from '../../fakes/members-table.ts';
import { member, T0 } from '../../samples.ts';
import { attempt, enrolledAs, keyOf, none, scheduled, world } from './start-due-world.ts';

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
