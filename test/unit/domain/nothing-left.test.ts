/**
 * When a function has answered, Lambda freezes it: what it has not waited for happens with its next call, or never. So each
 * use case is over only when everything that it began is. Here every call of every port takes a while.
 */
import { describe, expect, it } from 'vitest';
import { registerCallback } from '../../../shared/domain/callback.ts';
import { answerAgain, checkBalance } from '../../../shared/domain/check-balance.ts';
import { deleteMember, eraseAgain } from '../../../shared/domain/delete-member.ts';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { findKey } from '../../../shared/domain/find-member.ts';
import { handleWebhook } from '../../../shared/domain/handle-webhook.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { MxWebhook } from '../../../shared/domain/mx-webhook.ts';
import { continueNotice, notify } from '../../../shared/domain/notify.ts';
import { attemptOf, type StoringClaim } from '../../../shared/domain/refresh.ts';
import { runSchedule } from '../../../shared/domain/run-schedule.ts';
import { minuteOf, slotOf } from '../../../shared/domain/schedule.ts';
import { fakeWaitLeases } from '../../fakes/fake-wait-leases.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, mxAccount, runningRefresh, T0 } from '../../samples.ts';
import { slowly } from './slow-ports.ts';
import {
  connection,
  deletion,
  newAccounts,
  news,
  notFound,
  refreshed,
  webhook,
  webhookWorld,
  withStored,
} from './webhook-world.ts';

const lastAttempt = attemptOf(claim(), { ...endingOf('denied'), endedAt: at(-5), observedAt: null }, false);
const storing: StoringClaim = { ...claim(), phase: 'storing' };
const scheduled = { enrolment: { everyHours: 6, slot: 'SLOT#6h#00001#0' } } as const;
const untold = { from: 'CONNECTED', to: 'DENIED', at: at(-60), refreshId: null };

describe('a webhook', () => {
  type World = ReturnType<typeof webhookWorld>;
  const brought = (world: World) => world.shows(news, newAccounts);
  const gone = (world: World) => world.fails(notFound);

  it.each<[string, MxWebhook, Partial<MemberRecord> | null, (world: World) => void, string]>([
    ['brings data', webhook(), {}, brought, 'stored'],
    ['brings nothing new', webhook(), {}, (world) => world.shows({ connectionStatus: 'DENIED' }), 'seen'],
    ['comes too early', webhook(), {}, (world) => world.shows({ ...news, isBeingAggregated: true }), 'later'],
    ['meets MX in trouble', webhook(), {}, (world) => world.fails(new Failure('mx_timeout', 'no')), 'later'],
    ['tells of the connection', connection, {}, (world) => world.shows({ connectionStatus: 'DENIED' }), 'seen'],
    ['meets an untold change', connection, { untoldChange: untold }, (world) => world.shows({}), 'seen'],
    ['meets an end', connection, { claim: endedClaim(claim(), lastAttempt), lastAttempt }, brought, 'seen'],
    ['meets a refresh', webhook(), { claim: claim({ lookedAt: at(-9) }) }, brought, 'nudged'],
    ['meets one that stores', webhook(), { claim: storing }, brought, 'later'],
    ['tells of a deletion', deletion, scheduled, gone, 'deleted'],
    ['tells of one during a refresh', deletion, { claim: claim({ lookedAt: at(-9) }) }, gone, 'deleted'],
    ['tells of none during a refresh', deletion, { claim: claim({ lookedAt: at(-9) }) }, brought, 'nudged'],
    ['tells of a deletion too early', deletion, { claim: claim({ lookedAt: at(-1) }) }, gone, 'later'],
    ['finds a deletion half done', deletion, { deletedAt: T0 }, gone, 'deleted'],
  ])('that %s leaves nothing under way', async (_what, given, record, mx, expected) => {
    const world = webhookWorld(record === null ? [] : [refreshed(record)]);
    await withStored(world);
    mx(world);
    const { deps, underWay, done } = slowly(world.deps);
    expect(await handleWebhook(deps, given)).toBe(expected);
    expect(underWay).toEqual([]);
    expect(done.length).toBeGreaterThan(0);
  });

  it('about a member that is new names it first', async () => {
    const world = webhookWorld([], 'all');
    world.shows({});
    const { deps, underWay, done } = slowly(world.deps);
    expect(await handleWebhook(deps, connection)).toBe('seen');
    expect(underWay).toEqual([]);
    expect(done.indexOf('members.writeAliases')).toBeLessThan(done.indexOf('seen.recordSighting'));
  });

  it('that finds the read reserved comes again', async () => {
    const world = webhookWorld([refreshed()]);
    brought(world);
    expect(await world.deps.seen.reserveRead(key, T0)).toBe(true);
    const { deps, underWay } = slowly(world.deps);
    expect(await handleWebhook(deps, webhook())).toBe('later');
    expect(underWay).toEqual([]);
    expect(world.waiting()).toMatchObject([{ work: { kind: 'webhook' }, inSeconds: 3 }]);
  });
});

