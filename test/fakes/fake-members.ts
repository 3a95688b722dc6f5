/** The members in memory: the same conditions, one by one, as `shared/clients/members-table.ts` writes them. */

import { endedClaim } from '../../shared/domain/end-refresh.ts';
import { type Clock, plusSeconds } from '../../shared/domain/instant.ts';
import { aliasMarkOf, type MemberRecord } from '../../shared/domain/member.ts';
import {
  type KnownAtEnd,
  type Members,
  OPEN_SHARDS,
  type OpenCursor,
  type Seen,
} from '../../shared/domain/members-ports.ts';
import type { MemberKey, MxMember } from '../../shared/domain/mx.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import { type Claim, LOOK_TIMEOUT_SECONDS, type OpenClaim } from '../../shared/domain/refresh.ts';
import { successOf } from '../../shared/domain/success.ts';
import { emptyMember } from '../samples.ts';
import { type MembersTable, textOf } from './members-table.ts';
import { atOnce, type Request, recognised } from './request.ts';

/** How the fake behaves. */
export interface FakeMembersOptions {
  readonly policy: Pick<Policy, 'minLookGapSeconds'>;
  /** Only for the index: when its entries were written. */
  readonly now: Clock;
  /** How long the index of open claims lags behind the items. @default 0 */
  readonly indexLagSeconds?: number;
  /** Open claims in a page. @default 100 */
  readonly claimsInPage?: number;
  readonly request?: Request;
}

const hasLearntNoMore = (claim: OpenClaim, { lookedAt, jobAggregatedAt }: KnownAtEnd): boolean =>
  claim.lookedAt === lookedAt &&
  (claim.jobAggregatedAt === null || (jobAggregatedAt !== null && claim.jobAggregatedAt <= jobAggregatedAt));

/** The part of the index that a claim is in: by the id's last character, as in the table. */
export const openShardOf = (refreshId: string): number => refreshId.charCodeAt(refreshId.length - 1) % OPEN_SHARDS;

