import { beforeEach, describe, expect, it } from 'vitest';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { claim, key, newJob, T0 } from '../../samples.ts';
import { faultsOf } from './event-schemas.ts';
import {
  connection,
  deletion,
  newAccounts,
  news,
  notFound,
  refreshed,
  webhook,
  webhookWorld,
} from './webhook-world.ts';

describe('a webhook of a member that is not known', () => {
  it('is ignored without asking MX', async () => {
    const world = webhookWorld([]);
    expect(await world.handle(webhook())).toBe('unknown_member');
    expect(world.mxCalls).toEqual([]);
    expect(world.record()).toBeNull();
  });

  it('setting all: known, with balances and own ids', async () => {
    const world = webhookWorld([], 'all');
    world.shows(news, newAccounts);
    expect(await world.handle(webhook())).toBe('stored');
    expect(world.record()).toMatchObject({ lastSuccess: { observedAt: T0 }, claim: null });
    expect(await world.deps.members.resolve({ userIdentifier: 'user-1', memberIdentifier: 'member-1' })).toEqual(key);
    expect((await world.balances.ofMember(key)).map(({ trigger }) => trigger)).toEqual(['mx_webhook']);
  });

  it('setting all: an unknown member leaves no trace', async () => {
    const world = webhookWorld([], 'all');
    world.fails(notFound);
    for (const one of [webhook(), connection, deletion]) expect(await world.handle(one)).toBe('unknown_member');
    expect(world.record()).toBeNull();
  });
});