describe('a deletion', () => {
  it('is given up after four lost races', async () => {
    const world = webhookWorld([refreshed()]);
    const tombstones: unknown[] = [];
    // Won in the end, so that the test ends in any case.
    world.deps.seen.leaveTombstone = async (of) => {
      tombstones.push(of);
      return tombstones.length > 9;
    };
    await expect(deleteMember(world.deps, key)).rejects.toMatchObject({ code: 'busy' });
    expect(tombstones).toHaveLength(4);
  });

  it('of a member that is not known is nothing', async () => {
    expect(await deleteMember(webhookWorld([]).deps, key)).toBe('unknown_member');
  });

  it('publishes an end that was not', async () => {
    const held = endedClaim(claim(), lastAttempt);
    const world = webhookWorld([refreshed({ claim: held, lastAttempt })]);
    const { deps, underWay, done } = slowly(world.deps);
    expect(await deleteMember(deps, key)).toBe('deleted');
    expect([underWay, done.indexOf('members.release') < done.indexOf('seen.leaveTombstone')]).toEqual([[], true]);
    expect(world.events.map(({ type }) => type)).toEqual(['refresh.action_required', 'connection.changed']);
  });

  it.each<[string, MemberRecord[], string]>([
    ['of a deleted member erases', [refreshed({ deletedAt: T0 })], 'erased'],
    ['of another does not', [refreshed()], 'not_deleted'],
    ['of one that is gone does not', [], 'not_deleted'],
  ])('a minute later: the message %s', async (_what, records, expected) => {
    const { deps, underWay } = slowly(webhookWorld(records).deps);
    expect(await eraseAgain(deps, key)).toBe(expected);
    expect(underWay).toEqual([]);
  });
});

/** A world in which callers trigger. */
function triggered(record: Partial<MemberRecord> = {}) {
  const world = webhookWorld([knownMember(record)]);
  const all = {
    ...world.deps,
    schedule: world.schedule,
    defaultScheduleHours: 24,
    scheduleShards: 1,
    staleAfterSeconds: 3_600,
    waitLeases: fakeWaitLeases(new Map(), world.deps.now),
    waitersAtOnce: 100,
    accepted: () => {},
    callbacksPerCaller: 10,
    sleep: async () => {},
  };
  return { world, all, ...slowly(all) };
}

const request = {
  identifiers: { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid },
  maxAgeSeconds: null,
  userPresent: false,
  correlationId: 'mine',
  callback: { url: 'https://hooks.example.com/', idFor: () => 'CBK-00000000000000000001' },
  waitUntil: null,
};

describe('a trigger', () => {
  it('puts its member on the default schedule', async () => {
    const { world, deps, underWay } = triggered();
    expect(await checkBalance(deps, request)).toMatchObject({ kind: 'accepted', joined: false });
    expect([underWay, world.record()?.enrolment?.everyHours]).toEqual([[], 24]);
  });

  it('that joins is named with the refresh', async () => {
    const { world, deps, underWay } = triggered({ claim: claim() });
    await world.deps.refreshes.put(runningRefresh(key, 'RFR-1'));
    expect(await checkBalance(deps, request)).toMatchObject({ kind: 'accepted', joined: true });
    expect(underWay).toEqual([]);
    expect(await world.deps.refreshes.read('RFR-1')).toMatchObject({ joinedCorrelationIds: ['mine'] });
  });

  it('that begins a refresh is not named twice', async () => {
    const { world, deps, done } = triggered();
    await checkBalance(deps, request);
    expect(done).not.toContain('refreshes.recordJoined');
    expect(world.record()?.claim).toMatchObject({ correlationId: 'mine' });
  });

  it('with an age reads the member once', async () => {
    const { deps, done } = triggered();
    await checkBalance(deps, { ...request, maxAgeSeconds: 60 });
    expect(done.filter((call) => call === 'members.read')).toHaveLength(1);
  });

  it('with an age for an unknown member asks MX', async () => {
    const { world, deps } = triggered();
    world.table.members.clear();
    const identifiers = { userIdentifier: 'user-9', memberIdentifier: 'member-9' };
    expect(await checkBalance(deps, { ...request, identifiers, maxAgeSeconds: 60 })).toMatchObject({ joined: false });
  });
});

