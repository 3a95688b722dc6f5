import { describe, expect, it } from 'vitest';
import { followUp } from '../../../functions/follow-up.ts';
import type { FollowUp } from '../../../shared/clients/messages.ts';
import type { Notice } from '../../../shared/domain/notify-ports.ts';
import { detailsByCode } from '../../../shared/domain/refresh-details.ts';
import { putRefresh } from '../../fakes/put-refresh.ts';
import { attemptOf, claim, key, knownMember, runningRefresh, T0 } from '../../samples.ts';
import { account, news, notFound, refreshed, webhook, webhookWorld } from '../domain/webhook-world.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const ID = 'RFR-00000000000000000000000001';

/** The function around `world`, and what it said of each message. */
function functionIn(world: ReturnType<typeof webhookWorld>) {
  const telemetry = recordedTelemetry();
  const handle = async (message: FollowUp) => {
    await followUp(world.deps, telemetry, message);
    return { lines: telemetry.lines.splice(0), counts: telemetry.counts.splice(0) };
  };
  return { handle, telemetry };
}

describe('a look', () => {
  const look = (given: Partial<Extract<FollowUp, { kind: 'look' }>> = {}): FollowUp => ({
    kind: 'look',
    refreshId: ID,
    member: key,
    lookNumber: 2,
    state: null,
    correlationId: null,
    ...given,
  });

  it('in between is told with its refresh, without its member', async () => {
    const world = webhookWorld([knownMember({ claim: claim({ refreshId: ID, lookNumber: 1 }) })]);
    world.wait(10);
    world.shows({ isBeingAggregated: true });
    expect(await functionIn(world).handle(look({ correlationId: 'order-1' }))).toEqual({
      lines: [
        {
          event: 'follow_up.done',
          fields: {
            ...{ refresh_id: ID, correlation_id: 'order-1', look: 2, outcome: 'looking_again' },
            seen: 'CONNECTED running started',
          },
        },
      ],
      counts: [],
    });
  });

  it('without a caller’s name has none in its line', async () => {
    const world = webhookWorld([knownMember({ claim: claim({ refreshId: ID, lookNumber: 1 }) })]);
    world.wait(10);
    world.shows({ isBeingAggregated: true });
    const { lines } = await functionIn(world).handle(look());
    expect(lines[0]?.fields).toHaveProperty('correlation_id', undefined);
  });

  it.each([
    [{ connectionStatus: 'DENIED' }, 'DENIED idle none'],
    [{ connectionStatus: null }, 'no_status idle none'],
    // What is no status of MX's may be anything.
    [{ connectionStatus: 'DE NIED <b>' }, 'unknown_status idle none'],
  ])('says what it has seen: %j', async (shown, seen) => {
    const world = webhookWorld([knownMember({ claim: claim({ refreshId: ID, lookNumber: 1 }) })]);
    world.wait(10);
    world.shows({ isBeingAggregated: false, ...shown });
    expect(await functionIn(world).handle(look())).toMatchObject({ lines: [{ fields: { seen } }] });
  });

  it('that ends a refresh says why', async () => {
    const world = webhookWorld([knownMember({ claim: claim({ refreshId: ID, lookNumber: 1 }) })]);
    world.wait(10_000);
    world.shows({ isBeingAggregated: true });
    const { lines } = await functionIn(world).handle(look());
    expect(lines.at(-1)).toMatchObject({
      event: 'follow_up.done',
      fields: { refresh_id: ID, member_guid: 'MBR-1', outcome: 'ended', code: 'deadline' },
    });
  });

  it('that is the last is told with its member', async () => {
    const { handle } = functionIn(webhookWorld([knownMember()]));
    expect(await handle(look())).toEqual({
      lines: [
        {
          event: 'follow_up.done',
          fields: { refresh_id: ID, correlation_id: undefined, member_guid: 'MBR-1', look: 2, outcome: 'superseded' },
        },
      ],
      counts: [],
    });
  });
});

