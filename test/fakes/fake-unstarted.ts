/** What is remembered of members whose refresh was not started: the conditions of `shared/clients/unstarted-members.ts`. */
import type { Instant } from '../../shared/domain/instant.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import type { Unstarted } from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { type MembersTable, textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** The notes in `table`. */
export function fakeUnstarted(table: MembersTable, request: Request = atOnce): Unstarted {
  const note = (
    name: string,
    key: MemberKey,
    change: (record: MemberRecord) => Partial<MemberRecord> | false,
  ): Promise<void> =>
    request(`unstarted.${name}`, () => {
      const record = table.members.get(textOf(key));
      const changed = record !== undefined && record.deletedAt === null && change(record);
      if (changed) table.members.set(textOf(key), { ...record, ...changed });
    });

  return {
    recordMissing: (key, now) =>
      note('recordMissing', key, ({ missing, seenAt }) =>
        missing === null || (seenAt !== null && missing <= seenAt) ? { missing: now } : false,
      ),
    recordRefused: (key, attempt, attention = 'as_it_is') =>
      note('recordRefused', key, (record) => {
        const { lastAttempt, claim } = record;
        const isNewest = (lastAttempt === null || lastAttempt.endedAt < attempt.endedAt) && claim?.phase !== 'ended';
        if (!isNewest) return false;
        const isLater = isNoLater(record.attention?.asOf, attempt.endedAt);
        return { lastAttempt: attempt, ...(attention !== 'as_it_is' && isLater ? { attention } : {}) };
      }),
    recordHeld: (key, held, attention = 'as_it_is') =>
      note('recordHeld', key, (record) => {
        const isNew = record.held === null || record.held.since < held.since;
        const isSame = record.held?.since === held.since && record.held.code === held.code;
        const mayAsk =
          attention !== 'as_it_is' &&
          attention !== null &&
          record.claim === null &&
          [record.lastAttempt?.endedAt, record.seenAt, record.attention?.asOf].every((at) =>
            isNoLater(at, attention.asOf),
          );
        if ((isNew || isSame) && mayAsk) return { held, attention };
        const isSeenSince = attention !== 'as_it_is' && attention !== null && !isNoLater(record.seenAt, attention.asOf);
        return isNew && !isSeenSince && { held };
      }),
  };
}

const isNoLater = (at: Instant | null | undefined, than: Instant): boolean => at == null || at <= than;
