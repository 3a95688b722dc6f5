import { describe, expect, it } from 'vitest';
import { enrolByDefault } from '../../../shared/domain/enrol-by-default.ts';
import { runSchedule } from '../../../shared/domain/run-schedule.ts';
import { type DelayedBatch, minuteOf, minuteStart, noWishes, slotOf } from '../../../shared/domain/schedule.ts';
import { fakeSchedule } from '../../fakes/fake-schedule.ts';
import { emptyMembersTable, type MembersTable, withMember } from '../../fakes/members-table.ts';
import { key, knownMember, T0 } from '../../samples.ts';

describe('a member without a chosen schedule', () => {
  const enrolled = async (
    table: MembersTable,
    hours: number,
    enrolment: Parameters<typeof enrolByDefault>[1]['enrolment'] = null,
  ) => {
    await enrolByDefault(fakeSchedule(table), { key, enrolment }, hours, 1);
    return table.members.get(`${key.userGuid}#${key.memberGuid}`)?.enrolment;
  };

  it('is enrolled by the setting, in its own slot', async () => {
    const table = withMember(knownMember());
    const slot = slotOf(key, 24, 1);
    expect(await enrolled(table, 24)).toEqual({ everyHours: 24, slot });
    expect(await fakeSchedule(table).membersOf(slot)).toEqual([{ member: key, everyHours: 24, slot, ...noWishes }]);
  });

  it.each([0, 5, -1])('is not enrolled when the setting is %i', async (hours) => {
    expect(await enrolled(withMember(knownMember()), hours)).toBeNull();
  });

  it.each([{ everyHours: 0, slot: '' } as const, { everyHours: 1, slot: 'SLOT#1h#00007#0' } as const])(
    'a chosen schedule is left alone: %j',
    async (enrolment) => {
      const table = withMember(knownMember({ enrolment }));
      expect(await enrolled(table, 24, enrolment)).toEqual(enrolment);
      expect(table.slots.size).toBe(0);
    },
  );
});

describe('a tick of the schedule', () => {
  const slot = slotOf(key, 1, 1);
  const dueMinute = (() => {
    const minuteInHour = Number(slot.split('#')[2]);
    return Math.ceil((minuteOf(T0) - minuteInHour) / 60) * 60 + minuteInHour;
  })();

  function world(bookmark: number | null, failing: (minute: string) => boolean = () => false) {
    const table = emptyMembersTable();
    table.slots.set(slot, new Map([[`${key.userGuid}#${key.memberGuid}`, 1]]));
    table.bookmark = bookmark;
    const sent: DelayedBatch[] = [];
    const tick = (minute: number) =>
      runSchedule({
        schedule: fakeSchedule(table),
        starts: {
          sendAll: async (batches) => {
            if (batches.some(({ batch }) => failing(batch.dueAt))) throw new Error('the queue is away');
            sent.push(...batches);
          },
        },
        shards: 1,
        startsPerSecond: 100,
        now: () => minuteStart(minute),
      });
    return { table, sent, tick };
  }

  it.each([
    ['11:00', '13:00', 0],
    ['13:00', '11:00', 1],
  ])('from %s to %s quiet: members sent: %i', async (from, to, members) => {
    const { tick, sent, table } = world(dueMinute - 1);
    const quietHours = { from, to, timeZone: 'UTC' };
    table.wishes.set(`${slot} ${key.userGuid}#${key.memberGuid}`, { quietHours, maxAgeSeconds: null });
    expect(await tick(dueMinute)).toEqual({ minutes: 1, members });
    expect(sent).toHaveLength(members);
  });

  it('sends the members due in its minute, and counts', async () => {
    const { tick, sent, table } = world(dueMinute - 1);
    expect(await tick(dueMinute)).toEqual({ minutes: 1, members: 1 });
    expect(sent).toEqual([
      {
        batch: {
          dueAt: minuteStart(dueMinute),
          startAt: null,
          members: [{ member: key, everyHours: 1, slot, ...noWishes }],
        },
        delaySeconds: 0,
      },
    ]);
    expect(table.bookmark).toBe(dueMinute);
  });

  it('remembers a minute in which no member is due', async () => {
    const { tick, sent, table } = world(dueMinute);
    expect(await tick(dueMinute + 1)).toEqual({ minutes: 1, members: 0 });
    expect(sent).toEqual([]);
    expect(table.bookmark).toBe(dueMinute + 1);
  });

  it('delivered twice sends no member twice', async () => {
    const { tick, sent } = world(dueMinute - 1);
    await tick(dueMinute);
    expect(await tick(dueMinute)).toEqual({ minutes: 0, members: 0 });
    expect(sent).toHaveLength(1);
  });

  it('makes up for lost minutes, each with its time', async () => {
    const { tick, sent } = world(dueMinute - 5);
    expect(await tick(dueMinute + 30)).toEqual({ minutes: 35, members: 1 });
    expect(sent.map(({ batch }) => batch.dueAt)).toEqual([minuteStart(dueMinute)]);
  });

  it('unsent: fails, and the next sends that minute again', async () => {
    let away = true;
    const { tick, sent, table } = world(dueMinute - 3, () => away);
    await expect(tick(dueMinute)).rejects.toThrow('the queue is away');
    expect(table.bookmark).toBe(dueMinute - 1);
    away = false;
    await tick(dueMinute + 1);
    expect(sent.map(({ batch }) => batch.dueAt)).toEqual([minuteStart(dueMinute)]);
  });

  it('hourly for a day despite lost and doubled ticks', async () => {
    const { tick, sent } = world(null);
    const start = dueMinute - 10;
    for (let minute = start; minute < start + 24 * 60; minute += 1) {
      if (minute % 7 === 0) continue;
      await tick(minute);
      if (minute % 5 === 0) await tick(minute);
    }
    expect(sent.map(({ batch }) => batch.dueAt)).toEqual(
      Array.from({ length: 24 }, (_, hour) => minuteStart(dueMinute + hour * 60)),
    );
  });
});
