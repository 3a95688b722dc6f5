/** A member as our tables know it, and tables that hold it. */
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { unknownMember } from '../../fakes/fake-members.ts';
import { emptyMembersTable, type MembersTable, textOf } from '../../fakes/members-table.ts';
import { key } from './situations.ts';

/** A member that was refreshed before, with nothing running. */
export const knownMember = (given: Partial<MemberRecord> = {}): MemberRecord => ({
  ...unknownMember(key),
  body: { guid: key.memberGuid, user_guid: key.userGuid, id: 'member-1', user_id: 'user-1' },
  ...given,
});

/** Tables with these members, found by their guids. */
export function withMember(...records: readonly MemberRecord[]): MembersTable {
  const table = emptyMembersTable();
  for (const record of records) table.members.set(textOf(record.key), record);
  return table;
}
