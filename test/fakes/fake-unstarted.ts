/** What is remembered of members whose refresh was not started: the conditions of `shared/clients/unstarted-members.ts`. */
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
    holds: (record: MemberRecord) => boolean,
    change: Partial<MemberRecord>,
  ): Promise<void> =>
    request(`unstarted.${name}`, () => {
      const record = table.members.get(textOf(key));
      if (record === undefined || record.deletedAt !== null || !holds(record)) return;
      table.members.set(textOf(key), { ...record, ...change });
    });

  return {
    recordMissing: (key, now) =>
      note('recordMissing', key, ({ missing, seenAt }) => missing === null || (seenAt !== null && missing <= seenAt), {
        missing: now,
      }),
    recordRefused: (key, attempt) =>
      note(
        'recordRefused',
        key,
        ({ lastAttempt, claim }) =>
          (lastAttempt === null || lastAttempt.endedAt < attempt.endedAt) && claim?.phase !== 'ended',
        { lastAttempt: attempt },
      ),
    recordHeld: (key, held) =>
      note('recordHeld', key, (record) => record.held === null || record.held.since < held.since, { held }),
  };
}
