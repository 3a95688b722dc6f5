/** What is learnt about members outside their refreshes: the same conditions as `shared/clients/seen-members.ts`. */
import { plusSeconds } from '../../shared/domain/instant.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { SeenMembers } from '../../shared/domain/ports.ts';
import { unknownMember } from './fake-members.ts';
import { type MembersTable, textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** The members in `table`. */
export function fakeSeenMembers(
  table: MembersTable,
  policy: Pick<Policy, 'minLookGapSeconds'>,
  request: Request = atOnce,
): SeenMembers {
  const get = (key: MemberKey): MemberRecord | null => table.members.get(textOf(key)) ?? null;

  /** One conditional update of a member that is not deleted; makes it known, as DynamoDB does. */
  function update(
    key: MemberKey,
    holds: (record: MemberRecord) => boolean,
    change: (record: MemberRecord) => Partial<MemberRecord>,
  ): boolean {
    const record = get(key) ?? unknownMember(key);
    if (record.deletedAt !== null || !holds(record)) return false;
    table.members.set(textOf(key), { ...record, ...change(record) });
    return true;
  }

  return {
    takeGlance: (key, now) =>
      request('seen.takeGlance', () => {
        const record = get(key);
        const gapOver = plusSeconds(now, -policy.minLookGapSeconds);
        const glancedAt = table.glances.get(textOf(key)) ?? null;
        if (record === null || record.deletedAt !== null) return false;
        if ((glancedAt !== null && glancedAt > gapOver) || (record.seenAt !== null && record.seenAt > gapOver)) {
          return false;
        }
        table.glances.set(textOf(key), now);
        return true;
      }),

    recordSighting: (member, readAt, change) =>
      request('seen.recordSighting', () =>
        update(
          member.key,
          ({ seenAt }) => seenAt === null || seenAt < readAt,
          () => ({ body: member.body, seenAt: readAt, ...(change === null ? {} : { untoldChange: change }) }),
        ),
      ),

    settleChange: (key, change) =>
      request('seen.settleChange', () => {
        if (get(key) === null) return;
        update(
          key,
          ({ untoldChange }) => untoldChange?.at === change.at,
          () => ({ untoldChange: null }),
        );
      }),

    async recordBackground(key, attempt) {
      const { refreshId, endedAt } = attempt;
      const observedAt = attempt.observedAt ?? endedAt;
      await request('seen.recordBackground/success', () => {
        update(
          key,
          ({ lastSuccess }) => lastSuccess === null || lastSuccess.observedAt < observedAt,
          () => ({ lastSuccess: { refreshId, observedAt, endedAt } }),
        );
      });
      await request('seen.recordBackground/attempt', () => {
        update(
          key,
          ({ lastAttempt }) => lastAttempt === null || lastAttempt.endedAt < endedAt,
          () => ({ lastAttempt: attempt }),
        );
      });
    },

    recordHeeded: (key, completedAt) =>
      request('seen.recordHeeded', () => {
        if (get(key) === null) return;
        update(
          key,
          ({ heededUntil }) => heededUntil === null || heededUntil < completedAt,
          () => ({ heededUntil: completedAt }),
        );
      }),

    async bury({ key, body }, now) {
      const { id } = body;
      if (typeof id === 'string') {
        await request('seen.bury/alias', () => {
          const alias = `${key.userGuid}/ALIAS#${id}`;
          if (table.aliases.get(alias) === key.memberGuid) table.aliases.delete(alias);
        });
      }
      return request('seen.bury/tombstone', () => {
        const record = get(key);
        if (record !== null && (record.claim !== null || record.deletedAt !== null)) return false;
        table.members.set(textOf(key), { ...unknownMember(key), deletedAt: now });
        table.glances.delete(textOf(key));
        return true;
      });
    },
  };
}
