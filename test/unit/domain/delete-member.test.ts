import { beforeEach, describe, expect, it } from 'vitest';
import { deleteMember, eraseAgain } from '../../../shared/domain/delete-member.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { runningRefresh } from '../../../shared/domain/refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { claim, key, newJob, T0 } from '../../samples.ts';
import { slowSteps } from './slow-steps.ts';
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

describe('a deleted member', () => {
  const slot = 'SLOT#6h#00001#0';
  const scheduled = (given: Partial<MemberRecord> = {}) =>
    webhookWorld([refreshed({ enrolment: { everyHours: 6, slot }, ...given })]);
  const tombstone = { seenAt: null, claim: null, lastAttempt: null, lastSuccess: null, enrolment: null };

  it('is not deleted on a webhook’s word', async () => {
    const world = scheduled();
    world.shows({});
    expect(await world.handle(deletion)).toBe('seen');
    expect(world.record()?.deletedAt).toBeNull();
  });

  it('loses balances, schedule and record; an event is sent', async () => {
    const world = scheduled();
    await withStored(world);
    world.table.slots.set(slot, new Map([[textOf(key), 6]]));
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.record()).toMatchObject({ ...tombstone, deletedAt: T0 });
    expect(await world.balances.ofMember(key)).toEqual([]);
    expect(world.formerAmounts.size).toBe(0);
    expect(world.table.bodies.get(textOf(key))).toBeNull();
    expect(await world.schedule.membersOf(slot)).toEqual([]);
    expect(world.events).toMatchObject([{ type: 'connection.changed', data: { deleted: true, action: 'reconnect' } }]);
    expect(world.waiting()).toEqual([{ work: expect.objectContaining({ kind: 'erase', member: key }), inSeconds: 60 }]);
  });

  it('is read once for a hundred webhooks while it runs', async () => {
    const before = { acceptedAt: plusSeconds(T0, -20), lookedAt: plusSeconds(T0, -10) };
    const world = scheduled({ claim: claim(before) });
    world.shows({ ...newJob, isBeingAggregated: true });
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.handle(deletion)));
    expect(world.mxCalls).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'nudged')).toHaveLength(1);
    world.wait(3);
    for (const { work } of world.waiting()) if (work.kind === 'webhook') await world.handle(work);
    expect(world.mxCalls).toHaveLength(1);
    expect(world.record()).toMatchObject({ deletedAt: null, seenAt: T0, claim: { phase: 'running' } });
  });

  it('is not read within the gap after a look', async () => {
    const world = scheduled({ claim: claim({ lookNumber: 2, lookedAt: plusSeconds(T0, -0.3) }) });
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('later');
    expect([world.mxCalls, world.sent]).toEqual([[], []]);
    expect(world.waiting()).toEqual([{ work: expect.objectContaining({ kind: 'webhook' }), inSeconds: 3 }]);
    world.wait(3);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.mxCalls).toHaveLength(1);
  });

  it('is deleted once for webhooks that come after it', async () => {
    const world = scheduled();
    world.fails(notFound);
    await world.handle(deletion);
    const told = world.events.length;
    world.wait(1);
    expect(await world.handle(webhook({ ...deletion, receivedAt: plusSeconds(T0, 1) }))).toBe('deleted_member');
    expect(world.events).toHaveLength(told);
  });

  it('is read again when only a start read it', async () => {
    const acceptedAt = plusSeconds(T0, 1);
    const world = scheduled({ claim: claim({ acceptedAt, lookedAt: null }), seenAt: acceptedAt });
    world.wait(5);
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('deleted');
  });

  it('ends its running refresh with an action', async () => {
    const world = scheduled({ claim: claim({ lookedAt: plusSeconds(T0, -10) }) });
    await world.deps.refreshes.put(runningRefresh(key, claim()));
    world.fails(notFound);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(await world.deps.refreshes.read('RFR-1')).toMatchObject({
      status: 'ended',
      result: { outcome: 'failed', action: 'reconnect', code: 'member_deleted' },
    });
    expect(world.events.map(({ type }) => type)).toEqual(['refresh.failed', 'connection.changed']);
    expect(world.record()).toMatchObject({ ...tombstone, deletedAt: T0 });
  });

  it('is deleted by its webhook’s repetition after a crash', async () => {
    const world = scheduled({ claim: claim({ lookedAt: plusSeconds(T0, -10) }) });
    world.fails(notFound);
    world.crashAt('seen.leaveTombstone/alias');
    await expect(world.handle(deletion)).rejects.toThrow('crashed');
    expect(world.record()).toMatchObject({ deletedAt: null, lastAttempt: { code: 'member_deleted' } });
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.record()).toMatchObject({ ...tombstone, deletedAt: plusSeconds(T0, 180) });
  });

  it('stays deleted after later webhooks, without a call', async () => {
    const world = scheduled();
    world.fails(notFound);
    await world.handle(deletion);
    world.shows(news, newAccounts);
    const asked = world.mxCalls.length;
    world.wait(60);
    expect(await world.handle(webhook({ completedAt: plusSeconds(T0, 60) }))).toBe('deleted_member');
    expect(await world.handle(connection)).toBe('deleted_member');
    expect(world.mxCalls).toHaveLength(asked);
    expect(await world.balances.ofMember(key)).toEqual([]);
  });

  it('is erased again after a storing function’s time limit', async () => {
    const world = scheduled();
    world.fails(notFound);
    await world.handle(deletion);
    await withStored(world);
    expect(world.formerAmounts.size).toBe(1);
    expect(await eraseAgain(world.deps, key)).toBe('erased');
    expect(await world.balances.ofMember(key)).toEqual([]);
    expect(world.formerAmounts.size).toBe(0);
  });

  it('with a long history goes on in another message', async () => {
    const world = scheduled({ deletedAt: T0 });
    await withStored(world);
    const { eraseHistory } = world.deps.erasure;
    const erasure = {
      ...world.deps.erasure,
      eraseHistory: async (of: typeof key, isLate: () => boolean) => {
        expect(isLate()).toBe(false);
        world.wait(10);
        return eraseHistory(of, isLate);
      },
    };
    expect(await eraseAgain({ ...world.deps, erasure }, key)).toBe('erased');
    expect(world.formerAmounts.size).toBe(1);
    expect(world.waiting()).toEqual([{ work: expect.objectContaining({ kind: 'erase', member: key }), inSeconds: 0 }]);
    expect(await eraseAgain(world.deps, key)).toBe('erased');
    expect(world.formerAmounts.size).toBe(0);
  });

  it('is not erased on a message’s word', async () => {
    const world = scheduled();
    await withStored(world);
    expect(await eraseAgain(world.deps, key)).toBe('not_deleted');
    expect(await world.balances.ofMember(key)).toHaveLength(1);
  });

  it.each([
    'seen.leaveTombstone/alias',
    'seen.leaveTombstone/tombstone',
    'erasure.erase',
    'erasure.eraseHistory',
    'events.publish',
    'erasure.eraseAgain',
  ])('is deleted in full after a crash at %s', async (place) => {
    const world = scheduled();
    await withStored(world);
    world.fails(notFound);
    world.crashAt(place);
    await expect(world.handle(deletion)).rejects.toThrow('crashed');
    world.crashAt(null);
    world.wait(180);
    expect(await world.handle(deletion)).toBe('deleted');
    expect(world.record()).toMatchObject(tombstone);
    expect(world.record()?.deletedAt).not.toBeNull();
    expect(await world.balances.ofMember(key)).toEqual([]);
    expect(new Set(world.events.map(({ id }) => id)).size).toBe(1);
    expect(world.waiting().some(({ work }) => work.kind === 'erase')).toBe(true);
  });
});