describe('a webhook while a refresh runs', () => {
  const running = () => webhookWorld([refreshed({ claim: claim({ lookNumber: 2, lookedAt: plusSeconds(T0, -10) }) })]);

  it('looks now, in place of the waiting message', async () => {
    const world = running();
    world.shows({ ...newJob, isBeingAggregated: true });
    expect(await world.handle(webhook())).toBe('nudged');
    expect(world.record()?.claim).toMatchObject({ lookNumber: 3, lookedAt: T0, phase: 'running' });
    expect(world.sent.map(({ followUp }) => followUp.lookNumber)).toEqual([4]);
  });

  it('ends it when MX shows the end', async () => {
    const world = running();
    world.shows({ ...newJob, successfullyAggregatedAt: '2026-11-21T12:00:08.000Z' }, newAccounts);
    expect(await world.handle(connection)).toBe('nudged');
    expect(world.record()).toMatchObject({ claim: null, lastAttempt: { outcome: 'succeeded', refreshId: 'RFR-1' } });
  });

  it('is no evidence: without a change at MX nothing ends', async () => {
    const world = running();
    world.shows({});
    await world.handle(webhook({ completedAt: plusSeconds(T0, 5) }));
    expect(world.record()?.claim?.phase).toBe('running');
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('waits for MX’s minimum gap', async () => {
    const world = webhookWorld([refreshed({ claim: claim({ lookNumber: 2, lookedAt: plusSeconds(T0, -1) }) })]);
    expect(await world.handle(webhook())).toBe('nudged');
    expect(world.mxCalls).toEqual([]);
    expect(world.sent).toEqual([
      { followUp: { refreshId: 'RFR-1', member: key, lookNumber: 3, state: null, correlationId: null }, inSeconds: 2 },
    ]);
  });

  it('looks once for a hundred of them', async () => {
    const world = running();
    world.shows({ ...newJob, isBeingAggregated: true });
    await Promise.all(Array.from({ length: 100 }, () => world.handle(webhook())));
    expect(world.mxCalls).toHaveLength(1);
  });

  it('comes again when it is being stored', async () => {
    const world = webhookWorld([refreshed({ claim: { ...claim(), phase: 'storing' } })]);
    expect(await world.handle(connection)).toBe('later');
    expect(world.waiting()).toEqual([
      { work: expect.objectContaining({ kind: 'webhook', ...connection }), inSeconds: 3 },
    ]);
    expect(world.mxCalls).toEqual([]);
  });

  it('first publishes an ended refresh that was not published', async () => {
    const result = {
      outcome: 'failed',
      action: 'retry_later',
      code: 'degraded',
      connectionStatus: 'DEGRADED',
      hasDetails: false,
      endedAt: T0,
      observedAt: null,
    } as const;
    const world = webhookWorld([refreshed({ claim: { ...claim(), phase: 'ended', result } })]);
    await world.handle(connection);
    expect(world.events.map(({ type }) => type)).toContain('refresh.failed');
    expect(world.record()?.claim).toBeNull();
  });
});

describe('a webhook about the connection', () => {
  it('reads the member, stores and reports the change', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    expect(await world.handle(connection)).toBe('seen');
    expect(world.record()).toMatchObject({ seenAt: T0, untoldChange: null });
    expect(world.body()).toMatchObject({ body: { connection_status: 'DENIED' }, seenAt: T0 });
    expect(world.events).toMatchObject([
      {
        type: 'connection.changed',
        data: { connection_status: 'DENIED', previous_connection_status: 'CONNECTED', action: 'reauthenticate' },
      },
    ]);
    expect(faultsOf(world.events[0] as never)).toEqual([]);
  });

  it.each([
    ['CONNECTED', null],
    ['DENIED', 'reauthenticate'],
    ['UPDATED', 'reauthenticate'],
  ])('that is %s leaves the member waiting for: %s', async (connectionStatus, action) => {
    const since = plusSeconds(T0, -60);
    const attention = { action: 'reauthenticate', since, code: 'denied', asOf: since } as const;
    const held = { since, code: 'denied', action: 'reauthenticate' } as const;
    const world = webhookWorld([refreshed({ attention, held })]);
    world.shows({ connectionStatus });
    expect(await world.handle(connection)).toBe('seen');
    expect(world.record()?.attention?.action ?? null).toBe(action);
    // The schedule’s note says the same.
    expect(world.record()?.held?.action ?? null).toBe(action);
  });

  it('tells nothing when the status is the same', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({});
    expect(await world.handle(connection)).toBe('seen');
    expect(world.events).toEqual([]);
  });

  it('needs no read when read since it came', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    world.wait(1);
    await world.handle(connection);
    expect(await world.handle(connection)).toBe('seen_since');
    expect(world.mxCalls).toHaveLength(1);
  });

  it('keeps two reads MX’s minimum gap apart', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    await world.handle(connection);
    expect(await world.handle({ ...connection, receivedAt: plusSeconds(T0, 1) })).toBe('later');
    expect(world.mxCalls).toHaveLength(1);
  });

  it('reports the change after a crash before telling', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    world.crashAt('events.publish');
    await expect(world.handle(connection)).rejects.toThrow('crashed');
    expect(world.body()?.body['connection_status']).toBe('DENIED');
    world.crashAt('seen.settleChange');
    world.wait(180);
    await expect(world.handle(connection)).rejects.toThrow('crashed');
    world.crashAt(null);
    await world.handle(connection);
    expect(world.events).toHaveLength(2);
    expect(new Set(world.events.map(({ id }) => id)).size).toBe(1);
    expect(world.record()?.untoldChange).toBeNull();
  });

  it('is not lost when its reader crashes', async () => {
    const world = webhookWorld([refreshed()]);
    world.shows({ connectionStatus: 'DENIED' });
    world.crashAt('seen.recordSighting');
    await expect(world.handle(connection)).rejects.toThrow('crashed');
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(connection)).toBe('seen');
  });

  it('is no word that MX’s 404 would confirm', async () => {
    const world = webhookWorld([refreshed()]);
    world.fails(notFound);
    expect(await world.handle(connection)).toBe('unknown_member');
    expect(world.record()?.deletedAt).toBeNull();
  });
});

beforeEach(() => expect.hasAssertions());