describe('an answer that is given again', () => {
  it('is the same refresh, as it is now', async () => {
    const { deps, world, underWay } = triggered({ claim: claim() });
    world.table.bodies.set(textOf(key), { body: { name: 'stored' }, seenAt: T0 });
    const about = { kind: 'accepted', member: key, refreshId: 'RFR-1', joined: true } as const;
    expect(await answerAgain(deps, about, null)).toMatchObject({ joined: true, body: { name: 'stored' } });
    expect(underWay).toEqual([]);
  });

  it('is refused when its refresh has expired', async () => {
    const { deps } = triggered();
    const about = { kind: 'accepted', member: key, refreshId: 'RFR-9', joined: false } as const;
    await expect(answerAgain(deps, about, null)).rejects.toMatchObject({ code: 'refresh_not_found' });
  });

  it.each([
    [null, 'fresh'],
    [60, 'stale'],
  ])('has the age that it was asked with: %s', async (maxAgeSeconds, verdict) => {
    const lastSuccess = { refreshId: 'RFR-0', observedAt: at(-600), incomplete: false };
    const { deps, world } = triggered({ lastSuccess, lastAttempt: null });
    await world.balances.store(key, newAccounts, { observedAt: at(-600), refreshId: 'RFR-0', trigger: 'http' });
    const answer = await answerAgain(deps, { kind: 'stored', member: key }, maxAgeSeconds);
    expect(answer).toMatchObject({ kind: 'stored', stored: { freshness: { verdict } } });
  });
});

describe('what is told', () => {
  it('a callback for an end is queued at once', async () => {
    const { world, deps, underWay } = triggered();
    await world.deps.refreshes.put(runningRefresh(key, 'RFR-1'));
    const sent: [string, number][] = [];
    const deliveries = {
      send: async ({ callbackId }: { readonly callbackId: string }, inSeconds: number) => {
        for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
        sent.push([callbackId, inSeconds]);
      },
      sendAll: async () => {},
    };
    const end = { ...lastAttempt, refreshId: 'RFR-1', endedAt: T0 };
    await world.deps.refreshes.end({ refresh: runningRefresh(key, 'RFR-1'), end, details: null });
    const ports = {
      callbacksPerCaller: 10,
      callbacks: deps.callbacks,
      deliveries,
      refreshes: deps.refreshes,
      now: deps.now,
    };
    await registerCallback(ports, { id: 'CBK-1', refreshId: 'RFR-1', url: 'https://a.example/' });
    expect([underWay, sent]).toEqual([[], [['CBK-1', 0]]]);
  });

  it('an end of many events tells all of them', async () => {
    const { world, deps } = triggered();
    const accounts = Array.from({ length: 45 }, (_, index) => `ACT-${index}`);
    const { store } = world.balances;
    for (const [refreshId, amount] of [
      ['RFR-0', '1'],
      ['RFR-1', '2'],
    ] as const) {
      const list = accounts.map((guid) => mxAccount(guid, amount));
      await store(key, list, { observedAt: refreshId === 'RFR-0' ? at(-9) : at(-1), refreshId, trigger: 'http' });
    }
    const attempt = {
      ...lastAttempt,
      refreshId: 'RFR-1',
      outcome: 'succeeded',
      code: 'stored',
      correlationId: null,
    } as const;
    await notify({ ...world.deps, events: deps.events }, { key, attempt, before: null });
    expect(world.events).toHaveLength(46);
  });

  it('a notice sends itself the rest', async () => {
    const { world, deps, underWay, all } = triggered();
    await world.deps.refreshes.put(runningRefresh(key, 'RFR-1'));
    await world.deps.refreshes.end({ refresh: runningRefresh(key, 'RFR-1'), end: lastAttempt, details: null });
    const notice = {
      refreshId: 'RFR-1',
      correlationId: null,
      member: key,
      before: null,
      events: true,
      changed: [],
      callbacksAfter: '',
      tries: 3,
      since: T0,
    };
    let told = 0;
    const events = {
      publish: async () => {
        told += 1;
        // Longer than one function works at it.
        world.wait(6);
      },
    };
    const page = { callbacks: [{ id: 'CBK-1', refreshId: 'RFR-1', url: 'https://a.example/' }], hasMore: true };
    const callbacks = { ...all.callbacks, page: async () => page };
    const ports = { ...world.deps, events, callbacks, notices: deps.notices };
    expect(await continueNotice(ports, notice, (error) => expect.fail(String(error)))).toBe('later');
    expect([told, underWay]).toEqual([1, []]);
    expect(world.notices).toMatchObject([
      { notice: { callbacksAfter: 'CBK-1', tries: 0, since: at(6) }, inSeconds: 0 },
    ]);
  });
});

it('a tick notes its minute before it is over', async () => {
  const { world } = triggered();
  const minute = minuteOf(T0);
  const ports = slowly({ schedule: world.schedule, starts: { sendAll: async () => {} } });
  await world.schedule.setLastMinute(minute - 1);
  const { schedule, starts } = ports.deps;
  await runSchedule({ schedule, starts, shards: 1, startsPerSecond: 10, now: () => T0 });
  expect([ports.underWay, await world.schedule.lastMinute()]).toEqual([[], minute]);
  expect(slotOf(key, 1, 1)).toMatch(/^SLOT#1h#/);
});

it('a member not known under these names is refused', async () => {
  const resolve = async () => {
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    return null;
  };
  await expect(findKey({ resolve }, request.identifiers)).rejects.toMatchObject({ code: 'member_not_found' });
});