describe('a webhook', () => {
  it('that is heeded counts as such', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows(news, [account('ACT-1', '99.95', '2026-11-21T11:59:57Z')]);
    expect(await functionIn(world).handle({ kind: 'webhook', ...webhook() })).toEqual({
      lines: [{ event: 'webhook.handled', fields: { member_guid: 'MBR-1', reason: 'data', outcome: 'stored' } }],
      counts: ['WebhookHeeded'],
    });
    expect(await world.balances.ofMember(key)).toMatchObject([{ accountGuid: 'ACT-1' }]);
  });

  it('during a refresh names it', async () => {
    const running = claim({ refreshId: ID, lookNumber: 1, correlationId: 'order-1' });
    const world = webhookWorld([knownMember({ claim: running })]);
    world.wait(10);
    world.shows({ isBeingAggregated: true });
    expect(await functionIn(world).handle({ kind: 'webhook', ...webhook() })).toMatchObject({
      lines: [
        {
          event: 'webhook.handled',
          fields: {
            refresh_id: ID,
            correlation_id: 'order-1',
            member_guid: 'MBR-1',
            reason: 'data',
            outcome: 'nudged',
            seen: 'CONNECTED running started',
          },
        },
      ],
    });
  });

  it('about an unknown member counts as ignored', async () => {
    const world = webhookWorld([]);
    world.fails(notFound);
    expect(await functionIn(world).handle({ kind: 'webhook', ...webhook() })).toEqual({
      lines: [
        { event: 'webhook.handled', fields: { member_guid: 'MBR-1', reason: 'data', outcome: 'unknown_member' } },
      ],
      counts: ['WebhookIgnored'],
    });
  });
});

describe('a notice', () => {
  const notice: Notice = {
    refreshId: ID,
    correlationId: 'order-1',
    member: key,
    before: null,
    events: true,
    changed: [],
    callbacksAfter: null,
    tries: 0,
    since: T0,
  };
  const names = { refresh_id: ID, correlation_id: 'order-1', member_guid: 'MBR-1' };

  it('of a refresh that is gone is over', async () => {
    const { handle } = functionIn(webhookWorld([knownMember()]));
    expect(await handle({ kind: 'notify', ...notice })).toEqual({
      lines: [{ event: 'notice.done', fields: { ...names, outcome: 'expired' } }],
      counts: [],
    });
  });

  it('that cannot be told is counted, and told later', async () => {
    const world = webhookWorld([knownMember()]);
    const running = claim({ refreshId: ID });
    const end = attemptOf(running);
    const texts = { ...end, ...detailsByCode(end) };
    await putRefresh(world.history, { ...runningRefresh(key, ID), status: 'ended', progress: null, result: texts });
    world.crashAt('events.publish');
    const { handle } = functionIn(world);
    expect(await handle({ kind: 'notify', ...notice })).toEqual({
      lines: [
        { event: 'notice.failed', fields: { ...names, error: new Error('events.publish crashed') } },
        { event: 'notice.done', fields: { ...names, outcome: 'later' } },
      ],
      counts: ['NoticeFailed'],
    });
    world.crashAt(null);
    expect(await handle({ kind: 'notify', ...notice })).toMatchObject({
      lines: [{ event: 'notice.done', fields: { outcome: 'told' } }],
      counts: [],
    });
  });
});

describe('a second erasing', () => {
  it.each([
    ['of a deleted member erases', T0, 'erased', 0],
    ['of any other erases nothing', null, 'not_deleted', 1],
  ])('%s', async (_what, deletedAt, outcome, left) => {
    const world = webhookWorld([knownMember({ deletedAt })]);
    const by = { observedAt: T0, refreshId: ID, trigger: 'http' as const };
    await world.balances.store(key, [account('ACT-1', '1', T0)], by);
    expect(await functionIn(world).handle({ kind: 'erase', member: key })).toEqual({
      lines: [{ event: 'member.erased', fields: { member_guid: 'MBR-1', outcome } }],
      counts: [],
    });
    expect(await world.balances.ofMember(key)).toHaveLength(left);
  });
});

it('an erasing is told with its receipt, without its user', async () => {
  const world = webhookWorld([refreshed()]);
  const order = {
    erasureId: 'ERS-1',
    ...{ userGuid: key.userGuid, memberGuid: null },
    atMx: 'nothing',
    requestedAt: T0,
  };
  const work = { round: 1, after: null, hasFound: false, userIds: [], tries: 0, isRestored: false };
  const message = { kind: 'erase_data', order, ...work } as const as FollowUp;
  expect(await functionIn(world).handle(message)).toEqual({
    lines: [{ event: 'data.erased', fields: { erasure_id: 'ERS-1', outcome: 'next_round' } }],
    counts: [],
  });
  expect(world.record()?.deletedAt).toBe(T0);
});
