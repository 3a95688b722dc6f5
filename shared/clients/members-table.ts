/** The members: aliases, what is known, and the claim. One conditional write per step; reads are strongly consistent. */
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Instant, plusSeconds } from '../domain/instant.ts';
import type { Success } from '../domain/member.ts';
import type { MemberKey, MxMember } from '../domain/mx.ts';
import type { Policy } from '../domain/policy.ts';
import type { Members, TakenLook } from '../domain/ports.ts';
import { type Attempt, LOOK_TIMEOUT_SECONDS } from '../domain/refresh.ts';
import { snakeCased } from '../domain/snake-case.ts';
import { type Item, recordToAttribute, toAttribute } from './attribute-values.ts';
import { updatedIf, updateIf, withMark } from './conditional-write.ts';
import { claimToAttribute, itemKey, memberAlias, startToAttribute, toRecord, userAlias } from './member-item.ts';
import { membersReader } from './members-reader.ts';
import { queryPages } from './query-pages.ts';
import { membersTable } from './table-keys.ts';

/** Partitions of the index of open claims: enough for thousands of claims a second, few enough to read every minute. */
const OPEN_SHARDS = 4;

/** The members in table `tableName`. */
export function membersInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  policy: Pick<Policy, 'minLookGapSeconds'>,
): Members {
  const keyOf = (key: MemberKey): Item => itemKey(key.userGuid, key.memberGuid);

  const { resolve, read } = membersReader(client, tableName);

  /** One conditional update; false when its condition did not hold. */
  const update = (key: MemberKey, change: string, condition: string, values: Item): Promise<boolean> =>
    updateIf(client, tableName, withMark({ key: keyOf(key), change, condition, values }));

  return {
    resolve,
    read,

    async writeAliases(member) {
      const { userGuid, memberGuid } = member.key;
      const put = (key: Item, target: string) =>
        client.send(new PutItemCommand({ TableName: tableName, Item: { ...key, target_guid: { S: target } } }));
      await Promise.all([
        member.userId === null ? undefined : put(userAlias(member.userId), userGuid),
        member.memberId === null ? undefined : put(memberAlias(userGuid, member.memberId), memberGuid),
      ]);
    },

    claim: ({ key, claim, starts, startsVersion, member = null }) =>
      updateIf(
        client,
        tableName,
        withMark({
          key: keyOf(key),
          change: `SET claim = :claim, open_shard = :shard, open_since = :since, starts = :starts, starts_version = :next${member === null ? '' : ', #member = :member, seen_at = :since'}`,
          condition: `attribute_not_exists(claim) AND attribute_not_exists(deleted_at) AND ${startsVersion === 0 ? 'attribute_not_exists(starts_version)' : 'starts_version = :version'}`,
          values: {
            ':claim': claimToAttribute(claim),
            ':shard': { S: shardOf(claim.refreshId) },
            ':since': { S: claim.acceptedAt },
            ':starts': toAttribute(starts),
            ':next': toAttribute(startsVersion + 1),
            ...(startsVersion === 0 ? {} : { ':version': toAttribute(startsVersion) }),
            ...bodyValue(member),
          },
          // Also when another trigger has joined it since.
          isDone: (item) => toRecord(item).claim?.refreshId === claim.refreshId,
        }),
      ),

    async joinUserPresent(key, refreshId) {
      await update(key, 'SET claim.user_present = :true', 'claim.refresh_id = :id', {
        ':true': { BOOL: true },
        ':id': { S: refreshId },
      });
    },

    async takeLook(key, refreshId, lookNumber, now): Promise<TakenLook> {
      const taken = await updatedIf(
        client,
        tableName,
        withMark({
          key: keyOf(key),
          change: 'SET claim.look = :look, claim.looked_at = :now',
          condition:
            'claim.refresh_id = :id AND (claim.look < :look OR (claim.look = :look AND claim.looked_at <= :given_up))' +
            ' AND (attribute_not_exists(claim.looked_at) OR claim.looked_at <= :gap_over)' +
            ' AND (claim.phase <> :storing OR claim.looked_at <= :given_up)',
          values: {
            ':id': { S: refreshId },
            ':look': toAttribute(lookNumber),
            ':now': { S: now },
            // The same look again: only when whoever took it has certainly stopped.
            ':given_up': { S: plusSeconds(now, -LOOK_TIMEOUT_SECONDS) },
            ':gap_over': { S: plusSeconds(now, -policy.minLookGapSeconds) },
            ':storing': { S: 'storing' },
          },
        }),
      );
      if (taken !== null) {
        const record = toRecord(taken);
        return record.claim === null ? { kind: 'superseded' } : { kind: 'taken', record, claim: record.claim };
      }
      const claim = (await read(key))?.claim;
      if (claim?.refreshId !== refreshId || claim.lookNumber >= lookNumber || claim.lookedAt === null)
        return { kind: 'superseded' };
      const gap = claim.phase === 'storing' ? LOOK_TIMEOUT_SECONDS : policy.minLookGapSeconds;
      return { kind: 'too_early', until: plusSeconds(claim.lookedAt, gap) };
    },

    recordStarting(key, claim, starts) {
      const { jobAggregatedAt: began } = claim;
      return update(
        key,
        `SET claim.baseline = :baseline, claim.#start = :start, claim.flag_seen = :flag${began === null ? '' : ', claim.job_aggregated_at = :began'}, starts = :starts${began === null ? ' REMOVE claim.job_aggregated_at' : ''} ADD starts_version :one`,
        'claim.refresh_id = :id AND claim.look = :look AND claim.phase = :running',
        {
          ':baseline': claim.baseline === null ? toAttribute(null) : recordToAttribute(claim.baseline),
          ':start': startToAttribute(claim.start),
          ':flag': { BOOL: claim.flagSeen },
          ...beganValue(began),
          ':starts': toAttribute(starts),
          ':one': { N: '1' },
          ':id': { S: claim.refreshId },
          ':look': toAttribute(claim.lookNumber),
          ':running': { S: 'running' },
        },
      );
    },

    recordStart: ({ key, refreshId, start, flagSeen, jobAggregatedAt = null, starts = null }) =>
      update(
        key,
        `SET claim.#start = :start${flagSeen ? ', claim.flag_seen = :true' : ''}${beganChange(jobAggregatedAt)}${startsChange(starts)}`,
        // Not if a later POST of this refresh has been recorded meanwhile.
        'claim.refresh_id = :id AND claim.#start.#at = :at',
        {
          ':start': startToAttribute(start),
          ':id': { S: refreshId },
          ':at': { S: start.at },
          ...(flagSeen ? { ':true': { BOOL: true } } : {}),
          ...beganValue(jobAggregatedAt),
          ...startsValues(starts),
        },
      ),

    async recordSeen({ key, refreshId, flagSeen, jobAggregatedAt, challenges }) {
      await update(
        key,
        `SET claim.challenges = :challenges${flagSeen ? ', claim.flag_seen = :true' : ''}${beganChange(jobAggregatedAt)}`,
        'claim.refresh_id = :id',
        {
          // Nulls stay: what is read back has to be what MX said, and equal to what the next look sees.
          ':challenges': toAttribute(snakeCased(challenges)),
          ':id': { S: refreshId },
          ...(flagSeen ? { ':true': { BOOL: true } } : {}),
          ...beganValue(jobAggregatedAt),
        },
      );
    },

    beginStoring: ({ key, refreshId, lookNumber, jobAggregatedAt }) =>
      update(
        key,
        `SET claim.phase = :storing${beganChange(jobAggregatedAt)}`,
        'claim.refresh_id = :id AND claim.phase = :running AND claim.look = :look',
        {
          ':storing': { S: 'storing' },
          ':running': { S: 'running' },
          ':id': { S: refreshId },
          ':look': toAttribute(lookNumber),
          ...beganValue(jobAggregatedAt),
        },
      ),

    end: ({ key, from, attempt, member = null, importsMove = false, starts = null }) =>
      update(
        key,
        `SET claim.phase = :ended, claim.#result = :result, last_attempt = :attempt${attempt.outcome === 'succeeded' ? ', last_success = :success' : ''}${member === null ? '' : `, #member = :member, ${seenAtLook}`}${importsMove ? ', imports_move = :true' : ''}${startsChange(starts)}`,
        `claim.refresh_id = :id AND claim.phase = :phase${from === 'running' ? '' : ' AND claim.looked_at = :since'}`,
        {
          ':ended': { S: 'ended' },
          ':phase': { S: from === 'running' ? 'running' : 'storing' },
          ...(from === 'running' ? {} : { ':since': { S: from.storingSince ?? '' } }),
          ':id': { S: attempt.refreshId },
          ':result': recordToAttribute(resultOf(attempt)),
          ':attempt': recordToAttribute(attempt),
          ...(attempt.outcome === 'succeeded' ? { ':success': recordToAttribute(successOf(attempt)) } : {}),
          ...bodyValue(member),
          ...(importsMove ? { ':true': { BOOL: true } } : {}),
          ...startsValues(starts),
        },
      ),

    async release(key, refreshId) {
      await update(key, 'REMOVE claim, open_shard, open_since', 'claim.refresh_id = :id AND claim.phase = :ended', {
        ':id': { S: refreshId },
        ':ended': { S: 'ended' },
      });
    },

    async *openSince(before: Instant) {
      for (let shard = 0; shard < OPEN_SHARDS; shard += 1) {
        const pages = queryPages(client, {
          TableName: tableName,
          IndexName: membersTable.openIndex.name,
          KeyConditionExpression: 'open_shard = :shard AND open_since <= :before',
          ExpressionAttributeValues: { ':shard': { S: String(shard) }, ':before': { S: before } },
        });
        for await (const items of pages) {
          for (const item of items) {
            const { user_guid: user, item_key: member } = item;
            if (user?.S && member?.S) yield { userGuid: user.S, memberGuid: member.S };
          }
        }
      }
    },
  };
}

