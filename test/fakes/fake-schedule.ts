/** The schedule in memory: the same writes in the same order as `shared/clients/schedule-table.ts`. */
import { Failure } from '../../shared/domain/failure.ts';
import type { Schedule } from '../../shared/domain/ports.ts';
import { type MembersTable, memberOf, textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** The schedule's items in the members table `table`. */
export function fakeSchedule(table: MembersTable, request: Request = atOnce): Schedule {
  return {
    async enrol(key, enrolment, former) {
      const { everyHours } = enrolment;
      if (everyHours !== 0) {
        await request('schedule.enrol/slot', () => {
          const slot = table.slots.get(enrolment.slot) ?? new Map();
          table.slots.set(enrolment.slot, slot.set(textOf(key), everyHours));
        });
      }
      const known = await request('schedule.enrol/member', () => {
        const record = table.members.get(textOf(key));
        if (record === undefined || record.deletedAt !== null) return false;
        table.members.set(textOf(key), { ...record, enrolment });
        return true;
      });
      if (!known) throw new Failure('member_deleted', 'the member was deleted and cannot be scheduled');
      if (former !== null && former.everyHours !== 0 && former.slot !== enrolment.slot) {
        await request('schedule.enrol/former', () => void table.slots.get(former.slot)?.delete(textOf(key)));
      }
    },

    membersOf: (slot) =>
      request('schedule.membersOf', () =>
        [...(table.slots.get(slot) ?? [])].map(([text, everyHours]) => ({ member: memberOf(text), everyHours, slot })),
      ),

    removeStray: ({ member, slot }) =>
      request('schedule.removeStray', () => void table.slots.get(slot)?.delete(textOf(member))),

    lastMinute: () => request('schedule.lastMinute', () => table.bookmark),

    setLastMinute: (minute) =>
      request('schedule.setLastMinute', () => {
        if (table.bookmark === null || table.bookmark < minute) table.bookmark = minute;
      }),
  };
}
