/** What makes a webhook of a known member cost a read, or none, and what is waited for. */
import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { handleWebhook } from '../../../shared/domain/handle-webhook.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { OutcomeCode } from '../../../shared/domain/outcome.ts';
import { attemptOf } from '../../../shared/domain/refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, newJob, T0 } from '../../samples.ts';
import { slowSteps } from './slow-steps.ts';
import {
  account,
  connection,
  deletion,
  newAccounts,
  notFound,
  refreshed,
  webhook,
  webhookWorld,
  withStored,
} from './webhook-world.ts';

const ended = (code: OutcomeCode, endedAt: string, acceptedAt = at(-60)) =>
  attemptOf({ ...claim(), acceptedAt }, { ...endingOf(code), endedAt, observedAt: null }, false);

describe('a deletion webhook of a member that MX has shown', () => {
  it.each<[string, Partial<MemberRecord>, string]>([
    ['before it', { seenAt: at(-1) }, 'deleted'],
    ['at that instant', { seenAt: T0 }, 'seen_since'],
    ['after it', { seenAt: at(5) }, 'seen_since'],
    ['after it, to a start', { seenAt: at(5), lastAttempt: ended('denied', at(9), at(5)) }, 'deleted'],
    ['after it, to a look', { seenAt: at(5), lastAttempt: ended('denied', at(9), at(4)) }, 'seen_since'],
    ['after it, but gone since', { seenAt: at(5), lastAttempt: ended('member_deleted', at(9)) }, 'deleted'],
    ['after it, gone at that instant', { seenAt: at(5), lastAttempt: ended('member_deleted', T0) }, 'deleted'],
    ['after it, gone before', { seenAt: at(5), lastAttempt: ended('member_deleted', at(-1)) }, 'seen_since'],
    [
      'after it, gone by an end that is not published',
      { seenAt: at(5), claim: endedClaim(claim({ acceptedAt: at(-60) }), ended('member_deleted', at(9))) },
      'deleted',
    ],
  ])('%s', async (_when, given, handled) => {
    const world = webhookWorld([refreshed(given)]);
    world.fails(notFound);
    world.wait(20);
    expect(await world.handle(deletion)).toBe(handled);
    expect(world.mxCalls).toHaveLength(handled === 'deleted' ? 1 : 0);
  });
});

describe('a deletion webhook while a refresh runs', () => {
  const attention = { action: 'reauthenticate', since: at(-900), code: 'denied', asOf: at(-900) } as const;
  const running = (given: Partial<MemberRecord> = {}) =>
    webhookWorld([refreshed({ claim: claim({ lookNumber: 2, lookedAt: at(-10) }), attention, ...given })]);

  it('is the refresh’s next look, and takes back nothing', async () => {
    const world = running();
    world.shows({ ...newJob, isBeingAggregated: true });
    const { steps, slow } = slowSteps();
    const { recordSighting } = world.deps.seen;
    const changes: unknown[] = [];
    const seen = {
      ...world.deps.seen,
      recordSighting: slow('sighting', (...of: Parameters<typeof recordSighting>) => {
        changes.push(of.slice(2));
        return recordSighting(...of);
      }),
    };
    expect(await handleWebhook({ ...world.deps, seen }, deletion)).toBe('nudged');
    expect(changes).toEqual([[null, undefined]]);
    expect(world.record()).toMatchObject({
      seenAt: T0,
      attention,
      untoldChange: null,
      claim: { lookNumber: 3, lookedAt: T0 },
    });
    expect([steps, world.body()?.seenAt]).toEqual([['sighting'], T0]);
  });

  it('whose deleting fails has another look booked', async () => {
    const world = running();
    world.fails(notFound);
    world.crashAt('seen.leaveTombstone/alias');
    await expect(world.handle(deletion)).rejects.toThrow('crashed');
    expect(world.sent).toMatchObject([{ followUp: { lookNumber: 4 } }]);
  });

  it.each([
    ['half of its age later', 0, 100, 50],
    ['at the deadline', 0, 590, 10],
    ['at MX’s gap after the deadline', 0, 700, 3],
  ])('comes again %s while MX is away', async (_when, receivedAt, now, inSeconds) => {
    const world = running({ claim: claim({ lookNumber: 2, lookedAt: at(now - 2) }) });
    world.wait(now);
    expect(await world.handle({ ...deletion, receivedAt: at(receivedAt) })).toBe('later');
    expect(world.waiting()).toMatchObject([{ work: { kind: 'webhook', about: 'deletion' }, inSeconds }]);
  });
});

