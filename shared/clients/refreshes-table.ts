/** Refreshes as resources: projections of claims that outlive them, until their time to live is over. */
import { type DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock, Instant } from '../domain/instant.ts';
import type { Challenge, MemberKey } from '../domain/mx.ts';
import { MAX_JOINED_IDS, type Refreshes } from '../domain/ports.ts';
import { type End, type EndDetails, endOf, type Refresh, type RunningRefresh } from '../domain/refresh.ts';
import { detailsByCode } from '../domain/refresh-details.ts';
import { snakeCased } from '../domain/snake-case.ts';
import { type Item, recordFromAttribute, recordToAttribute, toAttribute } from './attribute-values.ts';
import { updateIf } from './conditional-write.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt, hasExpired } from './time-to-live.ts';

/** The item of the refresh itself; other items of the same refresh stand beside it. */
export const REFRESH_ITEM = 'REFRESH';

/** One page of a member's refreshes. */
export interface RefreshPage {
  readonly refreshes: readonly Refresh[];
  /** Where the next page begins; null on the last. */
  readonly next: string | null;
}

/** Reading refreshes: what the API's functions may do. */
export interface RefreshesReader extends Pick<Refreshes, 'read' | 'readDetails'> {
  /** Newest first. `after`: the `next` of the page before, a refresh id. Questions of running ones are left out. */
  ofMember(key: MemberKey, limit: number, after: string | null): Promise<RefreshPage>;
}

/** Everything about refreshes. */
export type RefreshHistory = Refreshes & RefreshesReader;

/** The refreshes in table `tableName`, for reading. */
export function refreshesReader(client: DynamoDBClient, tableName: string, now: Clock): RefreshesReader {
  /** DynamoDB deletes expired items within days, not at once; here an expired item counts as deleted. */
  const isAlive = (item: Item): boolean => !hasExpired(item[refreshesTable.timeToLive], now());

  async function get(refreshId: string): Promise<Item | null> {
    const { Item: found } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: itemKey(refreshId), ConsistentRead: true }),
    );
    return found === undefined || !isAlive(found) ? null : found;
  }

  return {
    async read(refreshId) {
      const item = await get(refreshId);
      return item && toRefresh(item);
    },

    async readDetails(refreshId, endedAt) {
      const item = await get(refreshId);
      return item && detailsIn(item, endedAt);
    },

    async ofMember(key, limit, after) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: refreshesTable.byMemberIndex.name,
          KeyConditionExpression:
            after === null ? 'member_key = :member' : 'member_key = :member AND refresh_id < :after',
          ExpressionAttributeValues: {
            ':member': { S: memberKeyText(key) },
            ...(after === null ? {} : { ':after': { S: after } }),
          },
          ScanIndexForward: false,
          Limit: limit,
        }),
      );
      const last = Items.at(-1)?.['refresh_id']?.S ?? null;
      const refreshes = Items.filter(isAlive).flatMap((item) => toRefresh(item) ?? []);
      return { refreshes, next: LastEvaluatedKey === undefined ? null : last };
    },
  };
}

