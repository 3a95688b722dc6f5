/** The schedule in memory: the same writes in the same order as `shared/clients/schedule-table.ts`. */
import { Failure } from '../../shared/domain/failure.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Schedule } from '../../shared/domain/ports.ts';
import { type Enrolment, noWishes, type ScheduleWishes } from '../../shared/domain/schedule.ts';
import { emptyMember } from '../samples.ts';
import { type MembersTable, memberOf, textOf } from './members-table.ts';
import { atOnce, type Request, recognised } from './request.ts';

const MAX_RACES = 5;

/** The schedule's items in the members table `table`. */
export function fakeSchedule(table: MembersTable, request: Request = atOnce): Schedule {
  const { enrolmentVersions: versions } = table;

  const read = (key: MemberKey) => {
    const record = table.members.get(textOf(key));
    if (record === undefined) return { enrolment: null, version: 0, isKnown: false };
    if (record.deletedAt !== null) return null;
    return { enrolment: record.enrolment, version: versions.get(textOf(key)) ?? 0, isKnown: true };
  };

  function setVersion(key: MemberKey, version: number, enrolment: Enrolment | null): boolean {
    if (read(key)?.version !== version) return false;
    const record = table.members.get(textOf(key)) ?? emptyMember(key);
    versions.set(textOf(key), version + 1);
    if (enrolment !== null) table.members.set(textOf(key), { ...record, enrolment });
    return true;
  }

  const itemOf = (key: MemberKey, slot: string): string => `${slot} ${textOf(key)}`;
  const isNotAfter = (key: MemberKey, slot: string, version: number): boolean =>
    (versions.get(itemOf(key, slot)) ?? 0) <= version;

  function putSlotItem(
    key: MemberKey,
    { slot, everyHours }: Enrolment,
    wishes: ScheduleWishes,
    version: number,
  ): boolean {
    if (everyHours === 0 || !isNotAfter(key, slot, version)) return false;
    table.slots.set(slot, (table.slots.get(slot) ?? new Map()).set(textOf(key), everyHours));
    table.wishes.set(itemOf(key, slot), wishes);
    versions.set(itemOf(key, slot), version);
    return true;
  }

  function removeSlotItem(key: MemberKey, slot: string, version: number): boolean {
    if (!isNotAfter(key, slot, version)) return false;
    table.slots.get(slot)?.delete(textOf(key));
    versions.delete(itemOf(key, slot));
    return true;
  }

  async function leave(key: MemberKey, former: Enrolment | null, slot: string, version: number): Promise<void> {
    if (former === null || former.everyHours === 0 || former.slot === slot) return;
    await request('schedule.enrol/former', () => void removeSlotItem(key, former.slot, version));
  }

  const removeStray: Schedule['removeStray'] = async ({ member, slot }) => {
    const now = await request('schedule.removeStray/read', () => read(member));
    if (now?.enrolment?.slot === slot) return;
    const upTo = now?.version ?? Number.MAX_SAFE_INTEGER;
    if (await request('schedule.removeStray/item', () => removeSlotItem(member, slot, upTo))) return;
    if (
      await request(
        'schedule.removeStray/version',
        recognised(
          () => versions.get(textOf(member)),
          () => setVersion(member, upTo, null),
        ),
      )
    ) {
      await request('schedule.removeStray/again', () => void removeSlotItem(member, slot, upTo + 1));
    }
  };

  return {
    async enrol(key, enrolment, when, wishes = noWishes) {
      const { slot } = enrolment;
      const isOn = enrolment.everyHours !== 0;
      for (let race = 0; race < MAX_RACES; race += 1) {
        const before = await request('schedule.enrol/read', () => read(key));
        if (before === null || (when === 'unless_said' && !before.isKnown)) throw deleted();
        if (when === 'unless_said' && before.enrolment !== null) return;
        const version = before.version + 1;
        const isInSlot =
          !isOn || (await request('schedule.enrol/slot', () => putSlotItem(key, enrolment, wishes, version)));
        const stands =
          isInSlot &&
          (await request(
            'schedule.enrol/member',
            recognised(
              () => versions.get(textOf(key)),
              () => setVersion(key, before.version, enrolment),
            ),
          ));
        if (stands) return leave(key, before.enrolment, slot, version);
        const now = await request('schedule.enrol/after', () => read(key));
        const isThis = now?.enrolment?.slot === slot;
        if (isOn && isInSlot && !isThis) {
          await request('schedule.enrol/own', () => void removeSlotItem(key, slot, now?.version ?? version));
        }
        if (now === null) throw deleted();
        if (isThis) return leave(key, before.enrolment, slot, version);
        if (now.enrolment?.slot !== before.enrolment?.slot) return;
      }
      throw new Failure('busy', 'this member is being enrolled again and again', { retryAfterSeconds: 1 });
    },

    membersOf: (slot) =>
      request('schedule.membersOf', () =>
        [...(table.slots.get(slot) ?? [])].map(([text, everyHours]) => ({
          member: memberOf(text),
          everyHours,
          slot,
          ...(table.wishes.get(`${slot} ${text}`) ?? noWishes),
        })),
      ),

    wishesOf: (key, slot) =>
      request('schedule.wishesOf', () => {
        if (slot === '') throw new Error('DynamoDB has no empty keys');
        return table.slots.get(slot)?.has(textOf(key)) ? (table.wishes.get(itemOf(key, slot)) ?? noWishes) : null;
      }),

    async move({ member, slot }, to) {
      const before = await request('schedule.move/read', () => read(member));
      if (before?.enrolment?.slot !== slot) return false;
      const wishes = await request('schedule.move/wishes', () =>
        table.slots.get(slot)?.has(textOf(member)) ? (table.wishes.get(itemOf(member, slot)) ?? noWishes) : null,
      );
      if (wishes === null) return false;
      const version = before.version + 1;
      const enrolment = { ...before.enrolment, slot: to };
      const isInSlot = await request(
        'schedule.move/slot',
        () => (versions.get(itemOf(member, to)) ?? 0) < version && putSlotItem(member, enrolment, wishes, version),
      );
      if (!isInSlot) {
        await removeStray({ member, slot: to });
        return false;
      }
      const stands = await request(
        'schedule.move/member',
        recognised(
          () => versions.get(textOf(member)),
          () => setVersion(member, before.version, enrolment),
        ),
      );
      if (stands) return true;
      const now = await request('schedule.move/after', () => read(member));
      if (now?.enrolment?.slot === to) return true;
      await request(
        'schedule.move/own',
        () => void removeSlotItem(member, to, now?.version ?? Number.MAX_SAFE_INTEGER),
      );
      return false;
    },

    removeStray,

    lastMinute: () => request('schedule.lastMinute', () => table.bookmark),

    setLastMinute: (minute) =>
      request('schedule.setLastMinute', () => {
        if (table.bookmark === null || table.bookmark < minute) table.bookmark = minute;
      }),
  };
}

const deleted = (): Failure => new Failure('member_deleted', 'the member was deleted and cannot be scheduled');