beforeEach(() => expect.hasAssertions());

describe('deleting waits until', () => {
  it('the second erasing is in the queue again', async () => {
    const world = webhookWorld([refreshed({ deletedAt: T0, enrolment: null })]);
    const { steps, slow } = slowSteps();
    const erasure = {
      ...world.deps.erasure,
      erase: slow('erased', world.deps.erasure.erase),
      eraseAgain: slow('queued', world.deps.erasure.eraseAgain),
    };
    expect(await deleteMember({ ...world.deps, erasure }, key)).toBe('deleted');
    expect(steps).toEqual(['queued', 'erased']);
  });

  it('the erasing of what is left is in the queue', async () => {
    const world = webhookWorld([refreshed({ deletedAt: T0, enrolment: null })]);
    const { steps, slow } = slowSteps();
    const erasure = {
      ...world.deps.erasure,
      eraseHistory: async () => ({ erased: 1, isAll: false }),
      eraseAgain: slow('queued', world.deps.erasure.eraseAgain),
    };
    expect(await eraseAgain({ ...world.deps, erasure }, key)).toBe('erased');
    expect(steps).toEqual(['queued']);
  });

  it('its place in the schedule is free', async () => {
    const slot = 'SLOT#1h#00001#0';
    const world = webhookWorld([refreshed({ enrolment: { everyHours: 1, slot } })]);
    world.table.slots.set(slot, new Map([[textOf(key), 1]]));
    const { steps, slow } = slowSteps();
    const erasure = { ...world.deps.erasure, erase: slow('erased', world.deps.erasure.erase) };
    const schedule = { ...world.schedule, removeStray: slow('off the schedule', world.schedule.removeStray) };
    expect(await deleteMember({ ...world.deps, erasure, schedule }, key)).toBe('deleted');
    expect(steps).toEqual(['off the schedule', 'erased']);
    expect(await world.schedule.membersOf(slot)).toEqual([]);
  });

  it('nothing, of a member off the schedule', async () => {
    const world = webhookWorld([refreshed({ enrolment: { everyHours: 0, slot: '' } })]);
    const removeStray = () => Promise.reject(new Error('there is none'));
    expect(await deleteMember({ ...world.deps, schedule: { ...world.schedule, removeStray } }, key)).toBe('deleted');
  });
});
