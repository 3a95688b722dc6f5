import { describe, expect, it, vi } from 'vitest';
import { memberSchedule } from '../../../functions/member-schedule.ts';
import { type EveryHours, everyHoursOnOffer } from '../../../shared/domain/every-hours.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { nextDueAt, slotOf } from '../../../shared/domain/schedule.ts';
import { fakeScheduleChanges } from '../../fakes/fake-schedule-changes.ts';
import { withMember } from '../../fakes/members-table.ts';
import { key, knownMember, T0 } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';
import { attempt, parameters, stamp } from './stored-member.ts';

describe('a member’s schedule', () => {
  function world(record: MemberRecord | null = knownMember(), limits = { changes: 100, hours: 1 }) {
    const made = refreshWorld(record === null ? withMember() : withMember(record));
    const members = { ...made.deps.members, read: vi.fn(made.deps.members.read) };
    const deps = {
      members,
      schedule: made.schedule,
      changes: fakeScheduleChanges(new Map()),
      scheduleChangesPerCaller: limits.changes,
      minScheduleHours: limits.hours,
      shards: 2,
      now: made.deps.now,
    };
    const ask = (method: string, body?: unknown, caller = 'shop', named = parameters) =>
      memberSchedule(deps, apiRequest({ method, parameters: named, body, caller }));
    const enrolment = async () => (await made.deps.members.read(key))?.enrolment;
    return { ...made, members, ask, enrolment };
  }
  const logged = { member_guid: 'MBR-1' };
  const scheduleOf = (every: EveryHours | null) => ({
    schedule: {
      user_guid: 'USR-1',
      member_guid: 'MBR-1',
      every,
      quiet_hours: null,
      time_zone: null,
      max_age: null,
      next_due_at: every && nextDueAt({ everyHours: every, slot: slotOf(key, every, 2) }, T0),
      last_result: null,
      held: null,
    },
  });

  it.each(everyHoursOnOffer)('is set to every %i hours, in its slot', async (every) => {
    const { ask, enrolment } = world();
    expect(await ask('PUT', { every })).toEqual({ status: 200, logged, body: scheduleOf(every) });
    expect(await enrolment()).toEqual({ everyHours: every, slot: slotOf(key, every, 2) });
    expect(await ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(every) });
  });

  it('is not more often than the operator allows', async () => {
    const { ask, enrolment } = world(knownMember(), { changes: 1, hours: 6 });
    const error = { code: 'schedule_too_often', details: { field: 'every', limit: 'minScheduleHours' } };
    await expect(ask('PUT', { every: 4 })).rejects.toMatchObject(error);
    await expect(ask('PUT', { every: 5 })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await enrolment()).toBeNull();
    expect(await ask('PUT', { every: 6 })).toMatchObject({ status: 200 });
  });

  it('is changed by one caller so often a day', async () => {
    const { ask, enrolment, wait } = world(knownMember(), { changes: 2, hours: 1 });
    await ask('PUT', { every: 24 });
    await ask('DELETE');
    // At noon.
    const error = {
      code: 'schedule_changes_used_up',
      details: { retryAfterSeconds: 43_200, limit: 'scheduleChangesPerCaller' },
    };
    await expect(ask('PUT', { every: 6 })).rejects.toMatchObject(error);
    await expect(ask('DELETE')).rejects.toMatchObject(error);
    expect(await enrolment()).toMatchObject({ everyHours: 0 });
    await ask('PUT', { every: 6 }, 'bank');
    wait(43_200);
    expect(await ask('PUT', { every: 12 })).toMatchObject({ status: 200 });
  });

  it.each([
    ['stays in a shard of before', 'SLOT#24h#01118#1', 'SLOT#24h#01118#1'],
    ['leaves a shard that is not read', 'SLOT#24h#01118#2', 'SLOT#24h#01118#0'],
    ['leaves another minute', 'SLOT#24h#01119#1', 'SLOT#24h#01118#0'],
  ])('set once more %s', async (_what, former, slot) => {
    expect(slotOf(key, 24, 2)).toBe('SLOT#24h#01118#0');
    const { ask, enrolment } = world(knownMember({ enrolment: { everyHours: 24, slot: former } }));
    await ask('PUT', { every: 24, max_age: 60 });
    expect(await enrolment()).toEqual({ everyHours: 24, slot });
  });

  it('that is changed leaves nothing in the slot of before', async () => {
    const { ask, schedule } = world();
    await ask('PUT', { every: 24 });
    await ask('PUT', { every: 1 });
    expect(await schedule.membersOf(slotOf(key, 24, 2))).toEqual([]);
    expect(await schedule.membersOf(slotOf(key, 1, 2))).toHaveLength(1);
  });

  it('taken away: the default does not enrol again', async () => {
    const { ask, schedule, enrolment } = world();
    await ask('PUT', { every: 24 });
    expect(await ask('DELETE')).toEqual({ status: 204, logged });
    expect(await schedule.membersOf(slotOf(key, 24, 2))).toEqual([]);
    expect(await enrolment()).toEqual({ everyHours: 0, slot: '' });
    expect(await ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(null) });
  });

  it('says next time, last end, and why held back', async () => {
    const held = { since: plusSeconds(T0, 60), code: 'denied', action: 'reauthenticate' } as const;
    const enrolment = { everyHours: 24, slot: 'SLOT#24h#00721#0' } as const;
    const { ask } = world(knownMember({ enrolment, lastAttempt: { ...attempt, acceptedAt: T0 }, held }));
    expect((await ask('GET')).body).toEqual({
      schedule: {
        user_guid: 'USR-1',
        member_guid: 'MBR-1',
        every: 24,
        quiet_hours: null,
        time_zone: null,
        max_age: null,
        next_due_at: '2026-11-21T12:01:00.000Z',
        last_result: {
          refresh_id: stamp.refreshId,
          trigger: 'http',
          outcome: 'succeeded',
          action: 'none',
          code: 'stored',
          ended_at: T0,
        },
        held: { ...held, message: 'The institution refused the stored credentials.' },
      },
    });
  });

  it('is null until it is set', async () => {
    expect(await world().ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(null) });
  });

  it.each([undefined, null, {}, [], 'every 24', { every: 5 }, { every: '24' }, { every: 0 }])(
    'refused with body %j, naming what is allowed',
    async (body) => {
      const { ask, enrolment } = world();
      const failure = await ask('PUT', body).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'invalid_request', details: { field: 'every' } });
      expect(String(failure)).toContain('1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168');
      expect(await enrolment()).toBeNull();
    },
  );

  const berlin = { time_zone: 'Europe/Berlin' };
  const night = { quiet_hours: { from: '22:00', to: '07:00' }, ...berlin };

  it('keeps quiet hours and a greatest age', async () => {
    const { ask, schedule, enrolment } = world();
    const body = { every: 6, ...night, max_age: 3_600 };
    const answer = await ask('PUT', body);
    // MBR-1's own minute is 38 of six hours: 00:38, 06:38, 12:38 and 18:38 UTC, of which two are outside.
    expect(answer).toMatchObject({ body: { schedule: { ...body, next_due_at: '2026-11-21T12:38:00.000Z' } } });
    expect((await ask('GET')).body).toEqual(answer.body);
    const slot = 'SLOT#6h#00038#1';
    expect(await enrolment()).toEqual({ everyHours: 6, slot });
    const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
    expect(await schedule.membersOf(slot)).toMatchObject([{ quietHours, maxAgeSeconds: 3_600 }]);
    await ask('PUT', { every: 6 });
    expect((await ask('GET')).body).toMatchObject({ schedule: { quiet_hours: null, time_zone: null, max_age: null } });
  });

  it('has fields of its own names only', async () => {
    const { ask } = world();
    const { body } = await ask('PUT', { every: 6, ...night });
    expect(JSON.parse(JSON.stringify(body)).schedule.quiet_hours).toEqual({ from: '22:00', to: '07:00' });
  });

  it.each([
    [1, 1],
    [1, 3_599],
    [24, 86_399],
  ])('every %i h may leave out balances of %i s', async (every, max_age) => {
    const { ask } = world();
    await ask('PUT', { every, max_age });
    expect((await ask('GET')).body).toMatchObject({ schedule: { every, max_age } });
  });

  it('of a known member needs one read of it', async () => {
    const { ask, members } = world();
    await ask('PUT', { every: 24 });
    expect(members.read).toHaveBeenCalledTimes(1);
  });

  it('used up at midnight is free a day later', async () => {
    const { ask, wait } = world(knownMember(), { changes: 0, hours: 1 });
    const left = async () => {
      const failure = await ask('PUT', { every: 24 }).catch((error: unknown) => error);
      return failure instanceof Failure ? failure.details.retryAfterSeconds : failure;
    };
    wait(43_199.999);
    expect(await left()).toBe(1);
    wait(0.001);
    expect(await left()).toBe(86_400);
  });

  it('leaves quiet turns out of what is due next', async () => {
    const { ask, wait } = world();
    await ask('PUT', { every: 6, ...night });
    wait(7 * 3_600);
    expect(await ask('GET')).toMatchObject({ body: { schedule: { next_due_at: '2026-11-22T06:38:00.000Z' } } });
  });

  it.each<[string, string, string, object]>([
    ['a zone that there is not', 'time_zone', 'time_zone has to be the IANA name', { ...night, time_zone: 'Mars/X' }],
    ['a mere distance from UTC', 'time_zone', 'time_zone has to be the IANA name', { ...night, time_zone: '+05:00' }],
    ['no zone', 'time_zone', 'quiet_hours and time_zone need each other', { quiet_hours: night.quiet_hours }],
    ['a zone without quiet hours', 'time_zone', 'quiet_hours and time_zone need each other', berlin],
    [
      'equal times',
      'quiet_hours',
      'from and to of quiet_hours',
      { ...berlin, quiet_hours: { from: '07:00', to: '07:00' } },
    ],
    [
      'no time of day',
      'quiet_hours',
      'quiet_hours has to be {',
      { ...berlin, quiet_hours: { from: '24:00', to: '07:00' } },
    ],
    ['one time only', 'quiet_hours', 'quiet_hours has to be {', { ...berlin, quiet_hours: { from: '22:00' } }],
    [
      'no minute left',
      'quiet_hours',
      'quiet_hours leave no minute',
      { ...berlin, quiet_hours: { from: '00:00', to: '23:30' } },
    ],
    ['an age of zero', 'max_age', 'max_age has to be a whole number', { max_age: 0 }],
    ['a part of a second', 'max_age', 'max_age has to be a whole number', { max_age: 1.5 }],
    ['an age as long as the period', 'max_age', 'max_age has to be less than every', { max_age: 86_400 }],
    [
      'an unknown field',
      'at',
      'the body may have every, quiet_hours, time_zone, max_age, and nothing else',
      { at: 'noon' },
    ],
  ])('refused with %s, naming %s', async (_what, field, sentence, wishes) => {
    const { ask, enrolment } = world();
    await expect(ask('PUT', { every: 24, ...wishes })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field },
      message: expect.stringContaining(sentence),
    });
    expect(await enrolment()).toBeNull();
  });

  it('of an unknown member, by MX’s guids', async () => {
    const { ask, enrolment } = world(null);
    expect(await ask('PUT', { every: 24 })).toEqual({ status: 200, logged, body: scheduleOf(24) });
    expect(await enrolment()).toEqual({ everyHours: 24, slot: slotOf(key, 24, 2) });
    expect(await ask('GET')).toEqual({ status: 200, logged, body: scheduleOf(24) });
  });

  it.each([
    { user_identifier: 'user-1', member_identifier: 'MBR-1' },
    { user_identifier: 'USR-1', member_identifier: 'member-1' },
  ])('refused for an own id that is not known: %j', async (named) => {
    const { ask, table } = world(null);
    await expect(ask('PUT', { every: 24 }, 'shop', named)).rejects.toMatchObject({ code: 'member_not_found' });
    expect(table.members.size).toBe(0);
  });

  it.each(['PUT', 'GET', 'DELETE'])('refused for an unknown or deleted member: %s', async (method) => {
    const unknown = world(null).ask(method, { every: 1 }, 'shop', { ...parameters, member_identifier: 'member-1' });
    await expect(unknown).rejects.toMatchObject({ code: 'member_not_found' });
    const deleted = world(knownMember({ deletedAt: T0 }));
    await expect(deleted.ask(method, { every: 1 })).rejects.toMatchObject({ code: 'member_deleted' });
  });
});
