/** The members: aliases, what is known, and the claim. One conditional write per step; reads are strongly consistent. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Instant, plusSeconds } from '../domain/instant.ts';
import { type KnownAtEnd, type Members, OPEN_SHARDS, type TakenLook } from '../domain/members-ports.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Policy } from '../domain/policy.ts';
import { LOOK_TIMEOUT_SECONDS } from '../domain/refresh.ts';
import type { StartMark } from '../domain/start-mark.ts';
import { aliasWriter } from './alias-items.ts';
import { type Item, toAttribute } from './attribute-values.ts';
import {
  baselineAttributes,
  type ClaimAttributes,
  claimPath,
  claimToAttribute,
  openOnly,
  phaseCode,
  seenAttributes,
  startAttributes,
  statusAttribute,
  unansweredAttributes,
} from './claim-attributes.ts';
import { flag, milliseconds, millisecondsOf, text } from './compact-values.ts';
import { putIf, updatedIf, updateIf, withMark } from './conditional-write.ts';
import {
  attemptToAttribute,
  attentionAttributes,
  bodyAttributes,
  bodyKey,
  itemKey,
  memberAttribute,
  startsToAttribute,
  successToAttribute,
  toRecord,
} from './member-item.ts';
import { membersReader } from './members-reader.ts';
import { openClaims } from './open-claims.ts';
import { rememberedAttributes } from './remembered-attributes.ts';
import { membersTable } from './table-keys.ts';
import { type Change, changeOf } from './update-expression.ts';

/** The members in table `tableName`. */
export function membersInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  policy: Pick<Policy, 'minLookGapSeconds'>,
): Members {
  const keyOf = (key: MemberKey): Item => itemKey(key.userGuid, key.memberGuid);

  const reader = membersReader(client, tableName);

  /** One conditional update; false when its condition did not hold. */
  const update = (key: MemberKey, changed: Change, condition: string, values: Item): Promise<boolean> =>
    updateIf(
      client,
      tableName,
      withMark({ key: keyOf(key), change: changed.change, condition, values: { ...changed.values, ...values } }),
    );

  return {
    ...reader,

    writeAliases: aliasWriter(client, tableName),

    async putBody(key, body) {
      // False: a newer body is stored, or the member was deleted.
      await putIf(client, tableName, {
        item: { ...bodyKey(key), ...bodyAttributes(body) },
        condition: 'attribute_not_exists(deleted_at) AND (attribute_not_exists(seen_at) OR seen_at < :at)',
        values: { ':at': millisecondsOf(body.seenAt) },
      });
    },

    claim({ key, claim, starts, startsVersion, member = null, withBody = false }) {
      const changed = changeOf({
        claim: claimToAttribute(claim),
        open_shard: { S: shardOf(claim.refreshId) },
        open_since: milliseconds(claim.acceptedAt),
        starts: startsToAttribute(starts),
        [memberAttribute.startsVersion]: toAttribute(startsVersion + 1),
        // Both are void from now on: no claim comes before such a start, and what holds back is over when one comes.
        [memberAttribute.startNotBefore]: undefined,
        [memberAttribute.held]: undefined,
        ...(member === null ? {} : rememberedAttributes(member)),
        ...(withBody ? { [memberAttribute.seenAt]: milliseconds(claim.acceptedAt) } : {}),
      });
      const isSameVersion =
        startsVersion === 0
          ? `attribute_not_exists(${memberAttribute.startsVersion})`
          : `${memberAttribute.startsVersion} = :version`;
      const claiming = withMark({
        key: keyOf(key),
        change: changed.change,
        condition: `attribute_not_exists(claim) AND attribute_not_exists(deleted_at) AND ${isSameVersion}`,
        values: {
          ...changed.values,
          ...(startsVersion === 0 ? {} : { ':version': toAttribute(startsVersion) }),
        },
        // Also when another trigger has joined it since.
        isDone: (item) => toRecord(item).claim?.refreshId === claim.refreshId,
      });
      return updateIf(client, tableName, claiming);
    },

    async joinUserPresent(key, refreshId) {
      await update(key, changeOf({ [claimPath.userPresent]: flag(true) }), isClaim, { ':id': { S: refreshId } });
    },

    async takeLook(key, refreshId, lookNumber, now): Promise<TakenLook> {
      const taken = changeOf({ [claimPath.look]: toAttribute(lookNumber), [claimPath.lookedAt]: milliseconds(now) });
      const { look, lookedAt, phase } = claimPath;
      const taking = withMark({
        key: keyOf(key),
        change: taken.change,
        condition:
          `${isClaim} AND (${look} < :look OR (${look} = :look AND ${lookedAt} <= :given_up))` +
          ` AND (attribute_not_exists(${lookedAt}) OR ${lookedAt} <= :gap_over)` +
          ` AND (attribute_not_exists(${phase}) OR ${phase} <> :storing OR ${lookedAt} <= :given_up)`,
        values: {
          ...taken.values,
          ':id': { S: refreshId },
          ':look': toAttribute(lookNumber),
          // The same look again: only after the time limit of the function that took it.
          ':given_up': millisecondsOf(plusSeconds(now, -LOOK_TIMEOUT_SECONDS)),
          ':gap_over': millisecondsOf(plusSeconds(now, -policy.minLookGapSeconds)),
          ':storing': phaseCode.storing,
        },
      });
      const item = await updatedIf(client, tableName, taking);
      if (item !== null) {
        const record = toRecord(item);
        return record.claim === null ? { kind: 'superseded' } : { kind: 'taken', record, claim: record.claim };
      }
      const claim = (await reader.read(key))?.claim;
      if (claim?.refreshId !== refreshId || claim.lookNumber >= lookNumber || claim.lookedAt === null)
        return { kind: 'superseded' };
      const gap = claim.phase === 'storing' ? LOOK_TIMEOUT_SECONDS : policy.minLookGapSeconds;
      return { kind: 'too_early', until: plusSeconds(claim.lookedAt, gap) };
    },

    recordStarting: (key, claim, starts) =>
      update(
        key,
        changeOf(
          {
            ...baselineAttributes(claim.baseline),
            ...startAttributes(claim.start),
            ...seenAttributes(claim),
            ...unansweredAttributes(claim.unanswered),
            starts: startsToAttribute(starts),
          },
          { addOne: [memberAttribute.startsVersion] },
        ),
        `${isClaim} AND ${claimPath.look} = :look AND ${isRunning}`,
        { ':id': { S: claim.refreshId }, ':look': toAttribute(claim.lookNumber) },
      ),

    recordStart: ({ key, refreshId, start, flagSeen, jobAggregatedAt = null, starts = null, notBefore = null }) =>
      update(
        key,
        changeOf(
          {
            ...startAttributes(start),
            ...learnt(flagSeen, starts),
            ...(notBefore === null ? {} : { [memberAttribute.startNotBefore]: millisecondsOf(notBefore) }),
          },
          learntAlso(jobAggregatedAt, starts),
        ),
        // Not if a later POST of this refresh has been recorded meanwhile.
        `${isClaim} AND ${claimPath.startAt} = :at`,
        { ':id': { S: refreshId }, ':at': millisecondsOf(start.at), ...beganValue(jobAggregatedAt) },
      ),

    async putOffStarts(key, notBefore) {
      const { startNotBefore } = memberAttribute;
      await update(
        key,
        changeOf({ [startNotBefore]: millisecondsOf(notBefore) }),
        `attribute_exists(${membersTable.sortKey}) AND attribute_not_exists(deleted_at)` +
          ` AND (attribute_not_exists(${startNotBefore}) OR ${startNotBefore} < :not_before)`,
        { ':not_before': millisecondsOf(notBefore) },
      );
    },

    takeBackStart: ({ key, refreshId, at, start, starts }) =>
      update(
        key,
        changeOf(
          { ...startAttributes(start), starts: startsToAttribute(starts) },
          { addOne: [memberAttribute.startsVersion] },
        ),
        `${isClaim} AND ${claimPath.startAt} = :at`,
        { ':id': { S: refreshId }, ':at': millisecondsOf(at) },
      ),

    async recordSeen({ key, refreshId, flagSeen, jobAggregatedAt, seenStatus, questions }) {
      await update(
        key,
        changeOf(
          {
            [claimPath.questions]: text(questions),
            [claimPath.seenStatus]: statusAttribute(seenStatus),
            ...unansweredAttributes(null),
            ...learnt(flagSeen, null),
          },
          learntAlso(jobAggregatedAt, null),
        ),
        // Not after the end: these attributes would stay in the ended claim, where nothing reads them.
        `${isClaim} AND ${isRunning}`,
        { ':id': { S: refreshId }, ...beganValue(jobAggregatedAt) },
      );
    },

    async recordUnanswered({ key, refreshId, lookNumber, unanswered }) {
      await update(
        key,
        changeOf(unansweredAttributes(unanswered)),
        `${isClaim} AND ${claimPath.look} = :look AND (${isRunning} OR ${claimPath.phase} = :storing)`,
        { ':id': { S: refreshId }, ':look': toAttribute(lookNumber), ':storing': phaseCode.storing },
      );
    },

    beginStoring: ({ key, refreshId, lookNumber, jobAggregatedAt, seenStatus }) =>
      update(
        key,
        changeOf(
          {
            [claimPath.phase]: phaseCode.storing,
            [claimPath.seenStatus]: statusAttribute(seenStatus),
            ...unansweredAttributes(null),
          },
          learntAlso(jobAggregatedAt, null),
        ),
        `${isClaim} AND ${isRunning} AND ${claimPath.look} = :look`,
        { ':id': { S: refreshId }, ':look': toAttribute(lookNumber), ...beganValue(jobAggregatedAt) },
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
      update(
        key,
        changeOf(
          {
            [claimPath.phase]: phaseCode.ended,
            ...Object.fromEntries(openOnly.map((path) => [path, undefined])),
            last_attempt: attemptToAttribute(attempt),
            ...(attempt.outcome === 'succeeded' ? { last_success: successToAttribute(attempt) } : {}),
            ...(bodySeenAt === null ? {} : { [memberAttribute.seenAt]: milliseconds(bodySeenAt) }),
            ...(importsMove ? { [memberAttribute.importsMove]: flag(true) } : {}),
            ...(starts === null ? {} : { starts: startsToAttribute(starts) }),
            ...attentionAttributes(attention),
          },
          { addOne: starts === null ? [] : [memberAttribute.startsVersion] },
        ),
        `${isClaim} AND ${from === 'running' ? isRunning : `${claimPath.phase} = :storing`} AND ${hasLearntNoMore(known)}`,
        {
          ':id': { S: attempt.refreshId },
          ...(from === 'running' ? {} : { ':storing': phaseCode.storing }),
          ...(known.lookedAt === null ? {} : { ':looked': millisecondsOf(known.lookedAt) }),
          ...(known.jobAggregatedAt === null ? {} : { ':job': millisecondsOf(known.jobAggregatedAt) }),
        },
      ),

    async release(key, refreshId) {
      await update(
        key,
        changeOf({ claim: undefined, open_shard: undefined, open_since: undefined }),
        `${isClaim} AND ${claimPath.phase} = :ended`,
        { ':id': { S: refreshId }, ':ended': phaseCode.ended },
      );
    },

    openPage: openClaims(client, tableName),
  };
}

/** By the id's last character: random in a ULID. */
const shardOf = (refreshId: string): string => String(refreshId.charCodeAt(refreshId.length - 1) % OPEN_SHARDS);

const isClaim = `${claimPath.refreshId} = :id`;
const isRunning = `attribute_not_exists(${claimPath.phase})`;

/** The claim has learnt no more than is known: values `:looked` and `:job`, where there are any. */
function hasLearntNoMore({ lookedAt, jobAggregatedAt }: KnownAtEnd): string {
  const [looked, job] = [claimPath.lookedAt, claimPath.jobAggregatedAt];
  const isLast = lookedAt === null ? `attribute_not_exists(${looked})` : `${looked} = :looked`;
  return `${isLast} AND (attribute_not_exists(${job})${jobAggregatedAt === null ? '' : ` OR ${job} <= :job`})`;
}

const learnt = (flagSeen: boolean, starts: readonly StartMark[] | null): ClaimAttributes => ({
  // Never set back to false.
  ...(flagSeen ? { [claimPath.flagSeen]: flag(true) } : {}),
  ...(starts === null ? {} : { starts: startsToAttribute(starts) }),
});

const learntAlso = (jobAggregatedAt: Instant | null, starts: readonly StartMark[] | null) => ({
  // The first one stays: a later one may be of a job that followed.
  set:
    jobAggregatedAt === null
      ? []
      : [`${claimPath.jobAggregatedAt} = if_not_exists(${claimPath.jobAggregatedAt}, :began)`],
  addOne: starts === null ? [] : [memberAttribute.startsVersion],
});

const beganValue = (jobAggregatedAt: Instant | null): Item =>
  jobAggregatedAt === null ? {} : { ':began': millisecondsOf(jobAggregatedAt) };
