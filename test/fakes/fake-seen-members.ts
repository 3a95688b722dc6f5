/** What is learnt about members outside their refreshes: the same conditions as `shared/clients/seen-members.ts`. */
import type { TakenAway } from '../../shared/domain/attention.ts';
import { type Instant, plusSeconds } from '../../shared/domain/instant.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import type { SeenMembers } from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import { successOf } from '../../shared/domain/success.ts';
import { emptyMember } from '../samples.ts';
import { rememberedOf } from './fake-members.ts';
import { type MembersTable, textOf } from './members-table.ts';
import { atOnce, type Request, recognised } from './request.ts';

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
    const record = get(key) ?? emptyMember(key);
    if (record.deletedAt !== null || !holds(record)) return false;
    table.members.set(textOf(key), { ...record, ...change(record) });
    return true;
  }

  return {
    reserveRead: (key, now) =>
      request(
        'seen.reserveRead',
        recognised(
          () => table.reservedReads.get(textOf(key)),
          () => {
            const record = get(key);
            const gapOver = plusSeconds(now, -policy.minLookGapSeconds);
            const reservedAt = table.reservedReads.get(textOf(key)) ?? null;
            if (record === null || record.deletedAt !== null) return false;
            const reads = [
              reservedAt,
              record.seenAt,
              record.claim?.lookedAt ?? null,
              record.lastAttempt?.endedAt ?? null,
            ];
            if (reads.some((at) => at !== null && at > gapOver)) {
              return false;
            }
            table.reservedReads.set(textOf(key), now);
            return true;
          },
        ),
      ),

    recordSighting: (member, readAt, change, over = nothing) =>
      request(
        'seen.recordSighting',
        recognised(
          () => get(member.key),
          () =>
            update(
              member.key,
              ({ seenAt }) => seenAt === null || seenAt < readAt,
              (record) => ({
                ...rememberedOf(member),
                seenAt: readAt,
                ...(change === null ? {} : { untoldChange: change }),
                ...without(record, over, readAt),
              }),
            ),
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
      const { endedAt } = attempt;
      const observedAt = attempt.observedAt ?? endedAt;
      await request('seen.recordBackground/success', () => {
        update(
          key,
          ({ lastSuccess }) => lastSuccess === null || lastSuccess.observedAt < observedAt,
          (record) => ({ lastSuccess: successOf(attempt), ...withoutAttention(record, observedAt) }),
        );
      });
      await request('seen.recordBackground/attempt', () => {
        update(
          key,
          ({ lastAttempt, claim }) =>
            (lastAttempt === null || lastAttempt.endedAt < endedAt) && claim?.phase !== 'ended',
          () => ({ lastAttempt: attempt }),
        );
      });
    },

    recordProcessed: (key, completedAt) =>
      request('seen.recordProcessed', () => {
        if (get(key) === null) return;
        update(
          key,
          ({ processedUntil }) => processedUntil === null || processedUntil < completedAt,
          () => ({ processedUntil: completedAt }),
        );
      }),

    async leaveTombstone(key, memberId, now) {
      if (memberId !== null) {
        await request('seen.leaveTombstone/alias', () => {
          const alias = `${key.userGuid}/ALIAS#${memberId}`;
          if (table.aliases.get(alias) === key.memberGuid) table.aliases.delete(alias);
        });
      }
      return request(
        'seen.leaveTombstone/tombstone',
        recognised(
          () => get(key),
          () => {
            const record = get(key);
            if (record !== null && (record.claim !== null || record.deletedAt !== null)) return false;
            table.members.set(textOf(key), emptyMember(key, { deletedAt: now }));
            table.reservedReads.delete(textOf(key));
            return true;
          },
        ),
      );
    },

    eraseBody: (key) => request('seen.eraseBody', () => void table.bodies.set(textOf(key), null)),
  };
}

const nothing: TakenAway = { attention: false, held: false };

/** Both or neither: what it waits for was not found later than `asOf`, and a hold that is taken away is of no later turn. */
function without({ attention, held }: MemberRecord, over: TakenAway, asOf: Instant): Partial<MemberRecord> {
  if (attention !== null && attention.asOf > asOf) return {};
  if (over.held && held !== null && held.since > asOf) return {};
  return { ...(over.attention ? { attention: null } : {}), ...(over.held ? { held: null } : {}) };
}

/** What it waits for is taken away, unless that was found later than `asOf`. */
const withoutAttention = ({ attention }: MemberRecord, asOf: Instant): Partial<MemberRecord> =>
  attention === null || attention.asOf > asOf ? {} : { attention: null };