/** By the id's last character: random in a ULID. */
const shardOf = (refreshId: string): string => String(refreshId.charCodeAt(refreshId.length - 1) % OPEN_SHARDS);

/** The body that a refresh ends with is what its last look saw. */
const seenAtLook = 'seen_at = if_not_exists(claim.looked_at, claim.accepted_at)';

const bodyValue = (member: MxMember | null): Item => (member === null ? {} : { ':member': toAttribute(member.body) });

/** The first one stays: a later one may be of a job that followed. */
const beganChange = (jobAggregatedAt: Instant | null): string =>
  jobAggregatedAt === null ? '' : ', claim.job_aggregated_at = if_not_exists(claim.job_aggregated_at, :began)';

const beganValue = (jobAggregatedAt: Instant | null): Item =>
  jobAggregatedAt === null ? {} : { ':began': { S: jobAggregatedAt } };

const startsChange = (starts: readonly Instant[] | null): string =>
  starts === null ? '' : ', starts = :starts ADD starts_version :one';

const startsValues = (starts: readonly Instant[] | null): Item =>
  starts === null ? {} : { ':starts': toAttribute(starts), ':one': { N: '1' } };

const resultOf = ({ refreshId: _, trigger: __, acceptedAt: ___, ...result }: Attempt) => result;

const successOf = (attempt: Attempt): Success => ({
  refreshId: attempt.refreshId,
  observedAt: attempt.observedAt ?? attempt.endedAt,
  endedAt: attempt.endedAt,
});
