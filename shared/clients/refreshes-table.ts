/** Refreshes as resources: projections of claims that outlive them, until their time to live is over. */
import { type DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/instant.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Refreshes } from '../domain/ports.ts';
import type { Refresh, Result, RunningRefresh } from '../domain/refresh.ts';
import { type Item, recordFromAttribute, recordToAttribute } from './attribute-values.ts';
import { putIf } from './conditional-write.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt, hasExpired } from './time-to-live.ts';

/** The item of the refresh itself; other items of the same refresh stand beside it. */
const REFRESH_ITEM = 'REFRESH';

/** One page of a member's refreshes. */
export interface RefreshPage {
  readonly refreshes: readonly Refresh[];
  /** Where the next page begins; null on the last. */
  readonly next: string | null;
}

/** Reading a member's history, besides what the domain needs. */
export interface RefreshHistory extends Refreshes {
  /** Newest first. `after`: the `next` of the page before, a refresh id. */
  ofMember(key: MemberKey, limit: number, after: string | null): Promise<RefreshPage>;
}

/** The refreshes in table `tableName`, kept for `retentionDays`. */
export function refreshesInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  retentionDays: number,
  now: Clock,
): RefreshHistory {
  const itemOf = (refresh: Refresh): Item => ({
    ...itemKey(refresh.refreshId),
    member_key: { S: memberKeyText(refresh.member) },
    refresh: recordToAttribute(refresh),
    [refreshesTable.timeToLive]: expiresAt(refresh.acceptedAt, { days: retentionDays }),
  });

  /** DynamoDB deletes what has expired within days, not at once: here it is gone at its time. */
  const isAlive = (item: Item): boolean => !hasExpired(item[refreshesTable.timeToLive], now());

  return {
    async put(refresh) {
      // False: it has ended. A beginning that comes late must not undo the end, and of two ends the first was told.
      await putIf(client, tableName, {
        item: itemOf(refresh),
        ...(refresh.status === 'running'
          ? { condition: 'attribute_not_exists(refresh_id)' }
          : {
              condition: 'attribute_not_exists(refresh_id) OR refresh.#status = :running',
              values: { ':running': { S: 'running' } },
            }),
      });
    },

    async read(refreshId) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: itemKey(refreshId), ConsistentRead: true }),
      );
      return Item === undefined || !isAlive(Item) ? null : toRefresh(Item);
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
      return { refreshes: Items.filter(isAlive).map(toRefresh), next: LastEvaluatedKey === undefined ? null : last };
    },
  };
}

const itemKey = (refreshId: string): Item => ({
  [refreshesTable.partitionKey]: { S: refreshId },
  [refreshesTable.sortKey]: { S: REFRESH_ITEM },
});

const memberKeyText = (key: MemberKey): string => `${key.userGuid}#${key.memberGuid}`;

/** A refresh as it is stored, with what `recordToAttribute` leaves out. */
interface StoredRefresh extends Omit<RunningRefresh, 'status' | 'result'> {
  readonly status: Refresh['status'];
  readonly result: Result | null;
}

function toRefresh(item: Item): Refresh {
  const stored = recordFromAttribute<StoredRefresh>(item['refresh'], { result: null, challenges: [] });
  if (stored === null) throw new TypeError('an item of the refreshes table without its refresh');
  const { status, result, ...facts } = stored;
  if (status === 'running') return { ...facts, status, result: null };
  if (result === null) throw new TypeError(`the refresh ${facts.refreshId} has ended and has no result`);
  const emptyResult = { userMessage: null, connectionStatus: null, observedAt: null, challenges: [] };
  return { ...facts, status, result: { ...emptyResult, ...result } };
}
