import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { key, T0 } from '../../samples.ts';
import { faultsOf } from './event-schemas.ts';
import { account, newAccounts, news, refreshed, webhook, webhookWorld, withStored } from './webhook-world.ts';

const down = new Failure('mx_unavailable', 'MX is in trouble');

describe('data that MX gathered by itself', () => {
  it('is stored as its own refresh, without a job', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
    expect(world.mxCalls).toEqual(['read USR-1/MBR-1']);
    const [stored] = await world.balances.ofMember(key);
    expect(stored).toMatchObject({
      observedAt: T0,
      trigger: 'mx_webhook',
      lastChange: { refreshId: stored?.refreshId },
    });
    expect(stored?.refreshId).toMatch(/^RFR-[0-9A-HJKMNP-TV-Z]{26}$/);
    const refreshId = String(stored?.refreshId);
    expect(await world.deps.refreshes.read(refreshId)).toMatchObject({
      status: 'ended',
      trigger: 'mx_webhook',
      result: { outcome: 'succeeded', observedAt: T0 },
    });
    expect(world.record()).toMatchObject({
      claim: null,
      lastAttempt: { refreshId, trigger: 'mx_webhook' },
      lastSuccess: { refreshId, observedAt: T0 },
      processedUntil: '2026-11-21T11:59:58.000Z',
      starts: [],
    });
    expect(world.events.map(({ id }) => id)).toEqual([`${refreshId}/ended`, `${refreshId}/ACT-1`]);
    for (const event of world.events) expect(faultsOf(event)).toEqual([]);
  });

  it('once for each completion; duplicates cost nothing', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    await world.handle(webhook());
    world.wait(60);
    for (const double of [webhook(), webhook({ receivedAt: plusSeconds(T0, 30) })]) {
      expect(await world.handle(double)).toBe('known_already');
    }
    // An earlier completion, late: its data was in what was read.
    expect(await world.handle(webhook({ completedAt: plusSeconds(T0, -300) }))).toBe('known_already');
    expect(world.mxCalls).toHaveLength(1);
    expect(world.events).toHaveLength(2);
  });

  it.each(['2026-11-21T10:59:59.000Z', '2026-11-21T11:30:00.000Z'])(
    'sent before our read: recognised, completed at %s',
    async (completedAt) => {
      const world = webhookWorld([refreshed()]);
      expect(await world.handle(webhook({ completedAt, receivedAt: '2026-11-21T11:00:00.000Z' }))).toBe(
        'known_already',
      );
      expect(world.mxCalls).toEqual([]);
    },
  );

  it('sent after it: looked at, MX’s clock behind', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    const completedAt = '2026-11-21T10:59:58.000Z';
    expect(await world.handle(webhook({ completedAt, receivedAt: '2026-11-21T11:00:00.001Z' }))).toBe('stored');
  });

  it('is not believed without something newer at MX', async () => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows({ aggregatedAt: '2026-11-21T10:59:50.000Z', successfullyAggregatedAt: null }, [
      account('ACT-1', '777', '2026-11-21T10:59:57Z'),
    ]);
    expect(await world.handle(webhook())).toBe('seen');
    expect((await world.balances.ofMember(key))[0]?.fields['balance']).toMatchObject({ text: '10.00' });
    expect(world.events).toEqual([]);
    world.wait(60);
    expect(await world.handle(webhook())).toBe('known_already');
  });

  it('counts as newer by an account’s own import', async () => {
    const body = { connection_status: 'CONNECTED', aggregated_at: news.aggregatedAt };
    const world = webhookWorld([refreshed()], 'known', body);
    await withStored(world);
    world.shows({ ...news, successfullyAggregatedAt: null }, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
  });

  it('is not read during a job or in trouble', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ ...news, isBeingAggregated: true });
    expect(await world.handle(webhook())).toBe('later');
    expect(world.waiting()[0]).toMatchObject({ inSeconds: 3 });
    world.wait(60);
    world.shows({ ...news, connectionStatus: 'DENIED' });
    expect(await world.handle(webhook())).toBe('seen');
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('never replaces a newer observation or a newer success', async () => {
    const newer = { refreshId: 'RFR-Z', observedAt: plusSeconds(T0, 100), incomplete: false };
    const world = webhookWorld([refreshed({ lastSuccess: newer })]);
    await world.balances.store(key, [account('ACT-1', '5', '2026-11-21T10:00:00Z')], { ...newer, trigger: 'http' });
    world.shows(news, newAccounts);
    await world.handle(webhook({ completedAt: plusSeconds(T0, 200), receivedAt: plusSeconds(T0, 200) }));
    expect((await world.balances.ofMember(key))[0]?.fields['balance']).toMatchObject({ text: '5' });
    expect(world.record()?.lastSuccess).toEqual(newer);
  });

  it.each([
    'balances.store/put',
    'seen.recordSighting',
    'seen.recordBackground/success',
    'seen.recordBackground/attempt',
    'events.publish',
    'seen.recordProcessed',
  ])('crash at %s: repeated, complete, with the same ids', async (place) => {
    const world = webhookWorld([refreshed()]);
    await withStored(world);
    world.shows(news, newAccounts);
    world.crashAt(place);
    await expect(world.handle(webhook())).rejects.toThrow();
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(webhook())).toBe('stored');
    const [stored] = await world.balances.ofMember(key);
    expect(stored?.fields['balance']).toMatchObject({ text: '99.95' });
    expect(new Set(world.events.map(({ id }) => id))).toEqual(
      new Set([`${stored?.refreshId}/ended`, `${stored?.refreshId}/ACT-1`]),
    );
    expect(world.record()).toMatchObject({
      lastSuccess: { refreshId: stored?.refreshId },
      processedUntil: '2026-11-21T11:59:58.000Z',
    });
    world.wait(180);
    expect(await world.handle(webhook())).toBe('known_already');
  });

  it('MX down: repeated, later each time, until given up', async () => {
    const world = webhookWorld([refreshed()]);
    world.fails(down);
    expect(await world.handle(webhook())).toBe('later');
    world.wait(60);
    expect(await world.handle(webhook())).toBe('later');
    expect(world.waiting().map(({ inSeconds }) => inSeconds)).toEqual([-57, 30]);
    world.wait(600);
    expect(await world.handle(webhook())).toBe('given_up');
  });

  it('fails for good when an operator has to act', async () => {
    const world = webhookWorld([refreshed()]);
    world.fails(new Failure('mx_forbidden', 'MX answered 403'));
    await expect(world.handle(webhook())).rejects.toMatchObject({ code: 'mx_forbidden' });
  });
});

beforeEach(() => expect.hasAssertions());