/** The refreshes in table `tableName`, kept for `retentionDays`. */
export function refreshesInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  retentionDays: number,
  now: Clock,
): RefreshHistory {
  const keysOf = ({ member, acceptedAt }: Pick<RunningRefresh, 'member' | 'acceptedAt'>): Item => ({
    ':member': { S: memberKeyText(member) },
    ':expires': expiresAt(acceptedAt, { days: retentionDays }),
  });

  return {
    ...refreshesReader(client, tableName, now),

    async put(refresh) {
      const { challenges, progress: _, joinedCorrelationIds: __, ...facts } = refresh;
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: itemKey(refresh.refreshId),
          // A start that is written late must not replace the end.
          UpdateExpression: `SET refresh = if_not_exists(refresh, :refresh), ${keysOnce}${challenges.length === 0 ? '' : ', questions = :questions'}`,
          ExpressionAttributeValues: {
            ':refresh': recordToAttribute(facts),
            ...keysOf(refresh),
            ...(challenges.length === 0 ? {} : { ':questions': toAttribute(snakeCased(challenges)) }),
          },
        }),
      );
    },

    async putDetails(refresh, endedAt, details) {
      // False: the refresh has ended, and its end stays.
      await updateIf(client, tableName, {
        key: itemKey(refresh.refreshId),
        change: `SET details = :details, ${keysOnce}`,
        condition: unended,
        values: { ':details': detailsToAttribute(details, endedAt), ':running': { S: 'running' }, ...keysOf(refresh) },
      });
    },

    async recordJoined({ refreshId, ...refresh }, correlationId) {
      // False: it is remembered already, or as many as there may be are.
      await updateIf(client, tableName, {
        key: itemKey(refreshId),
        change: `SET joined_ids = list_append(if_not_exists(joined_ids, :none), :these), ${keysOnce}`,
        condition: 'attribute_not_exists(joined_ids) OR (size(joined_ids) < :most AND NOT contains(joined_ids, :this))',
        values: {
          ':none': { L: [] },
          ':these': { L: [{ S: correlationId }] },
          ':this': { S: correlationId },
          ':most': { N: String(MAX_JOINED_IDS) },
          ...keysOf(refresh),
        },
      });
    },

    async end({ refresh, end, details }) {
      const { challenges: _, progress: __, joinedCorrelationIds: ___, ...facts } = refresh;
      // False: the refresh has ended already. Of two different ends the first is kept, because its event was sent.
      await updateIf(client, tableName, {
        key: itemKey(refresh.refreshId),
        change: `SET refresh = :refresh, ${keysOnce}${details ? ', details = :details' : ''}`,
        condition: unended,
        values: {
          ':refresh': recordToAttribute({ ...facts, status: 'ended', result: endOf(end) }),
          ':running': { S: 'running' },
          ...(details ? { ':details': detailsToAttribute(details, end.endedAt) } : {}),
          ...keysOf(refresh),
        },
      });
    },
  };
}

const unended = 'attribute_not_exists(refresh) OR refresh.#status = :running';

/** The member and the time to live: set by each write that may be the item's first. */
const keysOnce = `member_key = if_not_exists(member_key, :member), ${refreshesTable.timeToLive} = if_not_exists(${refreshesTable.timeToLive}, :expires)`;

const itemKey = (refreshId: string): Item => ({
  [refreshesTable.partitionKey]: { S: refreshId },
  [refreshesTable.sortKey]: { S: REFRESH_ITEM },
});

/** The attribute that the index by member has a member under. */
export const memberKeyText = (key: MemberKey): string => `${key.userGuid}#${key.memberGuid}`;

/** With the end that they belong to: details of an end that was tried and lost are not shown with another. */
const detailsToAttribute = (details: EndDetails, endedAt: Instant) =>
  toAttribute({ ...(snakeCased(details) as object), ended_at: endedAt });

/** A refresh as it is stored, with what `recordToAttribute` leaves out. */
interface StoredRefresh
  extends Omit<RunningRefresh, 'status' | 'result' | 'challenges' | 'joinedCorrelationIds' | 'progress'> {
  readonly status: Refresh['status'];
  readonly result: End | null;
}

/** Null for an item that holds only what was written before the projection. */
function toRefresh(item: Item): Refresh | null {
  const stored = recordFromAttribute<StoredRefresh>(item['refresh'], { result: null, correlationId: null });
  if (stored === null) return null;
  const { status, result, ...rest } = stored;
  const facts = { ...rest, joinedCorrelationIds: joinedIn(item) };
  if (status === 'running') return { ...facts, status, challenges: questionsIn(item), progress: null, result: null };
  if (result === null) throw new TypeError(`the refresh ${facts.refreshId} has ended and has no result`);
  const end: End = {
    ...result,
    connectionStatus: result.connectionStatus ?? null,
    observedAt: result.observedAt ?? null,
  };
  const details = detailsIn(item, end.endedAt) ?? detailsByCode(end);
  return { ...facts, status, challenges: details.challenges, progress: null, result: { ...end, ...details } };
}

const joinedIn = ({ joined_ids: ids }: Item): readonly string[] => (ids?.L ?? []).flatMap(({ S: id }) => id ?? []);

function questionsIn({ questions }: Item): readonly Challenge[] {
  const stored = recordFromAttribute<{ questions: readonly Challenge[] }>(questions && { M: { questions } }, {});
  return stored?.questions ?? [];
}

function detailsIn({ details }: Item, endedAt: Instant): EndDetails | null {
  const stored = recordFromAttribute<EndDetails & { endedAt: Instant }>(details, {});
  if (stored === null || stored.endedAt !== endedAt) return null;
  const { message, userMessage, challenges } = stored;
  return { message, userMessage, challenges };
}