/** The members in `table`. */
export function fakeMembers(table: MembersTable, options: FakeMembersOptions): Members {
  const { policy, now, indexLagSeconds = 0, claimsInPage = 100, request = atOnce } = options;

  const get = (key: MemberKey): MemberRecord | null => table.members.get(textOf(key)) ?? null;

  /** One conditional update of the item, and of its entry in the index. */
  function put(before: MemberRecord | null, after: MemberRecord): true {
    table.members.set(textOf(after.key), after);
    const [was, is] = [before?.claim?.acceptedAt ?? null, after.claim?.acceptedAt ?? null];
    if (was === is) return true;
    const at = now();
    const text = textOf(after.key);
    table.open = table.open.map((entry) =>
      entry.removedAt === null && textOf(entry.key) === text ? { ...entry, removedAt: at } : entry,
    );
    if (after.claim !== null) {
      const { acceptedAt: since, refreshId } = after.claim;
      const shard = openShardOf(refreshId);
      table.open = [...table.open, { key: after.key, shard, since, writtenAt: at, removedAt: null }];
    }
    return true;
  }

  /** Changes the claim `refreshId`, if it is the member's and `changeable` gives it back; false otherwise. */
  function change<C extends Claim>(
    key: MemberKey,
    refreshId: string,
    changeable: (claim: Claim) => C | false,
    changed: (record: MemberRecord, claim: C) => Partial<MemberRecord>,
  ): boolean {
    const record = get(key);
    const claim = record?.claim?.refreshId === refreshId && changeable(record.claim);
    return claim ? put(record, { ...record, ...changed(record, claim) }) : false;
  }

  const startsOf = (record: MemberRecord, starts: MemberRecord['starts'] | null) =>
    starts === null ? undefined : { starts, startsVersion: record.startsVersion + 1 };

  return {
    async resolve({ userIdentifier, memberIdentifier }) {
      const userGuid = userIdentifier.startsWith('USR-')
        ? userIdentifier
        : await request('members.resolve/user', () => table.aliases.get(`ALIAS#${userIdentifier}/USER`));
      if (userGuid === undefined) return null;
      const memberGuid = memberIdentifier.startsWith('MBR-')
        ? memberIdentifier
        : await request('members.resolve/member', () => table.aliases.get(`${userGuid}/ALIAS#${memberIdentifier}`));
      return memberGuid === undefined ? null : { userGuid, memberGuid };
    },

    read: (key) => request('members.read', () => get(key)),

    readBody: (key) => request('members.readBody', () => table.bodies.get(textOf(key)) ?? null),

    isUserErased: (userGuid) => request('members.isUserErased', () => table.erasedUsers.has(userGuid)),

    putBody: (key, body) =>
      request('members.putBody', () => {
        const stored = table.bodies.get(textOf(key));
        // Null: erased.
        if (stored !== null && (stored === undefined || stored.seenAt < body.seenAt))
          table.bodies.set(textOf(key), body);
      }),

    async writeAliases({ key, userId, memberId }) {
      const { userGuid, memberGuid } = key;
      const write = (which: string, alias: string, guid: string) =>
        request(`members.writeAliases/${which}`, () => void table.aliases.set(alias, guid));
      if (userId !== null) await write('own id', `${userGuid}/OWN_ID#${userId}`, userGuid);
      await Promise.all([
        userId === null ? undefined : write('user', `ALIAS#${userId}/USER`, userGuid),
        memberId === null ? undefined : write('member', `${userGuid}/ALIAS#${memberId}`, memberGuid),
      ]);
    },

    claim: ({ key, claim, starts, startsVersion, member = null, withBody = false }) =>
      request(
        'members.claim',
        recognised(
          () => get(key)?.claim?.refreshId,
          () => {
            const before = get(key);
            const record = before ?? emptyMember(key);
            if (record.claim !== null || record.deletedAt !== null || record.startsVersion !== startsVersion)
              return false;
            const seen = { ...rememberedOf(member), ...(withBody ? { seenAt: claim.acceptedAt } : {}) };
            const version = startsVersion + 1;
            const over = { startNotBefore: null, held: null };
            return put(before, { ...record, ...seen, claim, starts, startsVersion: version, ...over });
          },
        ),
      ),

    joinUserPresent: (key, refreshId) =>
      request('members.joinUserPresent', () => {
        change(
          key,
          refreshId,
          (claim) => claim,
          (_, claim) => ({ claim: { ...claim, userPresent: true } }),
        );
      }),

    async takeLook(key, refreshId, lookNumber, at) {
      const gapOver = plusSeconds(at, -policy.minLookGapSeconds);
      const givenUp = plusSeconds(at, -LOOK_TIMEOUT_SECONDS);
      const taken = await request(
        'members.takeLook',
        recognised(
          () => get(key),
          () => {
            const mayTake = ({ lookNumber: last, lookedAt, phase }: Claim): boolean =>
              (last < lookNumber || (last === lookNumber && lookedAt !== null && lookedAt <= givenUp)) &&
              (lookedAt === null || lookedAt <= gapOver) &&
              (phase !== 'storing' || (lookedAt !== null && lookedAt <= givenUp));
            const won = change(
              key,
              refreshId,
              (running) => mayTake(running) && running,
              (_, running) => ({ claim: { ...running, lookNumber, lookedAt: at } }),
            );
            return won ? get(key) : null;
          },
        ),
      );
      if (taken?.claim) return { kind: 'taken', record: taken, claim: taken.claim };
      const claim = (await request('members.takeLook/read', () => get(key)))?.claim;
      if (claim?.refreshId !== refreshId || claim.lookNumber >= lookNumber || claim.lookedAt === null)
        return { kind: 'superseded' };
      const gap = claim.phase === 'storing' ? LOOK_TIMEOUT_SECONDS : policy.minLookGapSeconds;
      return { kind: 'too_early', until: plusSeconds(claim.lookedAt, gap) };
    },

    recordStarting: (
      key,
      { refreshId, lookNumber, baseline, start, flagSeen, jobAggregatedAt, seenStatus, unanswered },
      starts,
    ) =>
      request(
        'members.recordStarting',
        recognised(
          () => get(key),
          () =>
            change(
              key,
              refreshId,
              (claim) => claim.lookNumber === lookNumber && claim.phase === 'running' && claim,
              (record, claim) => ({
                claim: { ...claim, baseline, start, flagSeen, jobAggregatedAt, seenStatus, unanswered },
                ...startsOf(record, starts),
              }),
            ),
        ),
      ),

    recordStart: ({ key, refreshId, start, flagSeen, jobAggregatedAt = null, starts = null, notBefore = null }) =>
      request(
        'members.recordStart',
        recognised(
          () => get(key),
          () =>
            change(
              key,
              refreshId,
              (claim) =>
                claim.phase !== 'ended' && claim.start.state !== 'none' && claim.start.at === start.at && claim,
              (record, claim) => ({
                claim: { ...claim, start, ...seenIn(claim, { flagSeen, jobAggregatedAt }) },
                ...startsOf(record, starts),
                startNotBefore: notBefore ?? record.startNotBefore,
              }),
            ),
        ),
      ),

    putOffStarts: (key, notBefore) =>
      request('members.putOffStarts', () => {
        const record = get(key);
        const isLater = (record?.startNotBefore ?? '') < notBefore;
        if (record !== null && record.deletedAt === null && isLater)
          put(record, { ...record, startNotBefore: notBefore });
      }),

    takeBackStart: ({ key, refreshId, at, start, starts }) =>
      request(
        'members.takeBackStart',
        recognised(
          () => get(key),
          () =>
            change(
              key,
              refreshId,
              (claim) => claim.phase !== 'ended' && claim.start.state !== 'none' && claim.start.at === at && claim,
              (record, claim) => ({ claim: { ...claim, start }, ...startsOf(record, starts) }),
            ),
        ),
      ),

    recordSeen: ({ key, refreshId, questions, seenStatus, flagSeen, jobAggregatedAt }) =>
      request('members.recordSeen', () => {
        change(
          key,
          refreshId,
          (claim) => claim.phase === 'running' && claim,
          (_, claim) => ({
            claim: {
              ...claim,
              questions,
              seenStatus,
              unanswered: null,
              ...seenIn(claim, { flagSeen, jobAggregatedAt }),
            },
          }),
        );
      }),

    recordUnanswered: ({ key, refreshId, lookNumber, unanswered }) =>
      request('members.recordUnanswered', () => {
        change(
          key,
          refreshId,
          (claim) => claim.phase !== 'ended' && claim.lookNumber === lookNumber && claim,
          (_, claim) => ({ claim: { ...claim, unanswered } }),
        );
      }),

    beginStoring: ({ key, refreshId, lookNumber, jobAggregatedAt, seenStatus }) =>
      request(
        'members.beginStoring',
        recognised(
          () => get(key),
          () =>
            change(
              key,
              refreshId,
              (claim) => claim.phase === 'running' && claim.lookNumber === lookNumber && claim,
              (_, claim) => ({
                claim: {
                  ...claim,
                  phase: 'storing',
                  jobAggregatedAt: claim.jobAggregatedAt ?? jobAggregatedAt,
                  seenStatus,
                  unanswered: null,
                },
              }),
            ),
        ),
      ),

    end: ({
      key,
      from,
      known,
      attempt,
      bodySeenAt = null,
      importsMove = false,
      starts = null,
      attention = 'as_it_is',
    }) =>
      request(
        'members.end',
        recognised(
          () => get(key),
          () =>
            change(
              key,
              attempt.refreshId,
              (claim) => claim.phase !== 'ended' && claim.phase === from && hasLearntNoMore(claim, known) && claim,
              (record, claim) => ({
                claim: endedClaim(claim, attempt),
                lastAttempt: attempt,
                ...(attempt.outcome === 'succeeded' ? { lastSuccess: successOf(attempt) } : {}),
                ...(bodySeenAt === null ? {} : { seenAt: bodySeenAt }),
                importsMove: record.importsMove || importsMove,
                attention: attention === 'as_it_is' ? record.attention : attention,
                ...startsOf(record, starts),
              }),
            ),
        ),
      ),

    release: (key, refreshId) =>
      request('members.release', () => {
        change(
          key,
          refreshId,
          (claim) => claim.phase === 'ended' && claim,
          () => ({ claim: null }),
        );
      }),

    openPage: (shard, before, after) =>
      request('members.openPage', () => {
        const seen = plusSeconds(now(), -indexLagSeconds);
        table.open = table.open.filter(({ removedAt }) => removedAt === null || removedAt > seen);
        const places = table.open
          .filter((entry) => entry.shard === shard && entry.since <= before && entry.writtenAt <= seen)
          .map(({ key, since }) => ({ member: key, acceptedAt: since }))
          .sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1))
          .filter((place) => after === null || placeOf(place) > placeOf(after));
        const listed = places
          .slice(0, claimsInPage)
          .map((place) => ({ ...place, claim: get(place.member)?.claim ?? null }));
        return { listed, next: places.length > claimsInPage ? (listed.at(-1) ?? null) : null };
      }),
  };
}

const placeOf = ({ member, acceptedAt }: OpenCursor): string => `${acceptedAt} ${textOf(member)}`;

/** What the member's item remembers of what MX shows. */
export const rememberedOf = (member: MxMember | null) =>
  member === null ? {} : { aliasMark: aliasMarkOf(member), institutionCode: member.institutionCode };

/** What is known stays: the flag that was seen, the job's first beginning. */
const seenIn = (claim: OpenClaim, seen: Pick<Seen, 'flagSeen' | 'jobAggregatedAt'>) => ({
  flagSeen: claim.flagSeen || seen.flagSeen,
  jobAggregatedAt: claim.jobAggregatedAt ?? seen.jobAggregatedAt,
});