describe('a webhook about the connection', () => {
  it('that came when the member was read is a read', async () => {
    const world = webhookWorld([refreshed({ seenAt: T0 })]);
    world.shows({});
    world.wait(10);
    expect(await world.handle(connection)).toBe('seen');
  });

  it.each<[string, object, string, number]>([
    ['another status', { connection_status: 'DENIED' }, 'CONNECTED', 1],
    ['a status where MX had none', { connection_status: null }, 'CONNECTED', 1],
    ['the same status', { connection_status: 'CONNECTED' }, 'CONNECTED', 0],
    ['a status where none was known', {}, 'CONNECTED', 0],
  ])('tells of %s', async (_what, body, connectionStatus, told) => {
    const world = webhookWorld([refreshed()], 'known', { guid: 'MBR-1', ...body });
    world.shows({ connectionStatus });
    expect(await world.handle(connection)).toBe('seen');
    expect(world.events).toHaveLength(told);
  });

  it('overtaken by a newer reading stores nothing, tells nothing', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    const before = world.body();
    const seen = { ...world.deps.seen, recordSighting: async () => false };
    expect(await handleWebhook({ ...world.deps, seen }, connection)).toBe('seen');
    expect([world.body(), world.events]).toEqual([before, []]);
  });

  it('while a job of MX’s own runs is seen', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ isBeingAggregated: true });
    expect([await world.handle(connection), world.waiting()]).toEqual(['seen', []]);
  });

  it('of a known member asks nothing of its user', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({});
    world.deps.members.isUserErased = () => expect.fail();
    expect(await world.handle(connection)).toBe('seen');
  });

  it('waits in a pause until it is in the queue', async () => {
    const world = webhookWorld([refreshed()]);
    world.pauses.pauses = [{ from: T0, until: at(60) }];
    const { steps, slow } = slowSteps();
    const webhooks = { send: slow('webhook', world.deps.webhooks.send) };
    expect(await handleWebhook({ ...world.deps, webhooks }, connection)).toBe('later');
    expect(steps).toEqual(['webhook']);
  });
});

describe('a webhook about data', () => {
  it.each([
    ['of the completion that was processed', at(-2), 'known_already'],
    ['of a later one', at(-3), 'stored'],
  ])('%s', async (_what, processedUntil, handled) => {
    const world = webhookWorld([refreshed({ processedUntil })]);
    await withStored(world);
    world.shows({});
    expect(await world.handle(webhook())).toBe(handled);
  });

  it('that cannot come again fails as that', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ isBeingAggregated: true });
    const away = new Failure('mx_unavailable', 'the queue is away');
    let sent = 0;
    const webhooks = {
      send: () => {
        sent += 1;
        return Promise.reject(away);
      },
    };
    await expect(handleWebhook({ ...world.deps, webhooks }, webhook())).rejects.toBe(away);
    expect(sent).toBe(1);
  });

  it.each([
    ['never moved with jobs: the account is of now', false, null],
    ['move with jobs: the account was left behind', true, 'not_imported'],
  ])('of a member whose imports %s', async (_what, importsMove, staleReason) => {
    const world = webhookWorld([refreshed({ importsMove })]);
    await withStored(world);
    world.shows({ aggregatedAt: at(-10) }, [account('ACT-1', '7', '2026-11-21T10:59:57Z')]);
    expect(await world.handle(webhook())).toBe('stored');
    expect((await world.balances.ofMember(key)).map((stored) => stored.staleReason)).toEqual([staleReason]);
  });

  it('of a member without a stored object is news', async () => {
    const world = webhookWorld([refreshed({ seenAt: null })]);
    world.table.bodies.delete(textOf(key));
    world.shows({ aggregatedAt: at(-10) }, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
  });
});
